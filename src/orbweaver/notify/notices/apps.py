"""Tells Django of this folder."""

from __future__ import annotations

from django.apps import AppConfig


class NoticesConfig(AppConfig):
    """Composing, addressing and sending notices; what providers answer."""

    name = "orbweaver.notify.notices"
    label = "notices"

    def ready(self) -> None:
        """Make the channels known to contacts."""
        from orbweaver.notify.notices.sending import channels

        assert channels.CHANNELS  # importing them registers them
