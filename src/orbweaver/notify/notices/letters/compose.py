"""From a letter to the bytes that are sent: the same letter always gives the same bytes.

The mail is an ARF report (RFC 5965): a text for people (plain and HTML), a ``message/feedback-report`` of the type
``other``, and one XARF report for each URL.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage, MIMEPart
from email.utils import format_datetime
from functools import cache
from importlib.metadata import version
from typing import Any

from django.template.loader import render_to_string

from orbweaver.notify.notices.letters import markup
from orbweaver.notify.notices.letters.languages import words_of
from orbweaver.notify.notices.letters.letter import Finding, Letter, LetterUrl
from orbweaver.notify.notices.letters.wording import Words
from orbweaver.notify.notices.letters.xarf_report import reports_for
from orbweaver.platform.network.domains import for_people
from orbweaver.platform.network.urls import defang

LINE_LIMIT = 900
"""Longest line of the feedback report (SMTP takes 998 bytes); longer URLs stand in the XARF part alone."""

_POLICY = policy.SMTP.clone(max_line_length=76)


@dataclass(frozen=True)
class Composed:
    """A message ready for the outbox, and its parts for a preview. ``raw`` is what travels, to the byte."""

    subject: str
    text: str
    html: str
    reports: list[dict[str, Any]]
    raw: bytes


def compose(letter: Letter) -> Composed:
    """The message of a letter. Raises XarfInvalid when a report cannot be made valid."""
    reports = reports_for(letter)
    line, text, html = texts(letter)
    return Composed(line, text, html, reports, _message(letter, line, text, html, reports).as_bytes())


def compose_parts(first: Letter, parts: Sequence[Letter], reports: list[dict[str, Any]]) -> Composed:
    """One message of several parts, with these reports; ``first`` gives its headers."""
    words = words_of(first.language)
    kinds = {(part.notice_type, part.sub_type) for part in parts}
    routes = {part.route for part in parts}
    is_reminder = all(part.reminder for part in parts)
    more = len(parts[0].all_references) - 1
    line = words.subject(
        kinds.pop() if len(kinds) == 1 else None,
        routes.pop() if len(routes) == 1 else "provider",
        words.joined % (first.reference, more) if more else first.reference,
        sum(len(part.urls) for part in parts),
        max(part.reminder for part in parts) if is_reminder else 0,
        mark=_mark(first, words),
        told_days=max(part.told_days for part in parts),
    )
    marked = "\n".join(_marked(part, words) for part in parts)
    text, html = markup.plain(marked), markup.html(marked, title=line, language=words.language)
    whole = replace(first, urls=tuple(url for part in parts for url in part.urls))
    return Composed(line, text, html, reports, _message(whole, line, text, html, reports).as_bytes())


def texts(letter: Letter) -> tuple[str, str, str]:
    """Subject, plain text and HTML of a letter, in its language."""
    words = words_of(letter.language)
    subject = words.subject(
        (letter.notice_type, letter.sub_type),
        letter.route,
        letter.reference,
        len(letter.urls),
        letter.reminder,
        mark=_mark(letter, words),
        told_days=letter.told_days,
    )
    marked = _marked(letter, words)
    return subject, markup.plain(marked), markup.html(marked, title=subject, language=words.language)


def _marked(letter: Letter, words: Words) -> str:
    written = render_to_string(f"{words.language}/letters/{letter.route}.txt", _context(letter, words))
    return markup.tidy(written, narrow_space=words.narrow_space)


def _mark(letter: Letter, words: Words) -> str:
    return words.trial if letter.trial else words.demonstration if letter.demonstration else ""


def _context(letter: Letter, words: Words) -> dict[str, Any]:
    letter = _on_one_line(letter)
    kind, explained = words.kinds[(letter.notice_type, letter.sub_type)]
    findings = [_shown(finding, words) for finding in letter.findings()]
    return {
        "letter": letter,
        "count": len(letter.urls),
        "kind": kind,
        "kind_explained": explained,
        "findings": findings,
        "duty_note": words.note(letter.duty.note) if letter.duty else "",
        "hosts": sorted({for_people(url.host) for url in letter.urls}),
        # Who moves domains and payments needs to know where, and nothing to recognise a file by.
        "with_hashes": not letter.reduced and letter.route not in ("registrar", "payment"),
        "first_sent": _instant(letter.first_sent_at, words),
        "told_at": _instant(letter.parent_first_sent_at, words),
        "deadline": _instant(letter.deadline_at, words),
        "respond_by": words.instant(letter.respond_by),
        "answer_by": words.instant(letter.deadline_at or letter.respond_by),
        "composed": words.instant(letter.composed_at),
        "hours": words.span(letter.reminder_hours),
        "preserve_for": words.counted(words.days, letter.preservation.days) if letter.preservation else "",
    }


def _on_one_line(letter: Letter) -> Letter:
    """What people typed, without line breaks: a line's beginning has a meaning in the templates."""
    kept = letter.preservation
    return replace(
        letter,
        provider_name=_line(letter.provider_name),
        about=_line(letter.about),
        clause=_line(letter.clause),
        terms_url=_line(letter.terms_url),
        preservation=replace(kept, basis=_line(kept.basis)) if kept else None,
    )


