"""Writing to the audit log."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import Any

from django.db import connection, transaction

from orbweaver.people.accounts.models import User
from orbweaver.people.audit.models import Event
from orbweaver.platform.clock import get_clock
from orbweaver.platform.shared_clock import shared_now
from orbweaver.platform.steps import step

SEAL_LOCK = 0x6F72_6261
"""Advisory lock of whoever seals ("orba"): one at a time."""

FIRST_HASH = bytes(32)

PERSON_PREFIX = "usr_"
"""How the public identifier of a person begins."""


def record(
    kind: str,
    subject: str,
    *,
    actor: User | None = None,
    label: str = "system",
    details: dict[str, Any] | None = None,
    at: dt.datetime,
) -> Event:
    """Append one event; it stands or falls with the caller's transaction.

    ``subject`` is a public identifier. ``details`` must never hold URLs, hashes or names: say what was done, not to
    what. Logs for programs tell of it too, where it is a step of the work.

    A person is given as ``actor``: as ``label`` alone, whoever verifies the log would have to take it for changed.
    """
    assert actor or not label.startswith(PERSON_PREFIX)
    event = Event.objects.create(
        at=at,
        actor=actor,
        actor_label=actor.public_id if actor else label,
        kind=kind,
        subject=subject,
        details=details or {},
    )
    step(kind, subject)
    return event


def record_found(kind: str, subject: str, *, details: dict[str, Any] | None = None, at: dt.datetime) -> Event:
    """Append what a crawl brings about. Of a machine whose clock is ahead the log takes no event, and so what it found
    would be lost with it: then the clock that all share tells the time."""
    return record(kind, subject, details=details, at=at if get_clock().is_simulated else min(at, shared_now()))


def event_hash(previous: bytes, event: Event) -> bytes:
    """SHA-256 over the previous hash and the event's own words."""
    return hashlib.sha256(previous + event_words(event)).digest()


def event_words(event: Event) -> bytes:
    """What a sealed event says, in canonical JSON: what the chain and the tree are made over."""
    words = json.dumps(
        [
            event.position,
            event.at.astimezone(dt.UTC).isoformat(),
            event.actor_label,
            event.kind,
            event.subject,
            event.details,
        ],
        sort_keys=True,
        separators=(",", ":"),
    )
    return words.encode()


@transaction.atomic
def seal_events(limit: int = 2_000) -> int:
    """Chain the events that have committed since the last call, oldest first; returns how many.

    Two processes at once: the second finds the lock taken and does nothing.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [SEAL_LOCK])
        if not cursor.fetchone()[0]:
            return 0
    last = Event.objects.filter(position__isnull=False).order_by("-position").first()
    position, previous = (last.position or 0, bytes(last.hash or b"")) if last else (0, FIRST_HASH)
    waiting = list(Event.objects.filter(position__isnull=True).order_by("pk")[:limit])
    for event in waiting:
        position += 1
        event.position = position
        event.hash = previous = event_hash(previous, event)
    with connection.cursor() as cursor:  # a function of the log's owner: we may add to it and change nothing
        columns = [[getattr(event, name) for event in waiting] for name in ("pk", "position", "hash")]
        cursor.execute("SELECT audit_seal(%s::bigint[], %s::bigint[], %s::bytea[])", columns)
    return len(waiting)
