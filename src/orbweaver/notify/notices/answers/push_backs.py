"""Each push-back by its reason's own path (R51): what is done at once, what a person sees, what the provider is told.

- proof of age wanted: the standard of the criteria, and the series that the person may look at
- not illegal: the clause of the provider's own terms
- not a child: a review by a senior who was not involved, before anybody answers
- not ours: the hosts are looked up again, at once
- already gone: the addresses are checked again, at once

Nothing here pauses a notice (R58). What the provider is told travels through the outbox and is kept.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.template.loader import render_to_string

from orbweaver.assess.review.appeals import request_review
from orbweaver.assess.review.models import Appeal, Verdict
from orbweaver.assess.review.uninvolved import is_reviewed, refuse_involved, require_review
from orbweaver.assess.series.models import VictimSeries
from orbweaver.assess.series.selectors import series_of
from orbweaver.errors import Conflict, InvalidInput, NotAllowed
from orbweaver.notify.notices.letters import markup
from orbweaver.notify.notices.letters.answer import compose_answer
from orbweaver.notify.notices.letters.languages import words_of
from orbweaver.notify.notices.messages import (
    ANSWER_TELLS_TOO_MUCH,
    DECISION_MISSING,
    MAY_NOT_DECIDE,
    NO_OPEN_OBJECTION,
    NOTHING_TO_REVIEW,
)
from orbweaver.notify.notices.models import Notice, NoticeUrl, OutboxMessage, PushBack
from orbweaver.notify.notices.rules import DONE_WITH, GROUNDS, PushBackOutcome, PushBackReason, UrlState, occasion_key
from orbweaver.notify.notices.sending.channels import CHANNELS
from orbweaver.notify.providers.selectors import clause_for, contact_for
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.audit.services import record
from orbweaver.people.settings import HotlineSettings

WORDS_LIMIT = 4_000
REVIEWED_AT_ONCE = 20
"""Verdicts that are reviewed by one request, the oldest first: one objection to a long notice is no day's work."""
OF_FACTS = (PushBackReason.NOT_OURS, PushBackReason.ALREADY_GONE)
"""What a look at the addresses decides, whoever took it."""


@dataclass(frozen=True)
class Path:
    """What the desk shows beside an open push-back. ``upheld`` and ``conceded`` are drafts of the answer."""

    push_back: PushBack
    upheld: str
    conceded: str
    clause: str
    series: list[VictimSeries] = field(default_factory=list)
    appeals: list[Appeal] = field(default_factory=list)
    may_review: bool = False
    needs_review: bool = False
    """Nobody may answer yet: a senior who was not involved looks first."""


def path_of(push_back: PushBack) -> Path:
    """The path of an open push-back, with drafts in the contact's language."""
    notice = push_back.notice
    verdicts = _verdicts(notice)
    appeals = list(Appeal.objects.filter(verdict__in=verdicts).order_by("-pk"))
    not_a_child = push_back.reason == PushBackReason.NOT_A_CHILD
    reviewable = [each for each in verdicts if each.superseded_by_id is None]
    under_review = {appeal.verdict_id for appeal in appeals if appeal.decided_at is None}
    return Path(
        push_back=push_back,
        upheld=draft(push_back, PushBackOutcome.UPHELD),
        conceded=draft(push_back, PushBackOutcome.CONCEDED),
        clause=_clause(notice),
        series=_series(verdicts) if push_back.reason == PushBackReason.WANTS_PROOF_OF_AGE else [],
        appeals=appeals if not_a_child else [],
        may_review=not_a_child and any(each.pk not in under_review for each in reviewable),
        needs_review=not_a_child and not is_reviewed(verdicts, push_back.made_at),
    )


def draft(push_back: PushBack, outcome: PushBackOutcome) -> str:
    """What the provider would be told, to be read and changed by a person. No name, series or reference is in it."""
    notice = push_back.notice
    language = notice.contact.language if notice.contact else "en"
    words, verdicts = words_of(language), _verdicts(notice)
    urls = list(notice.urls.all())
    appeals = Appeal.objects.filter(verdict__in=verdicts)
    provider = notice.provider
    context = {
        "hotline": HotlineSettings.current().hotline_name,
        "reason": push_back.reason,
        "versions": ", ".join(sorted({each.criteria_version for each in verdicts})),
        "in_series": bool(_series(verdicts)) and not (provider and provider.reduced_notices),
        "clause": _clause(notice),
        "terms_url": provider.terms_url if provider else "",
        "in_review": appeals.filter(decided_at=None).exists(),
        "reviewed": appeals.filter(outcome=Appeal.Outcome.UPHELD).exists(),
        "looked_at": words.instant(push_back.checked_at) if push_back.checked_at else "",
        "still": sum(url.state in (UrlState.LIVE, UrlState.MOVED, UrlState.REAPPEARED) for url in urls),
        "total": len(urls),
    }
    name = push_back.reason if outcome is PushBackOutcome.UPHELD else "conceded"
    written = render_to_string(f"{words.language}/letters/answers/{name}.txt", context)
    return markup.tidy(written, narrow_space=words.narrow_space)


