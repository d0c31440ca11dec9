"""Tells Django of this folder."""

from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """People, organisations, agreements, training, roles and API keys."""

    name = "orbweaver.people.accounts"
    label = "accounts"
