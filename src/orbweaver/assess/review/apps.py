"""Tells Django of this folder."""

from __future__ import annotations

from django.apps import AppConfig


class ReviewConfig(AppConfig):
    """The queue, leases, blind assessments, consensus and verdicts."""

    name = "orbweaver.assess.review"
    label = "review"

    def ready(self) -> None:
        """Hear what is said of a child's identification, in the transaction in which it changes."""
        from orbweaver.assess.review import identification

        identification.connect()
