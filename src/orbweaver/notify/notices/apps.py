"""Tells Django of this folder."""

from __future__ import annotations

from django.apps import AppConfig


class NoticesConfig(AppConfig):
    """Composing, addressing and sending notices; what providers answer."""

    name = "orbweaver.notify.notices"
    label = "notices"

    def ready(self) -> None:
        """Hear of verdicts that fell and of children that police know, in the transaction in which it happens."""
        from orbweaver.notify.notices.sending import identification, withdrawing

        withdrawing.connect()
        identification.connect()
