"""Tells Django of this folder."""

from __future__ import annotations

from django.apps import AppConfig


class ExchangesConfig(AppConfig):
    """Exchanges with suppliers of lists: pulls and feedback."""

    name = "orbweaver.detect.exchanges"
    label = "exchanges"
