"""Tells Django of this folder."""

from __future__ import annotations

from django.apps import AppConfig


class MachinesConfig(AppConfig):
    """The machines of a fleet."""

    name = "orbweaver.people.machines"
    label = "machines"
