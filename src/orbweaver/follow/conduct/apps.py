"""Tells Django of this folder."""

from __future__ import annotations

from django.apps import AppConfig


class ConductConfig(AppConfig):
    """How providers behave."""

    name = "orbweaver.follow.conduct"
    label = "conduct"
