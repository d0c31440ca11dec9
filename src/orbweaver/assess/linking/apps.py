"""Tells Django of this folder."""

from __future__ import annotations

from django.apps import AppConfig


class LinkingConfig(AppConfig):
    """Suggestions for series, markers, text flags, neighbours and urgent referrals."""

    name = "orbweaver.assess.linking"
    label = "linking"
