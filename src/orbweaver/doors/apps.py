"""Tells Django of this folder."""

from __future__ import annotations

from django.apps import AppConfig


class DoorsConfig(AppConfig):
    """Ways in; whatever process comes in by one of them has all hand-overs connected."""

    name = "orbweaver.doors"
    label = "doors"

    def ready(self) -> None:
        """Hold the settings to what all rooms know; say who hears of what, and how logs find the leads of the work.

        Loads no consumer: each is loaded when it first hears something.
        """
        from orbweaver.doors.handovers import connect
        from orbweaver.doors.tracing import leads_of
        from orbweaver.platform import config, steps

        config.check()
        connect()
        steps.connect(leads_of)
