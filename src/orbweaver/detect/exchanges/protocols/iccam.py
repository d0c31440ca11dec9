"""ICCAM, by which INHOPE's hotlines hand reports to one another: addresses that are assigned to this hotline.

Its documentation is under agreement. What is asked follows a public client that hotlines use, of version 3: AbuseIO's
SCART (``POST Authentication`` gives a bearer token; ``GET rest/Content/no-reference`` lists what is assigned to a
hotline and has no number of its own yet; ``GET rest/Content/{id}`` and ``GET rest/Reports/{id}`` have the rest; ``PUT
rest/Content/{id}/hotline-reference`` says that it was taken). It was tried against a server of our own tests alone,
never against ICCAM.

It hands out addresses and no hashes. What the other hotline said of one is kept beside it and shown once one's own
answer is in; of several assessments the last counts, as INHOPE told SCART's authors. The list has no order that could
be relied on and no cursor: what is written gets our reference, and is in the next list no more. What is taken in twice,
as after a kill between the two, is known by its number.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from orbweaver.detect.exchanges.errors import ExchangeFailed
from orbweaver.detect.exchanges.json_pages import list_of, object_of
from orbweaver.detect.exchanges.messages import NOT_A_PAGE, NOT_TAKEN_THERE
from orbweaver.detect.exchanges.protocols.protocol import About, Page, Reported, storable
from orbweaver.platform.network.urls import InvalidUrl, parse

if TYPE_CHECKING:
    import datetime as dt

    from orbweaver.detect.exchanges.calls import Calls

PAGE_SIZE: Final = 200
"""The most that it gives at once."""
MOST_WORDS: Final = 2_000
"""Characters of a memo."""
WORDS: Final[Mapping[int, str]] = {1: "baseline", 2: "illegal by national law", 4: "not illegal"}
"""Of its classifications."""
CSAM: Final = (1, 2)
_UNUSABLE: Final = (InvalidUrl, ValueError, TypeError, KeyError, AttributeError)


class Iccam:
    """It needs no checkpoint: what has our reference is not given again."""

    name = "iccam"
    title = "ICCAM"
    secrets = ("username", "password")
    feedback_kinds: tuple[str, ...] = ()
    takes_verdicts = False
    addresses: Mapping[str, str] = {}

    def pages(
        self, calls: Calls, secrets: Mapping[str, str], checkpoint: Mapping[str, Any], moment: dt.datetime
    ) -> Iterator[Page]:
        """List after list, until one has nothing that was not seen before."""
        headers = _signed_in(calls, secrets)
        reports: dict[int, dict[str, Any]] = {}
        seen: set[int] = set()
        while True:
            listed = list_of(calls.get("/rest/Content/no-reference", headers, {"maxResults": str(PAGE_SIZE)}))
            numbers = list(dict.fromkeys(number for each in listed if (number := _number(each)) is not None))
            new = [each for each in numbers if each not in seen]
            if not new:
                return
            seen.update(new)
            found: dict[int, Reported] = {}
            for number in new:
                content = object_of(calls.get(f"/rest/Content/{number}", headers))
                try:
                    found[number] = _reported(number, content, _report(calls, headers, content, reports))
                except _UNUSABLE:
                    continue
            yield Page([], {}, True, len(new) - len(found), tuple(found.values()))
            for number in found:
                reference = urlencode({"reference": f"orbweaver-{number}"})
                calls.send("PUT", f"/rest/Content/{number}/hotline-reference?{reference}", headers, b"")

    def give(self, calls: Calls, secrets: Mapping[str, str], about: About) -> None:
        """It takes no word on a hash."""
        raise ExchangeFailed(NOT_TAKEN_THERE, status=404)


def _signed_in(calls: Calls, secrets: Mapping[str, str]) -> dict[str, str]:
    body = json.dumps({"username": secrets["username"], "password": secrets["password"]}).encode()
    answer = object_of(calls.send("POST", "/Authentication", {"Content-Type": "application/json"}, body))
    token = answer.get("bearerToken")
    if not isinstance(token, str) or not token.isascii() or not token.isprintable():
        raise ExchangeFailed(NOT_A_PAGE)
    return {"Authorization": f"Bearer {token}", "Accept": "application/json"}


def _number(row: Any) -> int | None:
    number = row.get("contentId") if isinstance(row, dict) else None
    return number if isinstance(number, int) and not isinstance(number, bool) and 0 < number < 2**63 else None


def _report(
    calls: Calls, headers: Mapping[str, str], content: Mapping[str, Any], known: dict[int, dict[str, Any]]
) -> dict[str, Any]:
    """The report that an address belongs to, asked for once; nothing where it names none."""
    number = content.get("reportId")
    if not isinstance(number, int) or isinstance(number, bool):
        return {}
    if number not in known:
        known[number] = object_of(calls.get(f"/rest/Reports/{number}", headers))
    return known[number]


def _reported(number: int, content: Mapping[str, Any], report: Mapping[str, Any]) -> Reported:
    """One address. Raises InvalidUrl, or what Python raises where it is another shape."""
    url = content["url"]["urlString"]
    parse(url)
    memo = content.get("memo") or report.get("memo") or ""
    by = report.get("reportingHotlineId")
    assessments = content.get("assessments") or []
    verdict = _verdict(assessments[-1], "ICCAM" if by is None else f"ICCAM, hotline {by}") if assessments else {}
    return Reported(str(number), url, storable(str(memo), MOST_WORDS), verdict)


def _verdict(assessment: Mapping[str, Any], by: str) -> dict[str, Any]:
    """As ``exchanges.verdicts`` has it. Not illegal there is no verdict under criteria: it may be harmful."""
    code = assessment["classification"]
    said = {"outcome": "remove", "category": "csam"} if code in CSAM else {}
    at = assessment.get("assessmentDate")
    return {
        "by": by,
        **said,
        "criteria": {"version": f"ICCAM: {WORDS.get(code, code)}"},
        "decided_at": at if isinstance(at, str) else None,
        "iccam": {name: value for name, value in assessment.items() if isinstance(value, int | str)},
    }


PROTOCOL = Iccam()