def _verdicts(notice: Notice) -> list[Verdict]:
    return list(Verdict.objects.filter(notice_urls__notice=notice).distinct().order_by("pk"))


def _series(verdicts: Sequence[Verdict]) -> list[VictimSeries]:
    found = series_of({each.media for each in verdicts})
    return list({each.pk: each for of_medium in found.values() for each in of_medium}.values())


def _clause(notice: Notice) -> str:
    if notice.provider is None:
        return ""
    return clause_for(notice.provider, GROUNDS[(notice.notice_type, notice.sub_type)])


@transaction.atomic
def ask_for_review(public_id: str, by: User, now: dt.datetime) -> int:
    """Have the verdicts behind a "not a child" reviewed by a senior who was not involved; returns how many.

    Raises NotAllowed, or InvalidInput when there is nothing left to review.
    """
    row = _open_one(public_id, by)
    asked = 0
    for verdict in _verdicts(row.notice):
        if asked == REVIEWED_AT_ONCE:
            break
        try:
            with transaction.atomic():
                request_review(
                    verdict.public_id, by=by, requester="provider", reason="push-back: it is not a child", now=now
                )
        except Conflict:  # under review already, or changed by one
            continue
        asked += 1
    if not asked:
        raise InvalidInput(NOTHING_TO_REVIEW)
    record("push_back.review_asked", row.public_id, actor=by, details={"verdicts": asked}, at=now)
    return asked


def _open_one(public_id: str, by: User) -> PushBack:
    if not by.may(Permission.NOTICE_CONTROL):
        raise NotAllowed(MAY_NOT_DECIDE)
    found = PushBack.objects.select_for_update(of=("self",)).select_related("notice__provider", "notice__contact")
    row = found.filter(public_id=public_id, outcome=PushBackOutcome.OPEN).first()
    if row is None:
        raise InvalidInput(NO_OPEN_OBJECTION)
    return row


@transaction.atomic
def decide_push_back(public_id: str, outcome: str, by: User, now: dt.datetime, words: str = "") -> PushBack:
    """A person's answer to a push-back: ``upheld`` (the notice stands) or ``conceded``. The notice goes on either way.

    ``words`` are told to the provider ("" for the draft). Raises NotAllowed without the right, InvalidInput when there
    is none, it is decided, or the words name what no letter may; Conflict for who answered about one of the pictures,
    and before a senior has looked once more at what is said not to be a child.
    """
    if outcome not in (PushBackOutcome.UPHELD, PushBackOutcome.CONCEDED):
        if not by.may(Permission.NOTICE_CONTROL):
            raise NotAllowed(MAY_NOT_DECIDE)
        raise InvalidInput(DECISION_MISSING)
    row = _open_one(public_id, by)
    verdicts = _verdicts(row.notice)
    if row.reason not in OF_FACTS:
        refuse_involved(by, {each.media_id for each in verdicts})
    if row.reason == PushBackReason.NOT_A_CHILD:
        require_review(verdicts, row.made_at)
    row.outcome, row.decided_by, row.decided_at = outcome, by, now
    row.words = words.replace("\x00", "").replace("\r\n", "\n").strip()[:WORDS_LIMIT] or draft(
        row, PushBackOutcome(outcome)
    )
    _refuse_leaks(row)
    row.save(update_fields=["outcome", "decided_by", "decided_at", "words"])
    record("push_back.decided", row.public_id, actor=by, details={"outcome": outcome}, at=now)
    _tell(row, now)
    return row


def _refuse_leaks(row: PushBack) -> None:
    """A letter never names a series, a victim or a police reference, nor gives an exact address (R39)."""
    verdicts = _verdicts(row.notice)
    secrets = {each.identified_source for each in verdicts}
    for series in _series(verdicts):
        secrets |= {series.title, series.police_reference, *series.names.values_list("name", flat=True)}
    secrets |= {url.url for url in row.notice.urls.all()}
    folded = row.words.casefold()
    if any(len(secret) > 2 and secret.casefold() in folded for secret in secrets):
        raise InvalidInput(ANSWER_TELLS_TOO_MUCH)


def _tell(row: PushBack, now: dt.datetime) -> None:
    """Put the answer in the outbox, where the contact's channel carries words."""
    notice = row.notice
    contact = notice.contact or (contact_for(notice.provider) if notice.provider else None)
    if contact is None or contact.channel not in CHANNELS or not CHANNELS[contact.channel].carries_words:
        # Channels that take reports alone: there the inbox and the link show the answer.
        return
    key = occasion_key(row.public_id, 0)
    OutboxMessage.objects.create(
        notice=notice,
        push_back=row,
        number=0,
        occasion=key,
        channel=contact.channel,
        contact=contact,
        address=contact.address,
        message_id=f"<{key}@{HotlineSettings.current().hotline_domain}>",
        raw=compose_answer(row, contact, key, now),
        is_draft=bool(HotlineSettings.current().letter_gaps),
        created_at=now,
    )


def disputed_urls(push_back: PushBack) -> list[NoticeUrl]:
    """The addresses that an objection is about: those that are not removed."""
    return list(push_back.notice.urls.exclude(state__in=DONE_WITH).order_by("pk"))
