"""The machine-readable part: one XARF v4.2 report for each URL, checked by the ``xarf`` library before it is queued.

``csam`` fits what is prepubescent, pubescent or Interpol baseline; all else goes as ``csem`` with ``custom:`` tags,
because XARF has no slot for it. Hashes and reference numbers only, never a picture.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from typing import Any

from orbweaver.assess.criteria import AgeClass, NoticeType
from orbweaver.notify.notices.errors import XarfInvalid
from orbweaver.notify.notices.letters.letter import Letter, LetterUrl
from orbweaver.notify.notices.messages import XARF_ADDRESS, XARF_MISFIT
from orbweaver.notify.notices.rules import xarf_classification

XARF_VERSION = "4.2.0"

_VICTIM_AGE = {AgeClass.PREPUBESCENT: "prepubescent", AgeClass.PUBESCENT: "pubescent"}
"""XARF knows no class for 13 to 17; "unknown" is the nearest true word, and a tag says the rest."""


def reports_for(letter: Letter) -> list[dict[str, Any]]:
    """A valid report for each URL of the letter. Raises XarfInvalid, naming fields but never values."""
    return [_checked(_report(letter, url)) for url in letter.urls]


def _report(letter: Letter, url: LetterUrl) -> dict[str, Any]:
    party = {"org": letter.hotline.name, "contact": letter.hotline.contact, "domain": letter.hotline.domain}
    report: dict[str, Any] = {
        "xarf_version": XARF_VERSION,
        "report_id": _report_id(letter, url),
        "timestamp": _instant(url.seen_at),
        "reporter": party,
        "sender": party,
        "source_identifier": url.address or url.host,
        "category": "content",
        "url": url.url,
        "verified_at": _instant(url.seen_at),
        "verification_method": "manual",
        "evidence_source": "crawler" if url.detection == "hash_match" else "user_report",
        "description": f"Notice {letter.reference}, address {url.number}. Please remove without delay.",
    }
    classification = _classification(letter, url)
    report |= _csam(url, classification) if classification else _csem(letter, url)
    if url.identified and not letter.reduced:
        # XARF has no field for what police know of a victim
        report["tags"] = [*report.get("tags", []), "custom:child-identified-by-law-enforcement"]
    if letter.demonstration or letter.trial:
        report["tags"] = [*report.get("tags", []), "lifecycle:test"]
    return report


def _classification(letter: Letter, url: LetterUrl) -> str | None:
    # A complicit provider learns neither the age class nor what police lists hold (R39).
    if letter.reduced or letter.notice_type != NoticeType.CSAM:
        return None
    return xarf_classification(baseline=url.baseline, age_class=url.age_class, act=url.act)


def _csam(url: LetterUrl, classification: str) -> dict[str, Any]:
    return {
        "type": "csam",
        "classification": classification,
        "detection_method": url.detection,
        "media_type": _media_type(url),
        "hash_values": {"sha256": url.sha256, "sha1": url.sha1, "md5": url.md5},
    }


def _csem(letter: Letter, url: LetterUrl) -> dict[str, Any]:
    tags = [f"custom:{letter.notice_type}"]
    if letter.sub_type:
        tags.append(f"custom:sub-type-{letter.sub_type}")
    report: dict[str, Any] = {
        "type": "csem",
        "exploitation_type": "distribution",
        "detection_method": "manual_review",
        "evidence_type": ["videos" if _media_type(url) == "video" else "images"],
    }
    if not letter.reduced:
        report["victim_age_range"] = _VICTIM_AGE.get(AgeClass(url.age_class), "unknown")
        tags.append(f"custom:age-{url.age_class}")
        # csem has no field for hashes; a namespaced tag carries each within the schema
        tags += [f"{kind}:{value}" for kind, value in _hashes(url)]
    report["tags"] = tags
    return report


def _hashes(url: LetterUrl) -> list[tuple[str, str]]:
    pairs = [("sha256", url.sha256), ("sha1", url.sha1), ("md5", url.md5)]
    return [(kind, value) for kind, value in pairs if value]


def _media_type(url: LetterUrl) -> str:
    return "video" if url.mime.startswith("video/") else "image"


def _report_id(letter: Letter, url: LetterUrl) -> str:
    """A UUID that is the same whenever this occasion is composed: one incident is one report, and a reminder is new."""
    digest = hashlib.sha256(f"{letter.message_id}\n{url.url}\n{url.sha256}".encode()).digest()
    return str(uuid.UUID(bytes=digest[:16], version=4))


def _instant(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _checked(report: dict[str, Any]) -> dict[str, Any]:
    import xarf  # takes a third of a second to load, and few of those that import this write reports

    result = xarf.parse(report)
    fields = sorted({error.field or "report" for error in result.errors} | {each.field for each in result.warnings})
    if fields or result.report is None:
        raise XarfInvalid(XARF_MISFIT.of(version=str(XARF_VERSION), fields=", ".join(fields) or "its type is unknown"))
    url: str = report["url"]
    if not url.isascii() or not url.isprintable() or " " in url:
        raise XarfInvalid(XARF_ADDRESS)
    return report
