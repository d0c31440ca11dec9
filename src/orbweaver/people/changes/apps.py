"""Tells Django of this folder."""

from __future__ import annotations

from django.apps import AppConfig


class ChangesConfig(AppConfig):
    """Changes of power that take effect with a second person's agreement."""

    name = "orbweaver.people.changes"
    label = "changes"
