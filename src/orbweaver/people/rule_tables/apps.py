"""Tells Django of this folder."""

from __future__ import annotations

from django.apps import AppConfig


class RuleTablesConfig(AppConfig):
    """A hotline's own versions of the tables of rules."""

    name = "orbweaver.people.rule_tables"
    label = "rule_tables"
