"""Verbs on requests of survivors, one transaction each. Nothing here looks up what others asked for."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from django.db import transaction
from django.db.models import F

from orbweaver.assess.linking.marking import refer_request
from orbweaver.detect.intake.models import SenderCount
from orbweaver.detect.intake.rules import AskedFor, hour_of, sender_key
from orbweaver.detect.intake.services import ask_for_hashes, ask_for_url, look_on, send_to_crawler, withdraw_reports
from orbweaver.errors import InvalidInput
from orbweaver.follow.survivors.messages import (
    ADDRESS_KNOWN,
    LEGAL_BY_ADDRESS,
    MANY_ADDRESSES,
    MANY_HASHES,
    NO_SUCH_REQUEST,
    NOTHING_ASKED,
    SAME_REQUEST,
    TEXTS_BY_ADDRESS,
    WITHDRAWN,
    WORDS_MISSING,
)
from orbweaver.follow.survivors.models import Promise, Request, RequestPart, Stop
from orbweaver.follow.survivors.rules import Surety, bare, digest_of, new_reference, secret_of, visit_at
from orbweaver.follow.survivors.settings import SurvivorSettings
from orbweaver.people.accounts.models import User
from orbweaver.people.audit.services import record
from orbweaver.people.changes.rules import SURVIVOR_STOP
from orbweaver.people.changes.services import settled
from orbweaver.platform.network.urls import parse
from orbweaver.platform.runtime.secrets import django_secret_key
from orbweaver.platform.settings import PlatformSettings

CHANCE: Final = secrets.SystemRandom()
MOST_ADDRESSES: Final = 50
MOST_HASHES: Final = 500
OUTSIDE_THE_QUESTIONS: Final = (Request.Aim.TEXT, Request.Aim.LEGAL)
"""What nobody assesses: the crawler opens nothing for it, and the company is asked on grounds of privacy (R20)."""


@dataclass(frozen=True)
class Asked:
    """What a person sent. ``urls`` are web addresses, checked; ``network`` is where it came from, which is not kept."""

    capacity: Request.Capacity
    aim: Request.Aim
    at_risk: bool
    urls: Sequence[str] = ()
    hashes: Sequence[AskedFor] = ()
    search_more: bool = False
    words: str = ""
    mandate: str = ""
    safe_contact: str = ""
    language: str = "en"
    network: str = ""
    form: str = ""
    """A number by chance that stands in the form and is not kept."""

    @property
    def sending(self) -> bytes:
        """32 bytes for this form with all that it says; another network is no other sending."""
        asked = replace(self, network="", urls=tuple(self.urls), hashes=tuple(self.hashes))
        return hashlib.sha256(repr(asked).encode()).digest()


@transaction.atomic
def ask(asked: Asked, now: dt.datetime) -> tuple[Request, str]:
    """Take a request in; returns it with its secret, which is shown once and kept as a digest.

    A child who may be at risk goes to the liaison in the same transaction (R56). The crawler is given the addresses by
    ``hand_on``, each at a moment by chance, so that the answer takes as long whether or not anybody knew them, and a
    host does not tell by a visit that somebody has just asked. The same form sent again, after an
    answer that got lost, is the same request. Raises InvalidInput, InvalidUrl.
    """
    if not asked.urls and not asked.hashes and not asked.words.strip():
        raise InvalidInput(NOTHING_ASKED)
    if asked.hashes and asked.aim == Request.Aim.LEGAL:
        raise InvalidInput(LEGAL_BY_ADDRESS)
    if asked.hashes and asked.aim == Request.Aim.TEXT:
        raise InvalidInput(TEXTS_BY_ADDRESS)
    if len(asked.urls) > MOST_ADDRESSES:
        raise InvalidInput(MANY_ADDRESSES.of(n=len(asked.urls), most=MOST_ADDRESSES))
    if len(asked.hashes) > MOST_HASHES:
        raise InvalidInput(MANY_HASHES.of(n=len(asked.hashes), most=MOST_HASHES))
    secret = secret_of(asked.sending, django_secret_key(PlatformSettings.current().keys_path))
    sent_as = hashlib.sha256(asked.sending).digest()
    known = Request.objects.filter(sent_as=sent_as).first()
    if known is not None:
        return known, secret
    request = Request.objects.create(
        reference=new_reference(),
        secret=digest_of(secret),
        sent_as=sent_as,
        capacity=asked.capacity,
        aim=asked.aim,
        at_risk=asked.at_risk,
        search_more=asked.search_more,
        words=_clean(asked.words),
        mandate=_clean(asked.mandate),
        safe_contact=_clean(asked.safe_contact),
        language=asked.language,
        created_at=now,
        waits_for_person=_is_one_of_many(asked.network, now),
    )
    _add_parts(request, asked, now)
    if asked.at_risk:
        request.referral = refer_request(_words_for_liaison(request, asked), now)
        request.save(update_fields=["referral"])
    details = {"capacity": asked.capacity.value, "aim": asked.aim.value, "at_risk": asked.at_risk}
    record("survivor_request.received", request.public_id, details=details, at=now)
    return request, secret


def _clean(text: str) -> str:
    return text.replace("\x00", " ").strip()


def _add_parts(request: Request, asked: Asked, now: dt.datetime) -> None:
    for url in dict.fromkeys(asked.urls):
        _add_address(request, url, now, goes_on=not request.waits_for_person)
    if asked.hashes:
        RequestPart.objects.create(request=request, report=ask_for_hashes(asked.hashes, now))


def _add_address(
    request: Request, url: str, now: dt.datetime, *, goes_on: bool = True, added_by: User | None = None
) -> RequestPart:
    report = None if request.aim in OUTSIDE_THE_QUESTIONS else ask_for_url(url, now)
    return RequestPart.objects.create(
        request=request,
        url=url,
        report=report,
        visit_at=_visit_at(now) if report is not None and goes_on else None,
        added_by=added_by,
        added_at=now if added_by is not None else None,
    )


def _visit_at(now: dt.datetime) -> dt.datetime:
    return visit_at(now, SurvivorSettings.current().survivor_visit_hours, CHANCE)


def _words_for_liaison(request: Request, asked: Asked) -> str:
    """What the liaison needs to act: who asks, in which words, where. Read behind a sign-in alone."""
    parts = [f"{request.public_id} ({request.capacity})", request.words, request.mandate]
    parts += [f"Safe contact: {request.safe_contact}"] if request.safe_contact else []
    return "\n".join([*(part for part in parts if part), *asked.urls])


def _is_one_of_many(network: str, now: dt.datetime) -> bool:
    """Whether more came from this network within the hour than go on by themselves. The network itself is not kept.

    Counted apart from reports: who shares a network with a survivor learns nothing from what they may send there.
    """
    hour = hour_of(now)
    secret = "survivors" + django_secret_key(PlatformSettings.current().keys_path)
    row, _ = SenderCount.objects.get_or_create(
        key=sender_key(network, hour, secret), defaults={"hour": hour, "count": 0}
    )
    SenderCount.objects.filter(pk=row.pk).update(count=F("count") + 1)
    return row.count >= SurvivorSettings.current().survivor_requests_per_hour


@transaction.atomic
def hand_on(now: dt.datetime) -> int:
    """Give the crawler the addresses whose moment has come; how many. A duty of the worker."""
    waiting = RequestPart.objects.filter(visit_at__lte=now).select_related("report")
    chosen = list(waiting.select_for_update(of=("self",), skip_locked=True).order_by("pk"))
    for part in chosen:
        if part.report is not None:
            send_to_crawler(part.report, now)
    RequestPart.objects.filter(pk__in=[part.pk for part in chosen]).update(visit_at=None)
    return len(chosen)


def find_request(reference: str, secret: str) -> Request | None:
    """The request with this reference and secret, however they were grouped; None for a wrong one of either."""
    given = digest_of(bare(secret))
    found = Request.objects.filter(reference=bare(reference)).first()
    kept = bytes(found.secret) if found is not None else bytes(len(given))
    return found if hmac.compare_digest(kept, given) else None


def numbered(reference: str) -> Request:
    """The request of this number, however it was grouped, for whoever is written to about it. Raises InvalidInput."""
    found = Request.objects.filter(reference=bare(reference)).first()
    if found is None:
        raise InvalidInput(NO_SUCH_REQUEST)
    return found


@transaction.atomic
def withdraw(request: Request, now: dt.datetime, *, by: User | None = None, surety: Surety | None = None) -> None:
    """The person wants no more of it: its hashes are gone everywhere at once, and nothing new is looked for.

    What was found and assessed stays: a notice about the abuse of a child is not the person's to carry alone.
    ``by`` survivor support for somebody who lost the secret code, who made sure by ``surety`` who wants it.
    """
    if not Request.objects.filter(pk=request.pk, withdrawn_at=None).update(withdrawn_at=now):
        return
    request.parts.update(visit_at=None)
    reports = [part.report for part in request.parts.select_related("report") if part.report is not None]
    details: dict[str, object] = {"hashes": withdraw_reports(reports, now)}
    if surety is not None:
        details["surety"] = surety.value
    outcome = Stop.Outcome.BY_CODE if surety is None else Stop.Outcome.STOPPED
    request.stops.filter(ended_at=None).update(ended_at=now, outcome=outcome)
    settled(SURVIVOR_STOP, request.public_id, now)
    record("survivor_request.withdrawn", request.public_id, actor=by, details=details, at=now)


@transaction.atomic
def let_go_on(request: Request, *, by: User, now: dt.datetime) -> None:
    """A person has looked at one of many from one network, or at hashes that are found everywhere: it goes on."""
    waited = Request.objects.filter(pk=request.pk, waits_for_person=True).update(waits_for_person=False)
    if waited and request.withdrawn_at is None:
        for part in request.parts.filter(report__isnull=False, added_at=None).exclude(url=""):
            RequestPart.objects.filter(pk=part.pk).update(visit_at=_visit_at(now))
    resumed = look_on(part.report for part in request.parts.select_related("report") if part.report is not None)
    if waited or resumed:
        record("survivor_request.let_go_on", request.public_id, actor=by, details={"hashes": resumed}, at=now)


@transaction.atomic
def visit_now(request: Request, *, by: User, now: dt.datetime) -> int:
    """A person has read the request, and its addresses are not to wait for their moment; how many did."""
    count = request.parts.filter(visit_at__gt=now).update(visit_at=now)
    if count:
        record("survivor_request.visited_now", request.public_id, actor=by, details={"addresses": count}, at=now)
    return count


@transaction.atomic
def add_address(request: Request, url: str, *, by: User, now: dt.datetime) -> RequestPart:
    """An address that somebody of ours found by what the person wrote. Raises InvalidUrl, InvalidInput."""
    url = url.strip()
    parse(url)
    if request.withdrawn_at is not None:
        raise InvalidInput(WITHDRAWN)
    if request.parts.filter(url=url).exists():
        raise InvalidInput(ADDRESS_KNOWN)
    part = _add_address(request, url, now, added_by=by)
    record("survivor_request.address_added", request.public_id, actor=by, at=now)
    return part


@transaction.atomic
def promise(request: Request, words: str, due_on: dt.date | None, *, by: User, now: dt.datetime) -> Promise:
    """Keep what was promised to the person, or what came of a talk. Raises InvalidInput without words."""
    words = _clean(words)
    if not words:
        raise InvalidInput(WORDS_MISSING)
    made = Promise.objects.create(request=request, words=words, due_on=due_on, by=by, at=now)
    record("survivor_request.promised", request.public_id, actor=by, at=now)
    return made


@transaction.atomic
def keep_promise(request: Request, number: int, *, by: User, now: dt.datetime) -> None:
    """A promise is kept."""
    if Promise.objects.filter(request=request, pk=number, kept_at=None).update(kept_at=now):
        record("survivor_request.promise_kept", request.public_id, actor=by, at=now)


@transaction.atomic
def tie(request: Request, reference: str, *, by: User, now: dt.datetime) -> None:
    """It is of the same person as an earlier one, as they say and somebody of ours believes. Raises InvalidInput.

    For the workplace alone: neither secret opens the other's page.
    """
    earlier = numbered(reference)
    if earlier.pk == request.pk:
        raise InvalidInput(SAME_REQUEST)
    Request.objects.filter(pk=request.pk).update(tied_to=earlier)
    record("survivor_request.tied", request.public_id, actor=by, details={"to": earlier.public_id}, at=now)


@transaction.atomic
def finish(request: Request, *, done: bool, by: User, now: dt.datetime) -> None:
    """Nothing is left to do for it, or something is after all."""
    values = {"done_at": now, "done_by": by} if done else {"done_at": None, "done_by": None}
    Request.objects.filter(pk=request.pk).update(**values)
    record("survivor_request.done" if done else "survivor_request.reopened", request.public_id, actor=by, at=now)
