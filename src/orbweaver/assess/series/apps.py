"""Tells Django of this folder."""

from __future__ import annotations

from django.apps import AppConfig


class SeriesConfig(AppConfig):
    """Victim series, their items, victims and history."""

    name = "orbweaver.assess.series"
    label = "series"
