"""Tells Django of this folder."""

from __future__ import annotations

from django.apps import AppConfig


class TermsConfig(AppConfig):
    """Term lists and watch terms."""

    name = "orbweaver.assess.terms"
    label = "terms"
