"""Tells Django of this folder."""

from __future__ import annotations

from django.apps import AppConfig


class HashlistsConfig(AppConfig):
    """Lists of known hashes: entries, provenance, imports, withdrawals."""

    name = "orbweaver.detect.hashlists"
    label = "hashlists"
