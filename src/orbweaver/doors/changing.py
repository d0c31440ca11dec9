"""What each change does that a second person has to agree to, in one table; ``people.changes`` says who may agree.

What lessens somebody's power takes effect at once, but of those who may agree: nobody alone ends up with nobody to ask.
So does everything before anybody has looked at an item: there is nothing yet to be had by it, and a hotline is set up
in an hour. Accounts that one person makes then count as that person's until a second one has vouched for them
(``one_person``), as do those that one person makes, or lets in again, by an emergency.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction

from orbweaver.assess.review.models import Assessment, Look, Verdict
from orbweaver.assess.review.releasing import release_all_of, release_without_right
from orbweaver.assess.review.uninvolved import refuse_involved, require_review
from orbweaver.detect.exchanges import opinions
from orbweaver.detect.exchanges.models import Exchange, Opinion
from orbweaver.detect.exchanges.services import set_paused
from orbweaver.detect.hashlists import uploads
from orbweaver.detect.hashlists.models import EntryStateChange, HashList, HashListEntry, UploadedList
from orbweaver.detect.hashlists.services import set_entry_state, set_terms
from orbweaver.detect.matching.often import is_found_by_others
from orbweaver.doors.messages import PERIODS_TAKE_TWO, SHORTER_NEVER_ALONE, STOP_NEVER_ALONE, VOUCHING_NEVER_ALONE
from orbweaver.doors.rule_tables import table_named
from orbweaver.errors import Conflict, Message, NotAllowed
from orbweaver.follow.survivors import stops
from orbweaver.follow.survivors.models import Request
from orbweaver.follow.survivors.rules import Surety
from orbweaver.notify.police.models import Force
from orbweaver.notify.police.services import add_force
from orbweaver.notify.police.within import require_cases
from orbweaver.people.accounts import agreements, invitations
from orbweaver.people.accounts import services as accounts
from orbweaver.people.accounts.models import Organisation, User
from orbweaver.people.accounts.rules import Bounds, Role, permissions_of
from orbweaver.people.audit.services import record
from orbweaver.people.changes import services as changes
from orbweaver.people.changes.models import Change
from orbweaver.people.changes.rules import SECONDS, SURVIVOR_STOP, VOUCHED
from orbweaver.people.changes.services import ask, withdraw
from orbweaver.people.policy import periods
from orbweaver.people.policy.services import PERIODS
from orbweaver.people.policy.services import change as change_policy
from orbweaver.people.rule_tables.models import TableVersion
from orbweaver.people.rule_tables.services import bring_into_force
from orbweaver.platform.clock import real_now
from orbweaver.platform.settings import PlatformSettings


@dataclass(frozen=True, slots=True)
class Kind:
    """``carry_out`` does it, given the change and now. ``waits``: whether it takes a second word. ``always``: before
    anybody has worked here, too."""

    carry_out: Callable[[Change, dt.datetime], None]
    waits: Callable[[Change], bool] = lambda _: True
    always: bool = False


def ask_for(
    kind: str, subject: str, title: str, details: Mapping[str, Any], *, by: User, now: dt.datetime
) -> Change | None:
    """Have it done at once (None), or wait for a second word. Raises whatever carrying it out would raise now."""
    change = Change(kind=kind, subject=subject, title=title, details=dict(details), asked_by=by, asked_at=now)
    with transaction.atomic():
        carry_out(change, now)
        waits = (anything_to_guard() or KINDS[kind].always) and KINDS[kind].waits(change)
        transaction.set_rollback(waits)  # it was tried, so that whoever asks hears now what is wrong with it
    return ask(kind, subject, title, details, by=by, now=now) if waits else None


def carry_out(change: Change, now: dt.datetime) -> None:
    """Do what the change says, in the caller's transaction. Raises NotAllowed where one person alone would do what they
    may not."""
    if change.forced_because and (reason := never_alone(change)) is not None:
        raise NotAllowed(reason)
    KINDS[change.kind].carry_out(change, now)


def never_alone(change: Change) -> Message | None:
    """Why not even an emergency lets one person do it; None where it does.

    What a shorter period removes does not come back. Whoever vouches alone for two accounts agrees with
    themselves. Whoever talks one of ours into stopping a survivor's request has to talk to two. None of these meets an
    urgent need.
    """
    if change.kind == VOUCHED:
        return VOUCHING_NEVER_ALONE
    if change.kind == SURVIVOR_STOP:
        return STOP_NEVER_ALONE
    is_shorter = change.kind == "retention.set" and periods.any_shorter(change.details)
    return SHORTER_NEVER_ALONE if is_shorter else None


def let_go(change: Change) -> None:
    """What was kept for a change that nobody carries out any more goes."""
    if change.kind == "list.imported":
        uploads.refuse(UploadedList.objects.get(public_id=change.subject))


def anything_to_guard() -> bool:
    """Whether anybody has worked here; where nothing is archived items are assessed without a look.

    A demonstration guards nothing. Whether it is one says the setting, but not where people have worked in earnest: by
    then the periods stand in the policy, and a variable that one person sets lets nobody go round the second.
    """
    has_work = Look.objects.exists() or Assessment.objects.exists()
    return has_work and (not PlatformSettings.current().demonstration or periods.are_kept())


def refuse_alone(settings: Iterable[str]) -> None:
    """Raises NotAllowed: one of these settings changes with a second person's word, and no command gives it."""
    if anything_to_guard() and (waits := sorted({*settings} & {*PERIODS})):
        raise NotAllowed(PERIODS_TAKE_TWO.of(names=", ".join(waits)))


