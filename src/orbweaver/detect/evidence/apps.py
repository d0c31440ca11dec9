"""Tells Django of this folder."""

from __future__ import annotations

from django.apps import AppConfig


class EvidenceConfig(AppConfig):
    """Keys and the encrypted archive of matched material."""

    name = "orbweaver.detect.evidence"
    label = "evidence"
