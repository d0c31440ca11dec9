"""Tells Django of this folder."""

from __future__ import annotations

from django.apps import AppConfig


class MediaConfig(AppConfig):
    """Media by SHA-256 with their fingerprints."""

    name = "orbweaver.detect.media"
    label = "media"
