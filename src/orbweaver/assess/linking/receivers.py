"""Sightings are noted here as they are recorded or seen again, inside their transaction."""

from __future__ import annotations

from typing import Any

from django.db.models.signals import post_save

from orbweaver.assess.linking.models import ToFollow
from orbweaver.detect.matching.models import Sighting


def connect() -> None:
    """Listen, once however often this is called."""
    post_save.connect(_on_saved, sender=Sighting, dispatch_uid="linking.follow")


def _on_saved(instance: Sighting, *, raw: bool, **_: Any) -> None:
    if not raw:
        ToFollow.objects.bulk_create([ToFollow(sighting=instance)], ignore_conflicts=True)
