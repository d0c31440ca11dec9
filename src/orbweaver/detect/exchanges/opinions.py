"""What others say of entries here: kept once, shown to a person, who concludes what disputes them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from django.db import transaction
from django.db.models import QuerySet

from orbweaver.detect.exchanges.errors import BadExchange
from orbweaver.detect.exchanges.messages import CONCLUDED_ALREADY, NO_SUCH_OPINION
from orbweaver.detect.exchanges.models import Opinion
from orbweaver.detect.exchanges.protocols.protocol import Vote, storable
from orbweaver.detect.exchanges.verdicts import keepable
from orbweaver.detect.hashlists.histories import AT_ONCE, Beside, on_one_line
from orbweaver.detect.hashlists.models import HashList, HashListEntry
from orbweaver.detect.hashlists.services import set_entry_state
from orbweaver.detect.hashlists.writing import lock_changes
from orbweaver.errors import Conflict
from orbweaver.people.accounts.models import User
from orbweaver.people.audit.services import record
from orbweaver.people.objections import Answered, answer_by, answered

State = HashListEntry.State
BECOMES: Mapping[tuple[str, str], State] = {
    (Opinion.Outcome.KEPT, State.DISPUTED): State.ACTIVE,
    (Opinion.Outcome.DISPUTED, State.ACTIVE): State.DISPUTED,
    (Opinion.Outcome.DISPUTED, State.QUARANTINED): State.DISPUTED,
    (Opinion.Outcome.WITHDRAWN, State.ACTIVE): State.WITHDRAWN,
    (Opinion.Outcome.WITHDRAWN, State.DISPUTED): State.WITHDRAWN,
    (Opinion.Outcome.WITHDRAWN, State.QUARANTINED): State.WITHDRAWN,
}
"""What an entry becomes by an outcome and its state; else it stays. What was withdrawn meanwhile stays so; what is in
quarantine is let go on its own page."""


def keep_opinions(hash_list: HashList, said: Mapping[bytes, Sequence[Vote]], now: dt.datetime) -> None:
    """Keep what is said of entries of a list, by their keys; what was said before stays concluded."""
    if not said:
        return
    for entry in hash_list.entries.filter(key__in=list(said)):
        for each in said[bytes(entry.key)]:
            keep_opinion(entry, each, now)


@transaction.atomic
def keep_opinion(entry: HashListEntry, said: Vote, now: dt.datetime, *, to_us: bool = False) -> Opinion:
    """Keep one. The same again changes nothing; another one of the same member replaces it, open anew.

    A dispute that is said ``to_us``, not to an exchange further up, has a day by which it is answered (R70).
    """
    who, reason, verdict = storable(said.who, 200), storable(said.reason, 500), keepable(said.verdict)
    day = answer_by(now) if to_us and not said.confirms else None
    first = {"confirms": said.confirms, "reason": reason, "verdict": verdict, "at": now, "answer_by": day}
    found, is_new = Opinion.objects.get_or_create(entry=entry, kind=said.kind, who=who, defaults=first)
    if not is_new and (found.confirms, found.reason, found.verdict) == (said.confirms, reason, verdict):
        return found
    if not is_new:
        found.confirms, found.reason, found.at, found.answer_by = said.confirms, reason, now, day
        found.verdict = verdict
        found.outcome, found.concluded_by, found.concluded_at, found.because = "", None, None, ""
        found.save()
    if not said.confirms:
        record("entry.disputed_by_others", entry.public_id, details={"opinion": found.public_id}, at=now)
    return found


def open_opinions() -> QuerySet[Opinion]:
    """Disputes by others that nobody has concluded, the oldest first."""
    return Opinion.objects.filter(confirms=False, outcome="").select_related("entry__hash_list").order_by("pk")


def concluded_opinions() -> QuerySet[Opinion]:
    """Those that are concluded, the newest first."""
    concluded = Opinion.objects.filter(confirms=False).exclude(outcome="")
    return concluded.select_related("entry__hash_list", "concluded_by").order_by("-concluded_at")


def opinions_of(organisation: str) -> QuerySet[Opinion]:
    """What an organisation disputes, the newest first."""
    return Opinion.objects.filter(who=organisation, confirms=False).select_related("entry").order_by("-at", "-pk")


def opinions_answered(now: dt.datetime) -> Answered:
    """How disputes that were said to us were answered (R70)."""
    return answered(Opinion.objects.filter(confirms=False), now, decided_at="concluded_at")


def opinions_beside(hash_list: HashList) -> Beside:
    """What members say of the entries of a list and what became of it, in words, for its record."""
    opinions = Opinion.objects.filter(entry__hash_list=hash_list).select_related("concluded_by")
    return Beside(
        (each.entry_id, _in_words(each)) for each in opinions.order_by("entry_id", "pk").iterator(chunk_size=AT_ONCE)
    )


def _in_words(said: Opinion) -> str:
    """``2026-11-24T12:00:00+00:00 Telco disputes md5: a beach; kept 2026-… (Ann): it is none``."""
    told = f"{said.at.isoformat()} {said.who} {'confirms' if said.confirms else 'disputes'} {said.kind}"
    told += f": {said.reason}" if said.reason else ""
    if said.concluded_at is not None:
        who = said.concluded_by.display_name if said.concluded_by else "-"
        told += f"; {said.outcome} {said.concluded_at.isoformat()} ({who}): {said.because}"
    return on_one_line(told)


@transaction.atomic
def conclude(public_id: str, outcome: Opinion.Outcome, *, because: str, by: User | None, now: dt.datetime) -> Opinion:
    """What a person makes of a dispute: the entry is right, disputed, or withdrawn. Raises BadExchange, Conflict."""
    found = Opinion.objects.select_for_update().filter(public_id=public_id, confirms=False).first()
    if found is None:
        raise BadExchange(NO_SUCH_OPINION)
    if found.outcome:
        raise Conflict(CONCLUDED_ALREADY)
    found.outcome, found.concluded_by, found.concluded_at, found.because = outcome, by, now, because
    found.save()
    lock_changes()  # or its supplier withdraws it between the look at its state and the change of it
    entry = HashListEntry.objects.get(pk=found.entry_id)
    state = BECOMES.get((outcome, entry.state))
    if state is not None:
        set_entry_state([entry], state, reason=because, by=by, now=now)
    record("opinion.concluded", found.public_id, actor=by, details={"outcome": outcome}, at=now)
    return found
