"""Tells Django of this folder."""

from __future__ import annotations

from django.apps import AppConfig


class PoliceConfig(AppConfig):
    """Referrals to police."""

    name = "orbweaver.notify.police"
    label = "police"
