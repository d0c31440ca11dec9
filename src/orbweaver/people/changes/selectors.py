"""Changes to be shown."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from django.db.models import Max, Q, QuerySet

from orbweaver.people.accounts.agreements import own_organisations
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.one_person import accounts_of
from orbweaver.people.audit.models import Event
from orbweaver.people.changes.models import Change
from orbweaver.people.changes.rules import CLOCK_JUMPED, READERS, SECONDS, SHOWN_FOR, VOUCHED, VOUCHED_AFTER

State = Change.State


def waiting() -> QuerySet[Change]:
    """What waits, the oldest first."""
    return Change.objects.filter(state=State.WAITING).select_related("asked_by").order_by("asked_at", "pk")


def is_vouching_asked_for(person: User) -> bool:
    """Whether it waits that somebody else says that this account is in the hands of its person."""
    return waiting().filter(kind=VOUCHED, subject=person.public_id).exists()


def decided(now: dt.datetime, most: int = 50) -> list[Change]:
    """What was decided last, the newest first; and all that somebody carried out alone of late, however much of the
    rest there is: whoever did it could ask for other things, and withdraw them, until it is out of sight."""
    rows = Change.objects.exclude(state=State.WAITING).select_related("asked_by", "decided_by")
    last = rows.order_by("-decided_at", "-pk")
    alone = last.filter(decided_at__gt=now - SHOWN_FOR).exclude(forced_because="")
    found = {change.pk: change for change in (*alone, *last[:most])}
    return sorted(found.values(), key=lambda change: (change.decided_at or now, change.pk), reverse=True)


def own_accounts(change: Change) -> set[int]:
    """The accounts that count as those of whoever asked, or carried it out."""
    return {pk for person in (change.asked_by, change.decided_by) if person is not None for pk in accounts_of(person)}


def to_be_told(change: Change, now: dt.datetime) -> QuerySet[User]:
    """Everybody who signs in, and whom those behind the change, by whichever of their accounts, or anybody by an
    emergency, switched off alone of late, or it would be unseen."""
    off = Event.objects.filter(kind="person.switched_off", at__gt=now - VOUCHED_AFTER)
    off = off.filter(Q(actor__in=own_accounts(change)) | Q(details__alone=True))
    alone = off.exclude(details__has_key="agreed_by").values("subject")
    return User.objects.filter(Q(is_active=True) | Q(public_id__in=alone)).order_by("pk")


def lately_ended(now: dt.datetime) -> set[str]:
    """The organisations of which somebody ended an agreement within a month, by their identifiers."""
    ended = Event.objects.filter(kind="agreement.ended", at__gt=now - VOUCHED_AFTER, at__lte=now)
    return set(ended.values_list("subject", flat=True))


def hears_of(person: User, kind: str) -> bool:
    """Whether this person is told of a change of this kind. Companies, partners and observers sign in, too: that one
    asked for help, whose request is to stop, is told to the hotline's own people and whoever may agree alone (R56)."""
    if kind not in READERS or any(person.may(each) for each in SECONDS):
        return True
    return own_organisations().filter(pk=person.organisation_id).exists()


def have_signed_in_since(change: Change, people: Collection[User]) -> bool:
    """Whether each of them has signed in since it was asked for, or carried out alone, so that a page has shown it to
    them; and since the clock was set meanwhile. By the order of events, as that clock may have been set."""
    begins = Q(subject=change.public_id) | Q(kind=CLOCK_JUMPED)
    begun = Event.objects.filter(begins).aggregate(last=Max("pk"))["last"]
    signed_in = Event.objects.filter(kind="person.signed_in", actor__in=people, pk__gt=begun or 0)
    return signed_in.values("actor").distinct().count() == len(people)


def counts(now: dt.datetime, person: User | None = None) -> tuple[int, int]:
    """How many wait, and how many somebody carried out alone of late: every page says so to this person, or to all."""
    shown = Change.objects.filter(Q(state=State.WAITING) | Q(decided_at__gt=now - SHOWN_FOR))
    rows = list(shown.exclude(~Q(state=State.WAITING), forced_because="").values_list("state", "kind"))
    heard = {kind for kind in {kind for _, kind in rows} if person is None or hears_of(person, kind)}
    states = [state for state, kind in rows if kind in heard]
    return states.count(State.WAITING), len(states) - states.count(State.WAITING)
