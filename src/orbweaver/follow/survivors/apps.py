"""Tells Django of this folder."""

from __future__ import annotations

from django.apps import AppConfig


class SurvivorsConfig(AppConfig):
    """Requests of survivors and of those who ask for them."""

    name = "orbweaver.follow.survivors"
    label = "survivors"