def print_invitation(person: User, language: str, *, by: User, now: dt.datetime) -> str:
    """The link with which this person chooses a password. Whoever prints it sees it: a second person has to vouch."""
    with transaction.atomic():
        link = invitations.print_invitation(person, by, language, real_now())
        record("person.invitation_printed", person.public_id, actor=by, at=now)
        _wait_for_vouching(person, by, now)
    return link


def _wait_for_vouching(person: User, by: User, now: dt.datetime) -> None:
    """Count the account as its maker's until somebody else says that it is in the hands of its person."""
    if PlatformSettings.current().demonstration and not anything_to_guard():
        invitations.made_alone(person, None)
        return
    invitations.made_alone(person, by)
    withdraw(VOUCHED, person.public_id, but_of=by, now=now)  # whoever printed it would agree to another's
    with suppress(Conflict):
        ask_to_vouch(person, by=by, now=now)


def ask_to_vouch(person: User, *, by: User, now: dt.datetime) -> Change:
    """Have it wait that somebody else says that this account is in its person's hands. Raises Conflict: it does."""
    return ask(VOUCHED, person.public_id, person.display_name, {"email": person.email}, by=by, now=now)


def _record(change: Change, subject: str, now: dt.datetime, **details: Any) -> None:
    if change.forced_because:
        details["alone"] = True
    elif change.decided_by is not None:
        details["agreed_by"] = change.decided_by.public_id
    if change.pk is not None:
        details["change"] = change.public_id
    record(change.kind, subject, actor=change.asked_by, details=details, at=now)


