"""Tells Django of this folder."""

from __future__ import annotations

from django.apps import AppConfig


class MatchingConfig(AppConfig):
    """Sightings, matches and the policies that act on them."""

    name = "orbweaver.detect.matching"
    label = "matching"
