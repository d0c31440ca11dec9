"""Tells Django of this folder."""

from __future__ import annotations

from django.apps import AppConfig


class TransparencyConfig(AppConfig):
    """Figures and public accountability."""

    name = "orbweaver.account_for.transparency"
    label = "transparency"
