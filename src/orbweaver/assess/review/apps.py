"""Tells Django of this folder."""

from __future__ import annotations

from django.apps import AppConfig


class ReviewConfig(AppConfig):
    """The queue, leases, blind assessments, consensus and verdicts."""

    name = "orbweaver.assess.review"
    label = "review"
