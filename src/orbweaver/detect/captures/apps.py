"""Tells Django of this folder."""

from __future__ import annotations

from django.apps import AppConfig


class CapturesConfig(AppConfig):
    """What went over the wire when something known was seen, stamped, for courts."""

    name = "orbweaver.detect.captures"
    label = "captures"
