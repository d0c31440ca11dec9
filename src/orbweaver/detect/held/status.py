"""How held pictures stand, in numbers."""

from __future__ import annotations

from django.db.models import QuerySet

from orbweaver.detect.evidence.services import archive_is_on
from orbweaver.detect.hashlists.models import HashList, HashListEntry
from orbweaver.detect.held.models import EarlierPicture, FoundCopy, HeldPicture, Tally, WaitingPicture
from orbweaver.detect.held.settings import CopiesSettings


def status() -> dict[str, int | bool]:
    """Held pictures, what waits, and what came of it so far."""
    tally = Tally.objects.filter(pk=1).first() or Tally()
    return {
        "archive": archive_is_on(),
        "own_entries": _own().count(),
        "held": HeldPicture.objects.count(),
        "waiting": WaitingPicture.objects.count(),
        "room": CopiesSettings.current().copies_queue,
        "kept": EarlierPicture.objects.count(),
        "queued": tally.queued,
        "dropped": tally.dropped,
        "compared": tally.compared,
        "proved": tally.proved,
        "suspected": tally.suspected,
        "found": FoundCopy.objects.count(),
    }


def anything_to_do() -> bool:
    """Whether the worker has anything to hold, to forget or to compare."""
    return archive_is_on() and (HeldPicture.objects.exists() or _own().exists() or EarlierPicture.objects.exists())


def _own() -> QuerySet[HashListEntry]:
    own = HashListEntry.objects.filter(hash_list__kind=HashList.Kind.OWN, media__isnull=False)
    return own.exclude(state=HashListEntry.State.WITHDRAWN)
