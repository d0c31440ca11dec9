"""Tells Django of this folder."""

from __future__ import annotations

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """Append-only, hash-chained events: who looked at what and decided what."""

    name = "orbweaver.people.audit"
    label = "audit"
