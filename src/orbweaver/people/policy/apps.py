"""Tells Django of this folder."""

from __future__ import annotations

from django.apps import AppConfig


class PolicyConfig(AppConfig):
    """What holds on every machine."""

    name = "orbweaver.people.policy"
    label = "policy"