def _day(text: str | dt.date | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if isinstance(text, str) else text


def _person(change: Change) -> User:
    return User.objects.get(public_id=change.subject)


def _add_person(change: Change, now: dt.datetime) -> None:
    details = change.details
    person = accounts.create_person(
        email=details["email"],
        display_name=details["display_name"],
        organisation=Organisation.objects.get(public_id=details["organisation"]),
        roles=[Role(role) for role in details["roles"]],
        password=None,
        by=change.asked_by,
        now=now,
    )
    _record(change, person.public_id, now)
    if change._state.adding or change.forced_because:  # at once, by one person
        _wait_for_vouching(person, change.asked_by, now)
    if details.get("invitation") != "print":
        invitations.invite_by_mail(person, details.get("language", ""), real_now())


def _vouch(change: Change, now: dt.datetime) -> None:
    person = _person(change)
    invitations.made_alone(person, None)
    _record(change, person.public_id, now)


def _grant_role(change: Change, now: dt.datetime) -> None:
    person, role = _person(change), Role(change.details["role"])
    bounds, said = _bounds(change.details)
    accounts.grant_role(person, role, by=change.asked_by, now=now, bounds=bounds)
    _record(change, person.public_id, now, role=role.value, **said)


def _bounds(details: Mapping[str, Any]) -> tuple[Bounds, dict[str, Any]]:
    """What a role is to be bound to, and the same as the audit log keeps it. Raises InvalidInput for a case that is not
    here."""
    said = {name: details[name] for name in ("organisation", "countries", "cases") if details.get(name)}
    require_cases(said.get("cases", ()))
    under = Organisation.objects.get(public_id=said["organisation"]).pk if "organisation" in said else None
    return Bounds(under, frozenset(said.get("countries", ())), frozenset(said.get("cases", ()))), said


def _take_role(change: Change, now: dt.datetime) -> None:
    person, role = _person(change), Role(change.details["role"])
    accounts.take_role(person, role)
    release_without_right(now)
    _record(change, person.public_id, now, role=role.value)


def _switch_on(change: Change, now: dt.datetime) -> None:
    person = _person(change)
    accounts.switch_on(person)
    _record(change, person.public_id, now)
    if change._state.adding or change.forced_because:  # whoever has that mailbox now sets another password
        _wait_for_vouching(person, change.asked_by, now)


def _switch_off(change: Change, now: dt.datetime) -> None:
    person = _person(change)
    accounts.switch_off(person, by=change.asked_by)
    release_all_of(person, now)
    _record(change, person.public_id, now)


def _record_training(change: Change, now: dt.datetime) -> None:
    person = _person(change)
    completed_on = _day(change.details["completed_on"])
    assert completed_on is not None
    accounts.record_training(person, change.details["course"], completed_on)
    _record(change, person.public_id, now)


def _add_organisation(change: Change, now: dt.datetime) -> None:
    details = change.details
    made = accounts.create_organisation(
        name=details["name"],
        kind=details["kind"],
        country=details["country"],
        agreement=details["agreement"],
        vetted_on=_day(details["vetted_on"]),
        agreement_ends_on=_day(details["agreement_ends_on"]),
        scope=details.get("scope") or (),
    )
    _record(change, made.public_id, now)


def _renew_agreement(change: Change, now: dt.datetime) -> None:
    found = Organisation.objects.get(public_id=change.subject)
    made = agreements.agree_on(
        found, agreements.terms_of(change.details), now=now, vetted_on=_day(change.details["vetted_on"])
    )
    _record(change, found.public_id, now, agreement=made.public_id)


def _set_terms(change: Change, now: dt.datetime) -> None:
    terms = change.details | {"expires_on": _day(change.details.get("expires_on"))}
    set_terms(HashList.objects.get(public_id=change.subject), terms, by=change.asked_by, now=now)


def _set_entry_state(change: Change, now: dt.datetime) -> None:
    entry = HashListEntry.objects.get(public_id=change.subject)
    to, reason = HashListEntry.State(change.details["state"]), change.details["reason"]
    set_entry_state([entry], to, reason=reason, by=change.asked_by, now=now)


def _is_no_doubt(change: Change) -> bool:
    """A doubt counts at once: it takes nothing away, and keeps an entry from acting alone. To put aside holds an entry
    back from everybody: at once only where a person is asked, as others than the asker's own organisation suddenly find
    it so often."""
    if change.details["state"] == HashListEntry.State.QUARANTINED:
        return not is_found_by_others(change.subject, change.asked_by.organisation.name)
    return bool(change.details["state"] != HashListEntry.State.DISPUTED)


def _conclude_opinion(change: Change, now: dt.datetime) -> None:
    outcome, reason = Opinion.Outcome(change.details["outcome"]), change.details["reason"]
    _require_uninvolved(change, outcome)
    opinions.conclude(change.subject, outcome, because=reason, by=change.asked_by, now=now)


def _require_uninvolved(change: Change, outcome: Opinion.Outcome) -> None:
    """Of what was said to us of an entry of our own, whoever decided it concludes nothing; whether it is what the entry
    says takes a senior's look since then (R70). Raises Conflict."""
    said = Opinion.objects.select_related("entry__hash_list").filter(public_id=change.subject).first()
    own = said is not None and said.answer_by is not None and said.entry.hash_list.kind == HashList.Kind.OWN
    if said is None or not own or said.entry.media_id is None or change.asked_by is None:
        return
    refuse_involved(change.asked_by, {said.entry.media_id})
    if outcome != Opinion.Outcome.DISPUTED:
        require_review(Verdict.objects.filter(media=said.entry.media_id), said.at)


def _takes_or_gives_effect(change: Change) -> bool:
    """Whether an entry matches again by it, or never more. As it is tried, what it did to the entry stands there."""
    done = EntryStateChange.objects.filter(entry__opinions__public_id=change.subject, at=change.asked_at)
    return done.filter(by=change.asked_by).exclude(state=HashListEntry.State.DISPUTED).exists()


def _resume_exchange(change: Change, now: dt.datetime) -> None:
    set_paused(Exchange.objects.get(public_id=change.subject), False, by=change.asked_by, now=now)


def _import_list(change: Change, now: dt.datetime) -> None:
    uploads.release(UploadedList.objects.get(public_id=change.subject))
    _record(change, change.subject, now)


def _add_force(change: Change, now: dt.datetime) -> None:
    details = change.details
    under = details.get("organisation")
    force = add_force(
        details["name"],
        details["country"],
        details["key"],
        now,
        hears=Force.Hears(details.get("hears", Force.Hears.URGENT)),
        channel=Force.Channel(details.get("channel", Force.Channel.FILE)),
        organisation=Organisation.objects.get(public_id=under) if under else None,
    )
    _record(change, force.public_id, now)


def _set_periods(change: Change, now: dt.datetime) -> None:
    change_policy(change.details, now, by=change.asked_by)
    _record(change, "retention", now, **change.details)


def keep_periods(now: dt.datetime) -> int:
    """Once somebody has worked here, how long data are kept stands in the policy: no machine's variable changes it."""
    return periods.keep(now) if anything_to_guard() else 0


def ask_for_table(version: TableVersion, *, by: User, now: dt.datetime) -> Change | None:
    """Ask that a kept version of a table of rules holds. What ``ask_for`` returns and raises."""
    details = {"table": version.table, "laid": version.laid, "digest": version.sha256, "reason": version.reason}
    title = f"{version.table} {version.version}"
    return ask_for("rule_table.set", version.public_id, title, details, by=by, now=now)


def _set_table(change: Change, now: dt.datetime) -> None:
    table = table_named(change.details["table"])
    done = bring_into_force(table, change.subject, asked_by=change.asked_by, agreed_by=change.decided_by, now=now)
    said = {"table": done.table, "version": done.version, "laid": done.laid, "digest": done.sha256}
    _record(change, done.public_id, now, **said)


def _stop_request(change: Change, now: dt.datetime) -> None:
    request, surety = Request.objects.get(public_id=change.subject), Surety(change.details["surety"])
    alone = change.pk is not None and change.decided_by is None
    made = stops.stop(request, surety, by=change.asked_by, now=now, asked_at=change.asked_at, alone=alone)
    _record(change, change.subject, now, surety=surety.value, stops_at=made.stops_at.isoformat())


def begin_anew(now: dt.datetime) -> None:
    """In a database that was brought back what waits has its day, or week, anew: it may have been refused since."""
    changes.begin_anew(now)
    stops.begin_anew(now)


def _allow_key(change: Change, now: dt.datetime) -> None:
    """Whoever asked makes the key then, as it is shown once and to nobody else (``web.administration.keys``)."""


def _touches_who_agrees(change: Change) -> bool:
    """Whether it takes from somebody the right to agree to changes, or to those of some kind (who may be switched off
    already, by the trial)."""
    if change.kind == "role.taken":
        roles = [change.details["role"]]
    else:
        roles = list(_person(change).role_grants.values_list("role", flat=True))
    return not SECONDS.isdisjoint(permissions_of(roles))


KINDS: Final[Mapping[str, Kind]] = {
    "person.added": Kind(_add_person),
    VOUCHED: Kind(_vouch),
    "role.granted": Kind(_grant_role),
    "role.taken": Kind(_take_role, _touches_who_agrees),
    "person.switched_on": Kind(_switch_on),
    "person.switched_off": Kind(_switch_off, _touches_who_agrees),
    "training.recorded": Kind(_record_training),
    "organisation.added": Kind(_add_organisation),
    "agreement.renewed": Kind(_renew_agreement),
    "list.terms_set": Kind(_set_terms),
    "list.imported": Kind(_import_list),
    "entry.state_set": Kind(_set_entry_state, _is_no_doubt),
    "opinion.concluded": Kind(_conclude_opinion, _takes_or_gives_effect),
    "exchange.resumed": Kind(_resume_exchange),
    "key.made": Kind(_allow_key),
    "key.replaced": Kind(_allow_key),
    "force.added": Kind(_add_force),
    "retention.set": Kind(_set_periods),
    "rule_table.set": Kind(_set_table),
    SURVIVOR_STOP: Kind(_stop_request, always=True),
}
"""By the kind of event that the audit log keeps of it."""
