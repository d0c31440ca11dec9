"""NCMEC's hash sharing, version 2.

Entries come in no order of time, so only a range that was read to its end is done with. Within one, pages follow a
cursor, which the exchange keeps for some hours.
"""

from __future__ import annotations

import base64
import datetime as dt
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from orbweaver.detect.exchanges.errors import ExchangeFailed
from orbweaver.detect.exchanges.messages import NOT_A_PAGE, NOT_TAKEN_THERE, REASON_NEEDED
from orbweaver.detect.exchanges.protocols.ncmec_xml import NAMESPACE, page_of, reasons_of
from orbweaver.detect.exchanges.protocols.protocol import About, Page

if TYPE_CHECKING:
    from orbweaver.detect.exchanges.calls import Calls

BEHIND: Final = dt.timedelta(seconds=5)
"""What is younger is left for the next time: entries of one second come over some time."""
CURSOR_LASTS: Final = dt.timedelta(hours=12)
STAMP: Final = "%Y-%m-%dT%H:%M:%SZ"
FIRST: Final = "1970-01-01T00:00:00Z"
TYPES: Final = {"md5": "MD5", "sha1": "SHA1", "photodna": "PDNA", "pdq": "PDQ"}
_GONE: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.GONE})


class Ncmec:
    """A checkpoint holds ``from``, the start of the range; within one also ``to``, ``next`` and when that came."""

    name = "ncmec"
    title = "NCMEC hash sharing"
    secrets = ("username", "password")
    feedback_kinds = tuple(TYPES)
    takes_verdicts = False
    addresses: Mapping[str, str] = {
        "industry": "https://report.cybertip.org/hashsharing",
        "industry-exploitative": "https://report.cybertip.org/exploitative-hashsharing",
        "law-enforcement": "https://lesp.ncmec.org/csam-hashsharing",
        "ngo": "https://hashsharing.ncmec.org/npo",
        "exploitative": "https://hashsharing.ncmec.org/exploitative",
        "ngo-generative-ai": "https://hashsharing.ncmec.org/generative-ai-csam",
        "ngo-generative-ai-exploitative": "https://hashsharing.ncmec.org/generative-ai-exploitative",
        "test-industry": "https://exttest.cybertip.org/hashsharing",
        "test-industry-exploitative": "https://exttest.cybertip.org/exploitative-hashsharing",
        "test-law-enforcement": "https://betalesp.ncmec.org/csam-hashsharing",
        "test-ngo": "https://hashsharing-test.ncmec.org/npo",
        "test-exploitative": "https://hashsharing-test.ncmec.org/exploitative",
        "test-ngo-generative-ai": "https://hashsharing-test.ncmec.org/generative-ai-csam",
        "test-ngo-generative-ai-exploitative": "https://hashsharing-test.ncmec.org/generative-ai-exploitative",
    }

    def pages(
        self, calls: Calls, secrets: Mapping[str, str], checkpoint: Mapping[str, Any], moment: dt.datetime
    ) -> Iterator[Page]:
        """Range after range, until the moment."""
        headers, until = _headers(secrets), moment - BEHIND
        since, to, cursor = _where(checkpoint, moment, until)
        while since < to:
            try:
                found = page_of(calls.get(cursor or "/v2/entries", headers, {} if cursor else _range(since, to)))
            except ExchangeFailed as error:
                if not cursor or error.status not in _GONE:
                    raise
                to, cursor = _shorter(since, to), ""
                continue
            if found.next:
                _require_onward(calls, cursor, found.next)
            cursor = found.next
            if cursor:
                checkpoint = {**_range(since, to), "next": cursor, "given": moment.strftime(STAMP)}
            else:
                checkpoint = {"from": to.strftime(STAMP)}
            yield Page(found.stated, checkpoint, bool(cursor) or to < until, found.refused)
            if not cursor:
                since, to = to, until

    def give(self, calls: Calls, secrets: Mapping[str, str], about: About) -> None:
        """Put it beside the entry; a dispute needs one of the exchange's own reasons."""
        if about.kind not in TYPES or not about.supplier_id:
            raise ExchangeFailed(NOT_TAKEN_THERE, status=HTTPStatus.NOT_FOUND)
        headers, kind = _headers(secrets), TYPES[about.kind]
        submission = ET.Element("feedbackSubmission", xmlns=NAMESPACE)
        if about.confirms:
            ET.SubElement(submission, "affirmative")
        else:
            reasons = ET.SubElement(ET.SubElement(submission, "negative"), "reasonIds")
            known = reasons_of(calls.get(f"/v2/feedback/{kind}/reasons", headers))
            ET.SubElement(reasons, "guid").text = _reason(known, about.reason)
        path = f"/v2/entries/{_segment(about.member)}/{_segment(about.supplier_id)}/{kind}/feedback"
        calls.send("PUT", path, headers | {"Content-Type": "application/xml; charset=utf-8"}, ET.tostring(submission))


def _where(
    checkpoint: Mapping[str, Any], moment: dt.datetime, until: dt.datetime
) -> tuple[dt.datetime, dt.datetime, str]:
    """Start and end of the range, and the cursor within it, which may be too old."""
    since = _time(checkpoint.get("from", FIRST))
    if "next" not in checkpoint:
        return since, until, ""
    to, cursor = _time(checkpoint["to"]), str(checkpoint["next"])
    if moment - _time(checkpoint["given"]) <= CURSOR_LASTS:
        return since, to, cursor
    return since, _shorter(since, to), ""


def _require_onward(calls: Calls, cursor: str, following: str) -> None:
    """A page whose next one cannot be asked for, or is itself, is not taken: its cursor would be kept, and the exchange
    stuck with it. Raises ExchangeFailed."""
    calls.require_own(following)
    if following == cursor:
        raise ExchangeFailed(NOT_A_PAGE)


def _range(since: dt.datetime, to: dt.datetime) -> dict[str, str]:
    return {"from": since.strftime(STAMP), "to": to.strftime(STAMP)}


def _shorter(since: dt.datetime, to: dt.datetime) -> dt.datetime:
    """The end of a shorter range, where one was too long to be read to its end before its cursor was gone."""
    return max((since + (to - since) / 4).replace(microsecond=0), since + dt.timedelta(seconds=1))


def _reason(known: Mapping[str, str], wanted: str) -> str:
    """The number of a reason by its name; the only one there is, whatever is wanted. Raises ExchangeFailed."""
    if len(known) == 1:
        return next(iter(known))
    found = next((guid for guid, name in known.items() if name.casefold() == wanted.strip().casefold()), None)
    if found is None:
        raise ExchangeFailed(REASON_NEEDED.of(known=", ".join(known.values())), status=HTTPStatus.BAD_REQUEST)
    return found


def _headers(secrets: Mapping[str, str]) -> dict[str, str]:
    both = f"{secrets['username']}:{secrets['password']}"
    return {"Authorization": "Basic " + base64.b64encode(both.encode()).decode(), "Accept": "application/xml"}


def _segment(text: str) -> str:
    return quote(text, safe="")


def _time(text: str) -> dt.datetime:
    return dt.datetime.strptime(text, STAMP).replace(tzinfo=dt.UTC)


PROTOCOL = Ncmec()
