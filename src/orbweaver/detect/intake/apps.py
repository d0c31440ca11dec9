"""Tells Django of this folder."""

from __future__ import annotations

from django.apps import AppConfig


class IntakeConfig(AppConfig):
    """Reports and requests from the public, partners and the command line."""

    name = "orbweaver.detect.intake"
    label = "intake"
