"""The chain of custody of a case, out of the audit log, as whoever gets the case may read it.

A case for one recipient tells of no other: to whom else an object went, for whom it is held, and what people of another
force did is withheld. Such an event keeps its position and its hash, so that the chain still shows that it is there and
that nobody changed it; the hotline opens it for a court (``orbweaver audit prove``, or a case with its whole custody).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.db.models import Q

from orbweaver.detect.captures.models import Capture
from orbweaver.detect.media.models import Media
from orbweaver.people.accounts.models import Organisation
from orbweaver.people.audit.heads import latest_head, public_key, signed_line
from orbweaver.people.audit.models import Event
from orbweaver.people.audit.services import FIRST_HASH

CHECK: Final = Path(__file__).with_name("check_custody.txt")
"""Checks custody.json on a machine without Orbweaver: handed over as check_custody.py."""
WITHHELD: Final = "It tells of somebody else's case."
_HOLDS: Final = ("evidence.held", "evidence.hold_ended", "evidence.hold_lifted")


@dataclass(frozen=True, slots=True)
class Case:
    """What an export is for: the file number, and who gets it. Both stand in the audit log.

    ``organisation`` is the recipient's, by its number, where it is one here; ``holds`` are those of theirs, each by its
    authority and last day as the log has them. ``whole``: nothing of the custody is withheld, as a court may want it.
    """

    number: str
    recipient: str
    organisation: int | None = None
    holds: frozenset[tuple[str, str]] = frozenset()
    whole: bool = False


def about(media: Media, item: str) -> list[str]:
    """The identifiers by which the audit log names a medium, what is archived of it, and its item."""
    return [item, media.public_id, *([media.evidence.public_id] if media.evidence is not None else [])]


def custody_of(captures: Sequence[Capture], about: Sequence[str], case: Case) -> dict[str, Any]:
    """What the audit log says of these objects, and every look at the picture and other opening of it: each event with
    its position there; and the newest signed head."""
    head = latest_head()
    objects = [*(each.stored.public_id for each in captures), *(each for each in about if each.startswith("evd_"))]
    looks = Q(kind="item.looked_at", subject__in=about)
    looks |= Q(kind="item.looked_beside", details__other__in=about) | Q(
        kind="series.looked_at", details__media__in=about
    )
    events = list(Event.objects.filter(Q(subject__in=objects) | looks).select_related("actor").order_by("pk"))
    positions = [each.position - 1 for each in events if each.position]
    sealed = Event.objects.filter(position__in=positions)
    before = {each.position: bytes(each.hash or b"").hex() for each in sealed if each.position is not None}
    before[0] = FIRST_HASH.hex()
    return {
        "events": [
            _in_full(event, before) if case.whole or is_theirs else _withheld(event)
            for event, is_theirs in _with_whose(events, case)
        ],
        "head": json.loads(signed_line(head)) if head else None,
        "key": public_key().public_bytes_raw().hex(),
    }


def _with_whose(events: Sequence[Event], case: Case) -> Iterator[tuple[Event, bool]]:
    """Each event and whether this recipient may read it. That a hold ended is theirs where the hold was."""
    police = Organisation.objects.filter(kind=Organisation.Kind.LAW_ENFORCEMENT)
    others = set(police.values_list("pk", flat=True)) - {case.organisation}
    held: dict[str, bool] = {}
    for event in events:
        if event.kind == "evidence.held":
            held[event.subject] = _is_own(event, case)
        if event.actor is not None and event.actor.organisation_id in others:
            yield event, False
        elif event.kind in _HOLDS:
            yield event, _is_own(event, case) if "authority" in event.details else held.get(event.subject, False)
        else:
            to = event.details.get("to") if event.kind == "evidence.exported" else case.recipient
            yield event, to == case.recipient


def _is_own(event: Event, case: Case) -> bool:
    """Whether a hold is that of the recipient, or of the order that the case is about."""
    authority = event.details.get("authority", "")
    return authority == case.recipient or (authority, event.details.get("until", "")) in case.holds


def _in_full(event: Event, before: dict[int, str]) -> dict[str, Any]:
    return _sealed(event) | {
        "before": before.get(event.position - 1) if event.position else None,
        "at": event.at.isoformat(),
        "by": event.actor_label,
        "kind": event.kind,
        "evidence": event.subject,
        "details": event.details,
    }


def _withheld(event: Event) -> dict[str, Any]:
    """Without ``before``: whoever has both hashes could try what the words between them are."""
    return _sealed(event) | {"withheld": WITHHELD}


def _sealed(event: Event) -> dict[str, Any]:
    """What shows that an event is there, and that nobody changed it."""
    return {"position": event.position, "hash": bytes(event.hash).hex() if event.hash else None}
