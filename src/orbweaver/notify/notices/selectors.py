"""Reads of notices for those who report on them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from orbweaver.detect.captures.models import Capture
from orbweaver.detect.evidence.models import EvidenceObject
from orbweaver.errors import Message
from orbweaver.notify.notices.models import (
    HoldPolicy,
    IncomingAnswer,
    KeptOnRequest,
    Notice,
    NoticeUrl,
    OutboxMessage,
    PushBack,
    SendingSwitch,
)
from orbweaver.notify.notices.rules import NoticeState, PushBackReason
from orbweaver.notify.notices.sending.channels import CHANNELS
from orbweaver.notify.notices.sending.recomposing import not_leaving
from orbweaver.notify.providers.models import Contact
from orbweaver.people.objections import Answered, answered


@dataclass(frozen=True)
class HeldCount:
    """Notices and distinct places of one type in one country that the hotline's policy keeps from being sent (R41)."""

    notice_type: str
    sub_type: str
    country: str
    notices: int
    urls: int


def held_by_policy() -> QuerySet[Notice]:
    """Notices not sent by policy."""
    return Notice.objects.filter(state=NoticeState.HELD, held_reason=Notice.HeldReason.POLICY)


def held_by_policy_counts() -> list[HeldCount]:
    """How much is held by policy now, by type, sub-type and country. No small number is suppressed here."""
    rows = (
        held_by_policy()
        .order_by("notice_type", "sub_type", "country")
        .values_list("notice_type", "sub_type", "country")
        .annotate(notice_count=Count("pk", distinct=True), place_count=Count("urls__url_key", distinct=True))
    )
    return [HeldCount(*row) for row in rows]


def objections_answered(now: dt.datetime) -> list[tuple[str, Answered]]:
    """How providers' objections were answered (R70), by reason, in the order of the reasons."""
    return [(each.value, answered(PushBack.objects.filter(reason=each), now)) for each in PushBackReason]


KEPT_ENDS_SOON: Final = dt.timedelta(days=14)
"""How long before the end of what a company was asked to keep it is said."""


def kept_on_request() -> QuerySet[KeptOnRequest]:
    """What companies were asked to keep by messages that left, what ends first on top; what has ended last."""
    rows = KeptOnRequest.objects.filter(notice__first_sent_at__isnull=False)
    return rows.select_related("notice__provider").order_by("ends_at", "notice")


def kept_ends_soon(now: dt.datetime) -> QuerySet[KeptOnRequest]:
    """Of these, what ends within two weeks."""
    return kept_on_request().filter(ends_at__gte=now, ends_at__lt=now + KEPT_ENDS_SOON)


def policies_in_force() -> QuerySet[HoldPolicy]:
    """Hold policies, newest first."""
    rows = HoldPolicy.objects.filter(lifted_at__isnull=True)
    return rows.select_related("provider", "made_by").order_by("-made_at")


def answers() -> QuerySet[IncomingAnswer]:
    """Answers that are the desk's: all but those about a survivor's words."""
    return IncomingAnswer.objects.filter(about="")


def unread() -> QuerySet[IncomingAnswer]:
    """Answers of which nobody has said yet what they mean."""
    return answers().filter(meaning="")


def unread_about(notice: Notice) -> QuerySet[IncomingAnswer]:
    """Those that may be about this notice: threaded to it, or to its provider alone."""
    about = Q(notice=notice)
    if notice.provider_id is not None:
        about |= Q(notice=None, provider=notice.provider_id)
    return unread().filter(about)


def with_unread_answers() -> Q:
    """Of notices: those that an unread answer may be about. No query of notices, as that would read them all."""
    of_provider = unread().filter(notice=None, provider__isnull=False)
    about = Q(pk__in=unread().filter(notice__isnull=False).values("notice"))
    return about | Q(provider__in=of_provider.values("provider"))


@dataclass(frozen=True)
class Sending:
    """How sending stands. ``channels``: what is missing by name, "" where nothing is; ``messages``: counts by state.

    ``after_a_crash``: what concludes a message that a crash left in doubt, by channel (``Doubt``).
    """

    paused: bool
    reason: str
    not_leaving: Message | None
    """Why nothing leaves although it is not paused; None else."""
    channels: dict[str, str]
    after_a_crash: dict[str, str]
    messages: dict[str, int]
    bounced: list[tuple[str, str]]
    """Provider and address of contacts that mail came back from for good, newest first."""


def sending_now() -> Sending:
    """How sending stands, for the command line."""
    switch = SendingSwitch.objects.filter(paused=True).first()
    channels = {name: kind() for name, kind in CHANNELS.items()}
    states = OutboxMessage.objects.order_by("state").values_list("state").annotate(count=Count("*"))
    bounced = Contact.objects.filter(active=True, bounced_at__isnull=False).order_by("-bounced_at")
    return Sending(
        paused=switch is not None,
        reason=switch.reason if switch else "",
        not_leaving=not_leaving(),
        channels={name: str(channel.why_not() or "") for name, channel in channels.items()},
        after_a_crash={name: channel.doubt.value for name, channel in channels.items()},
        messages=dict(states),
        bounced=list(bounced.values_list("provider__name", "address")),
    )


def evidence_in_use() -> QuerySet[EvidenceObject]:
    """What an open notice is about: it is not erased before that is closed. And captures that hold the bytes of others
    that are kept, which would be empty without them: one on hold keeps both."""
    open_ones = NoticeUrl.objects.filter(notice__closed_at__isnull=True)
    kept = open_ones.filter(media=OuterRef("sighting__media"), media__evidence__isnull=False)
    captures = Capture.objects.filter(Exists(kept))
    captured = Exists(captures.filter(stored=OuterRef("pk"))) | Exists(
        captures.filter(refers_to__stored=OuterRef("pk"))
    )
    referred = Exists(Capture.objects.filter(stored__erased_at=None, refers_to__stored=OuterRef("pk")))
    # asked of each object by its number: of a million, few are due
    return EvidenceObject.objects.filter(Exists(open_ones.filter(media__evidence=OuterRef("pk"))) | captured | referred)
