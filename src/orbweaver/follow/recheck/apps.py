"""Tells Django of this folder."""

from __future__ import annotations

from django.apps import AppConfig


class RecheckConfig(AppConfig):
    """Observations of notified URLs and the removal clock."""

    name = "orbweaver.follow.recheck"
    label = "recheck"
