"""Messages as they may be shown: word for word, except that no address on screen can be opened or answered with."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from email import message_from_bytes, policy

from orbweaver.notify.notices.letters.tokens import PATH
from orbweaver.notify.notices.services import NoticePreview
from orbweaver.platform.network.urls import defang

REPORTS_SHOWN = 3
HEADERS = ("From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Auto-Submitted", "Content-Type")

_URL = re.compile(r"https?://[^\s\"<>]+")
_ANSWER = re.compile(re.escape(PATH) + r"[^\s\"<>]+")


@dataclass(frozen=True)
class ShownMessage:
    """A message for the screen: ``headers`` as name and value, ``reports`` as JSON texts of the first few."""

    provider: str
    address: str
    held_reason: str
    urls: int
    subject: str
    headers: list[tuple[str, str]]
    text: str
    reports: list[str]
    reports_left: int
    has_html: bool


def safe(text: str) -> str:
    """The text with addresses defanged and the link for answers cut: who holds it may answer for the provider."""
    return _URL.sub(lambda found: defang(found[0]), _ANSWER.sub(f"{PATH}…", text))


def shown(preview: NoticePreview) -> ShownMessage:
    """A preview, ready for the screen."""
    reports = [safe(json.dumps(report, indent=2, ensure_ascii=False)) for report in preview.reports[:REPORTS_SHOWN]]
    return ShownMessage(
        provider=preview.provider,
        address=preview.address,
        held_reason=preview.held_reason,
        urls=preview.urls,
        subject=preview.subject,
        headers=_headers(preview.raw),
        text=safe(preview.text).strip(),
        reports=reports,
        reports_left=len(preview.reports) - len(reports),
        has_html=bool(preview.html),
    )


def _headers(raw: bytes) -> list[tuple[str, str]]:
    if not raw:
        return []
    parsed = message_from_bytes(raw, policy=policy.default)
    return [(name, str(parsed[name])) for name in HEADERS if parsed[name] is not None]
