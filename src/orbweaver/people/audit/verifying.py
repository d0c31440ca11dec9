"""The whole audit log computed again, and compared with everything that was kept of it outside the database."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from django.db.models import F, Min, Q

from orbweaver.errors import Message, Unavailable
from orbweaver.people.audit.anchors import anchored_heads, storages
from orbweaver.people.audit.heads import Head, against, given_up, head_files, heads_in, restored_heads
from orbweaver.people.audit.messages import ACTOR_DIFFERS, EVENT_BROKEN, HEAD_DIFFERS, NO_HEADS, STORAGE_NOT_READ
from orbweaver.people.audit.models import Event
from orbweaver.people.audit.services import FIRST_HASH, PERSON_PREFIX, event_hash, event_words
from orbweaver.people.audit.settings import AuditSettings
from orbweaver.people.audit.tree import Growing, leaf
from orbweaver.platform.clock import real_now
from orbweaver.platform.settings import PlatformSettings

FILE = "audit-verified.json"
SHOWN = 10


@dataclass(frozen=True, slots=True)
class Verified:
    """What came of it. ``sealed`` events are in the chain, ``waiting`` not yet; ``heads`` were compared and ``stamps``
    of time checked; ``found`` is what is not as it was, ``unread`` what could not be looked at, ``given_up`` what was
    taken out of the log by restoring an older database, which may be right or not."""

    sealed: int
    waiting: int
    heads: int
    stamps: int
    found: tuple[Message, ...]
    unread: tuple[Message, ...] = ()
    given_up: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True)
class LastTime:
    """When the log was last verified, and what was found, in words."""

    at: str
    sealed: int
    heads: int
    stamps: int
    found: tuple[str, ...]


def verify(handed_in: Iterable[Head] = ()) -> Verified:
    """Compute chain and tree over the whole log; compare every head in files, in storages and ``handed_in``.

    Some 100,000 events a second of a processor. What was found is written down for ``orbweaver doctor``.
    """
    kept = _kept_outside()
    restored = restored_heads()
    seen = (*kept.heads, *handed_in)
    heads = list(dict.fromkeys(head for head in seen if _counts(head, restored)))
    sealed, broken = _compute(heads)
    waiting = Event.objects.filter(position__isnull=True).count()
    found = dict.fromkeys((*broken, *_other_actors(), *kept.found, *against(heads)))
    unread = kept.unread if heads or not sealed else [*kept.unread, NO_HEADS]
    lost = tuple(given_up(seen))
    result = Verified(sealed, waiting, len(heads), kept.stamps, tuple(found), tuple(unread), lost)
    _write_down(result)
    return result


def verify_if_due() -> int:
    """Verify, where the last time is as long ago as the setting says; 1 if so."""
    last = last_time()
    hours = AuditSettings.current().audit_verify_hours
    if last is not None and real_now() - dt.datetime.fromisoformat(last.at) < dt.timedelta(hours=hours):
        return 0
    verify()
    return 1


def last_time() -> LastTime | None:
    """What came of it the last time; None: never done here."""
    try:
        kept = json.loads(_path().read_text(encoding="utf-8"))
        return LastTime(kept["at"], kept["sealed"], kept["heads"], kept["stamps"], tuple(kept["found"]))
    except (OSError, ValueError, KeyError):
        return None


@dataclass(slots=True)
class _Kept:
    """What lies outside the database."""

    heads: list[Head] = field(default_factory=list)
    stamps: int = 0
    found: list[Message] = field(default_factory=list)
    unread: list[Message] = field(default_factory=list)


def _kept_outside() -> _Kept:
    kept = _Kept()
    for path in head_files():
        heads, unsigned = heads_in(path)
        kept.heads += heads
        kept.found += unsigned
    for storage in storages():
        try:
            anchored, stamps, wrong = anchored_heads(storage)
        except (Unavailable, FileNotFoundError) as error:
            kept.unread.append(STORAGE_NOT_READ.of(storage=storage.name, reason=str(error)))
            continue
        kept.heads += anchored
        kept.stamps += stamps
        kept.found += wrong
    return kept


def _counts(head: Head, restored: list[Head]) -> bool:
    """Whether a head still speaks of this log: no restore that was made after it, and ends before it, gave it up."""
    return not head.restored and not any(r.position < head.position and r.at >= head.at for r in restored)


def _compute(heads: list[Head]) -> tuple[int, list[Message]]:
    """How many events are sealed, the first that does not follow, and the heads whose tree has another root."""
    roots: dict[int, list[Head]] = {}
    for head in heads:
        roots.setdefault(head.position, []).append(head)
    found: list[Message] = []
    previous, tree = FIRST_HASH, Growing()
    sealed = Event.objects.filter(position__isnull=False).order_by("position").iterator(chunk_size=2000)
    for position, event in enumerate(sealed, start=1):
        if not found and (event.position != position or bytes(event.hash or b"") != event_hash(previous, event)):
            found.append(EVENT_BROKEN.of(position=event.position or 0))
        previous = bytes(event.hash or b"")
        tree.add(leaf(event_words(event)))
        root = tree.root.hex() if position in roots else ""
        found += [HEAD_DIFFERS.of(position=position, at=h.at) for h in roots.get(position, ()) if h.tree != root]
    return tree.size, found


WITHOUT_PERSON: Final = "policy.changed"
WITH_PERSONS_SINCE: Final = dt.datetime(2026, 12, 1, tzinfo=dt.UTC)
"""Before, the program itself wrote this kind without its person, when a change on the page took effect."""


def _other_actors() -> list[Message]:
    """Events whose person, by whom pages name it, is not the one of the words that are sealed."""
    named = Q(actor__isnull=False) & ~Q(actor_label=F("actor__public_id"))
    unnamed = Q(actor=None, actor_label__startswith=PERSON_PREFIX) & ~_of_before()
    events = Event.objects.filter(named | unnamed, position__isnull=False).order_by("position")
    return [ACTOR_DIFFERS.of(position=event.position or 0) for event in events[:SHOWN]]


def _of_before() -> Q:
    """Events that lack their person rightly: by their own day, and by what was sealed before: a day can be made up."""
    later = Event.objects.filter(at__gte=WITH_PERSONS_SINCE).aggregate(first=Min("position"))["first"]
    before = Q(kind=WITHOUT_PERSON, at__lt=WITH_PERSONS_SINCE)
    return before if later is None else before & Q(position__lt=later)


def _path() -> Path:
    return PlatformSettings.current().data_dir / FILE


def _write_down(result: Verified) -> None:
    words = LastTime(
        real_now().isoformat(), result.sealed, result.heads, result.stamps, tuple(str(each) for each in result.found)
    )
    draft = _path().with_suffix(".new")
    draft.parent.mkdir(parents=True, exist_ok=True)
    draft.write_text(json.dumps(asdict(words)), encoding="utf-8")
    draft.replace(_path())
