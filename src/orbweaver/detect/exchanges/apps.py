"""Tells Django of this folder."""

from __future__ import annotations

from django.apps import AppConfig


class ExchangesConfig(AppConfig):
    """Exchanges with suppliers of lists: pulls and feedback."""

    name = "orbweaver.detect.exchanges"
    label = "exchanges"

    def ready(self) -> None:
        """Make the messages known that rows keep: pages and commands that only show them import nothing else."""
        from orbweaver.detect.exchanges import messages

        assert messages.UNREACHED  # importing them declares them
