"""What NCMEC's CyberTipline reads and answers, as XML. Pure.

After its public documentation and public clients; its schema comes with an account, so that a report has to be tried at
NCMEC's test address before the first real one. The order of elements is part of the schema. Nothing is said of the kind
of act (``industryClassification``), since verdicts hold no such thing.
"""

from __future__ import annotations

import datetime as dt
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from orbweaver.detect.exchanges.errors import ExchangeFailed
from orbweaver.detect.exchanges.protocols.ncmec_xml import root_of
from orbweaver.notify.police.messages import NOT_AN_ANSWER

DONE: Final = 0
NO_SUCH_REPORT: Final = 5001
FINISHED_BEFORE: Final = 5102
OF_THE_REPORT: Final = range(4000, 5000)
"""What is wrong with what was said: saying it again is no use."""
INCIDENT: Final = "Child Pornography (possession, manufacture, and distribution)"
"""Their name for it; a fixed word of the schema."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a report says. ``why_urgent`` is empty where nothing is."""

    number: str
    """Ours, of the referral."""
    seen_at: dt.datetime
    urls: Sequence[str]
    hotline: str
    mail: str
    why_urgent: str
    words: str


@dataclass(frozen=True, slots=True)
class File:
    """What is said of the picture or video."""

    name: str
    url: str
    viewed: bool
    self_generated: bool
    live_stream: bool
    sha256: str
    md5: str


@dataclass(frozen=True, slots=True)
class Answer:
    """``code`` is DONE or says what is wrong, ``words`` in words; the rest where it is given."""

    code: int
    words: str = ""
    report: str = ""
    file: str = ""
    md5: str = ""


def report_xml(told: Told) -> bytes:
    """The document that opens a report."""
    root = ET.Element("report")
    summary = ET.SubElement(root, "incidentSummary")
    _say(summary, "incidentType", INCIDENT)
    if told.why_urgent:
        _say(summary, "escalateToHighPriority", told.why_urgent[:3000])
    _say(summary, "incidentDateTime", told.seen_at.astimezone(dt.UTC).isoformat(timespec="seconds"))
    if told.urls:
        page = ET.SubElement(ET.SubElement(root, "internetDetails"), "webPageIncident", thirdPartyHostedContent="true")
        for url in told.urls:
            _say(page, "url", url)
    person = ET.SubElement(ET.SubElement(root, "reporter"), "reportingPerson")
    _say(person, "lastName", told.hotline)
    _say(person, "email", told.mail)
    _say(root, "additionalInfo", f"{told.number}. {told.words}".strip())
    return _written(root)


def file_xml(report: str, file: str, said: File) -> bytes:
    """The document about a file that was uploaded."""
    root = ET.Element("fileDetails")
    _say(root, "reportId", report)
    _say(root, "fileId", file)
    _say(root, "originalFileName", said.name)
    if said.url:
        _say(root, "locationOfFile", said.url)
    _say(root, "fileViewedByEsp", "true" if said.viewed else "false")
    _say(root, "publiclyAvailable", "true")
    _say(root, "fileRelevance", "Reported")
    if said.self_generated or said.live_stream:
        annotations = ET.SubElement(root, "fileAnnotations")
        if said.self_generated:
            ET.SubElement(annotations, "possibleSelfProduction")
        if said.live_stream:
            ET.SubElement(annotations, "liveStreaming")
    for kind, digest in (("MD5", said.md5), ("SHA256", said.sha256)):
        ET.SubElement(root, "originalFileHash", hashType=kind).text = digest
    return _written(root)


def read_answer(body: bytes) -> Answer:
    """What they answered. Raises ExchangeFailed for what is no answer of theirs."""
    root = root_of(body)
    found = {each.tag: (each.text or "").strip() for each in root}
    code = found.get("responseCode", "")
    if root.tag not in ("reportResponse", "reportDoneResponse") or not code.isdecimal():
        raise ExchangeFailed(NOT_AN_ANSWER)
    return Answer(
        int(code),
        found.get("responseDescription", ""),
        found.get("reportId", ""),
        found.get("fileId", ""),
        found.get("hash", ""),
    )


def _say(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = "".join(each for each in text if each >= " " or each in "\t\n")


def _written(root: ET.Element) -> bytes:
    text: str = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode()
