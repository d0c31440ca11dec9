"""Tells Django of this folder."""

from __future__ import annotations

from django.apps import AppConfig


class ProvidersConfig(AppConfig):
    """Providers, their networks, domains and contacts."""

    name = "orbweaver.notify.providers"
    label = "providers"
