"""Tells Django of this folder."""

from __future__ import annotations

from django.apps import AppConfig


class GovernanceConfig(AppConfig):
    """Versions of the removal criteria: drafts, signatures, and what is in force."""

    name = "orbweaver.assess.governance"
    label = "governance"
