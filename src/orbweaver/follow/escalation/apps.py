"""Tells Django of this folder."""

from __future__ import annotations

from django.apps import AppConfig


class EscalationConfig(AppConfig):
    """Steps past providers that ignore notices."""

    name = "orbweaver.follow.escalation"
    label = "escalation"
