"""Tells Django of this folder."""

from __future__ import annotations

from django.apps import AppConfig


class HeldConfig(AppConfig):
    """Held pictures and the copies of them that were found."""

    name = "orbweaver.detect.held"
    label = "held"
