"""Tells Django of this folder."""

from __future__ import annotations

from django.apps import AppConfig


class WebConfig(AppConfig):
    """The workplace, the desk and the public side, as pages."""

    name = "orbweaver.doors.web"
    label = "web"
