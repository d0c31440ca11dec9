"""What would be sent, exactly: the text of a draft, or the stored bytes of a message."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

from orbweaver.assess.criteria import Answers, Outcome, decide, on_one_place
from orbweaver.assess.review.identification import identification_of
from orbweaver.assess.review.judging import criteria_of
from orbweaver.assess.review.models import ReviewItem, Verdict
from orbweaver.assess.review.places import place_of
from orbweaver.detect.hashlists.models import Identified
from orbweaver.notify.notices.letters.compose import texts
from orbweaver.notify.notices.letters.letter import Letter
from orbweaver.notify.notices.letters.parts import parts_of
from orbweaver.notify.notices.models import Notice, OutboxMessage
from orbweaver.notify.notices.routing.drafting import Draft, drafts_for, letter_for, urls_of
from orbweaver.notify.notices.rules import DONE_WITH


@dataclass(frozen=True)
class NoticePreview:
    """One notice: to whom, about how many URLs, in which words.

    ``address`` is empty and ``held_reason`` says why while nobody can be told. ``raw`` is empty until the message is
    in the outbox; from then on these are the bytes that are sent.
    """

    provider: str
    address: str
    held_reason: str
    urls: int
    subject: str
    text: str
    html: str
    reports: list[dict[str, Any]]
    raw: bytes


@dataclass(frozen=True)
class Told:
    """Whom one notice would be to, and about how many URLs. ``address`` is empty while nobody can be told."""

    provider: str
    address: str
    urls: int


def told_about_item(item: ReviewItem, answers: Answers, now: dt.datetime, *, known: bool | None = None) -> list[Told]:
    """Who would be told if the other analysts answered the same, in the order of ``preview_for_item``, whose letters
    are not written for it. ``known``: whether police know the child, where that was looked up before."""
    drafts = _drafts(item, answers, now, known=known)
    return [Told(*_addressee(each.notice), len(each.urls)) for each in drafts]


def preview_for_item(item: ReviewItem, answers: Answers, now: dt.datetime, *, place: str = "") -> list[NoticePreview]:
    """What follows if the other analysts answer the same: one preview a notice; empty when nothing is to be removed.

    Nothing is stored. The machine-readable part is left out, because it holds the list's classification, which an
    analyst may not know before answering. References are made when the notice is. ``place`` is the sighting that
    answers of sub-type b are about ("": the first). Raises InvalidInput.
    """
    return [_of_draft(draft, now) for draft in _drafts(item, answers, now, place=place)]


def _drafts(
    item: ReviewItem, answers: Answers, now: dt.datetime, *, place: str = "", known: bool | None = None
) -> list[Draft]:
    decision = decide(answers, criteria_of(item, now))
    if decision.outcome is not Outcome.REMOVE:
        return []
    if known is None:
        known = item.media_id in identification_of([item.media_id])
    verdict = Verdict(
        item=item,
        media=item.media,
        outcome=decision.outcome,
        category=decision.category or "",
        notice_type=decision.notice_type or "",
        sub_type=decision.sub_type,
        age_class=decision.age_class or "",
        identified=Identified.IDENTIFIED if known else Identified.UNIDENTIFIED,
        reasons=list(decision.reasons),
        criteria_version=decision.criteria_version,
    )
    judged = place_of(item, place) if on_one_place(decision.sub_type) else None
    return drafts_for(urls_of(verdict, judged), now)


def _addressee(notice: Notice) -> tuple[str, str]:
    """The provider's name and the contact's address; empty where there is none."""
    return notice.provider.name if notice.provider else "", notice.contact.address if notice.contact else ""


def preview(notice: Notice, now: dt.datetime) -> NoticePreview:
    """The newest message of a notice as it was or will be sent; for one that is held, the text as it stands."""
    message = notice.messages.filter(push_back=None).order_by("-number").first()
    if message is not None:
        return _of_message(notice, message)
    urls = list(notice.urls.exclude(state__in=DONE_WITH).select_related("verdict", "media").order_by("pk"))
    return _of_draft(Draft(notice, urls), now)


def preview_in(notice: Notice, language: str, now: dt.datetime) -> NoticePreview:
    """The text of a notice's next message as it would read in a language, whatever its contact wants."""
    urls = list(notice.urls.exclude(state__in=DONE_WITH).select_related("verdict", "media").order_by("pk"))
    return _of_letter(notice, replace(letter_for(notice, urls, now), language=language), len(urls))


def preview_message(message: OutboxMessage) -> NoticePreview:
    """One message of a notice as it was or will be sent."""
    return _of_message(message.notice, message)


def _of_draft(draft: Draft, now: dt.datetime) -> NoticePreview:
    return _of_letter(draft.notice, letter_for(draft.notice, draft.urls, now), len(draft.urls))


def _of_letter(notice: Notice, letter: Letter, urls: int) -> NoticePreview:
    subject, text, html = texts(letter)
    provider, address = _addressee(notice)
    return NoticePreview(
        provider=provider,
        address=address,
        held_reason=notice.get_held_reason_display() if notice.held_reason else "",
        urls=urls,
        subject=subject,
        text=text,
        html=html,
        reports=[],
        raw=b"",
    )


def _of_message(notice: Notice, message: OutboxMessage) -> NoticePreview:
    raw = bytes(message.mail.raw)
    parts = parts_of(raw)
    return NoticePreview(
        provider=notice.provider.name if notice.provider else "",
        address=message.address,
        held_reason=notice.get_held_reason_display() if notice.held_reason else "",
        urls=len(parts.reports),
        subject=parts.subject,
        text=parts.text,
        html=parts.html,
        reports=parts.reports,
        raw=raw,
    )