def _line(text: str) -> str:
    return " ".join(text.split())


def _instant(at: dt.datetime | None, words: Words) -> str:
    return words.instant(at) if at else ""


def _shown(finding: Finding, words: Words) -> dict[str, Any]:
    """A finding as the templates show it: URLs defanged, instants in words."""
    band = finding.age_band
    return {
        # The age class has a line of its own.
        "reasons": [words.reason(each) for each in finding.reasons if band is None or each != band.text],
        "age_words": words.ages[band.name] % (band.first, band.last) if band else "",
        "identified": finding.identified,
        "criteria_version": finding.criteria_version,
        "urls": [_shown_url(url, words) for url in finding.urls],
    }


def _shown_url(url: LetterUrl, words: Words) -> dict[str, Any]:
    return {
        **asdict(url),
        "url": defang(url.url),
        "pages": [defang(page) for page in url.pages],
        "seen": words.instant(url.seen_at),
    }


def _message(letter: Letter, line: str, text: str, html: str, reports: list[dict[str, Any]]) -> EmailMessage:
    message = EmailMessage(_POLICY)
    local, _, domain = letter.hotline.contact.rpartition("@")
    message["From"] = Address(letter.hotline.name, local, domain)
    message["Reply-To"] = letter.reply_to or letter.hotline.contact
    message["To"] = letter.to_address
    message["Subject"] = line
    message["Date"] = format_datetime(letter.composed_at)
    message["Message-ID"] = letter.message_id
    if letter.occasion:
        message["In-Reply-To"] = message["References"] = f"<{letter.reference}.0@{letter.hotline.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = letter.language
    body = MIMEPart(_POLICY)
    body.set_content(text, cte="quoted-printable")
    body.add_alternative(html, subtype="html", cte="quoted-printable")
    message["MIME-Version"] = "1.0"
    message["Content-Type"] = 'multipart/report; report-type="feedback-report"'
    machine = [_xarf_part(report, number) for number, report in enumerate(reports, start=1)]
    message.set_payload([body, _feedback_report(letter), *machine])
    _set_boundaries(message, letter.message_id)
    return message


@cache
def _program() -> str:
    """Our name and version, read from the disk once."""
    return f"Orbweaver/{version('orbweaver')}"


def _feedback_report(letter: Letter) -> MIMEPart:
    """RFC 5965, with one Reported-URI a URL; Source-IP may stand once, so only when all share it."""
    fields = [
        ("Feedback-Type", "other"),
        ("User-Agent", _program()),
        ("Version", "1"),
        ("Incidents", str(len(letter.urls))),
    ]
    addresses = {url.address for url in letter.urls}
    if len(addresses) == 1 and None not in addresses:
        fields.append(("Source-IP", str(addresses.pop())))
    fields += [("Reported-Domain", host) for host in sorted({url.host for url in letter.urls})]
    fields += [("Reported-URI", url.url) for url in letter.urls if len(url.url) <= LINE_LIMIT]
    part = MIMEPart(_POLICY)
    part["Content-Type"] = "message/feedback-report"
    part["Content-Transfer-Encoding"] = "7bit"
    # As text, not as headers: folding would put line breaks and encoded words into a URL.
    part.set_payload("".join(f"{name}: {value}\r\n" for name, value in fields))
    return part


def _xarf_part(report: dict[str, Any], number: int) -> MIMEPart:
    part = MIMEPart(_POLICY)
    data = json.dumps(report, ensure_ascii=True, indent=2).encode()
    part.set_content(data, maintype="application", subtype="json", filename=f"xarf-{number}.json")
    return part


def _set_boundaries(message: EmailMessage, seed: str) -> None:
    """Boundaries from the Message-ID instead of chance, so that what was previewed is what is stored."""
    containers = [part for part in message.walk() if part.is_multipart() and part.get_content_maintype() == "multipart"]
    for depth, part in enumerate(containers):
        part.set_boundary("=_" + hashlib.sha256(f"{seed}/{depth}".encode()).hexdigest()[:40])
