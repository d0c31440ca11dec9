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

It may answer whatever it likes. An address that cannot be used gets a reference that says so, or a list full of them
would hide what comes after. One that fails is said once and then asked for after all others: it ends no pull for ever.
A pull asks for so many and no more, however many there are.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import suppress
from http import HTTPStatus
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
MOST_A_PULL: Final = 2_000
"""Addresses of one pull, so that nobody fills the queue by inventing new ones."""
MOST_IN_A_ROW: Final = 3
"""That fail one after the other: then it is not about one address."""
MOST_FAILING: Final = 1_000
"""That are kept as failing, to be asked for last."""
MOST_WORDS: Final = 2_000
"""Characters of a memo."""
WORDS: Final[Mapping[int, str]] = {1: "baseline", 2: "illegal by national law", 4: "not illegal"}
"""Of its classifications."""
CSAM: Final = (1, 2)
_OF_ALL: Final = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS)
"""Answers that are about no single address."""
_UNUSABLE: Final = (InvalidUrl, ValueError, TypeError, LookupError, AttributeError)
logger = logging.getLogger(__name__)


class Iccam:
    """Its checkpoint is what failed, and how many this pull asked for: what has our reference is not given again."""

    name = "iccam"
    title = "ICCAM"
    secrets = ("username", "password")
    feedback_kinds: tuple[str, ...] = ()
    takes_verdicts = False
    addresses: Mapping[str, str] = {}

    def pages(
        self, calls: Calls, secrets: Mapping[str, str], checkpoint: Mapping[str, Any], moment: dt.datetime
    ) -> Iterator[Page]:
        """List after list, until one has nothing that was not seen before, or the pull has asked for its most."""
        yield from _Pull(calls, _signed_in(calls, secrets), checkpoint).pages()

    def give(self, calls: Calls, secrets: Mapping[str, str], about: About) -> None:
        """It takes no word on a hash."""
        raise ExchangeFailed(NOT_TAKEN_THERE, status=404)


class _Pull:
    """One pull, or what is left of it."""

    def __init__(self, calls: Calls, headers: Mapping[str, str], checkpoint: Mapping[str, Any]) -> None:
        self._calls, self._headers = calls, headers
        self._asked: int = checkpoint.get("asked", 0)
        self._failed_before = {number: place for place, number in enumerate(checkpoint.get("failing", ()))}
        self._failed: dict[int, None] = {}
        self._in_a_row = 0
        self._problem: ExchangeFailed | None = None
        self._seen: set[int] = set()
        self._tried: set[int] = set()
        self._reports: dict[int, dict[str, Any]] = {}

    def pages(self) -> Iterator[Page]:
        """One for each list. Raises ExchangeFailed at the end where something failed that did not before."""
        while not self._gives_up and (new := self._listed()):
            found, unusable = self._read(new)
            refused = len(unusable) + sum(each in self._failed and each not in self._failed_before for each in new)
            yield Page([], {"asked": self._asked} | self._failing(), True, refused, tuple(found.values()))
            self._in_a_row *= self._gives_up
            for number in found:
                self._refer(number, f"orbweaver-{number}")
            for number in unusable:
                self._refer(number, f"orbweaver-unusable-{number}")
        yield Page([], self._failing(), False)
        if self._problem is not None:
            raise self._problem

    def _listed(self) -> list[int]:
        """Numbers that were not seen, the failing ones last; no more than may be asked for."""
        room = min(PAGE_SIZE, MOST_A_PULL - self._asked)
        if room <= 0:
            return []
        asked_for = {"maxResults": str(PAGE_SIZE)}
        listed = list_of(self._calls.get("/rest/Content/no-reference", self._headers, asked_for))
        numbers = dict.fromkeys(number for each in listed if (number := _number(each)) is not None)
        new = [each for each in numbers if each not in self._seen][:room]
        self._seen.update(new)
        self._asked += len(new)
        return sorted(new, key=lambda number: self._failed_before.get(number, -1))

    def _read(self, numbers: list[int]) -> tuple[dict[int, Reported], list[int]]:
        """What can be used of them by its number, and what cannot; what fails is in neither."""
        found: dict[int, Reported] = {}
        unusable = []
        self._in_a_row = 0
        for number in numbers:
            if self._in_a_row >= MOST_IN_A_ROW:
                break
            self._tried.add(number)
            try:
                content = object_of(self._calls.get(f"/rest/Content/{number}", self._headers))
            except ExchangeFailed as error:
                self._note_failure(number, error)
                continue
            self._in_a_row = 0
            try:
                found[number] = _reported(number, content, self._report(content))
            except _UNUSABLE:
                unusable.append(number)
                logger.warning("ICCAM's content %d has no address that can be used", number)
        return found, unusable

    def _report(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """What is needed of the report that an address belongs to, asked for once; nothing where it names none, or
        where that cannot be read: the address is looked at without."""
        number = _whole(content.get("reportId"))
        if number is None:
            return {}
        if number not in self._reports:
            try:
                report = object_of(self._calls.get(f"/rest/Reports/{number}", self._headers))
            except ExchangeFailed as error:
                _require_of_one(error)
                report = {}
            words, by = report.get("memo") or "", report.get("reportingHotlineId")
            self._reports[number] = {"memo": str(words)[:MOST_WORDS], "reportingHotlineId": _whole(by)}
        return self._reports[number]

    def _refer(self, number: int, reference: str) -> None:
        if self._in_a_row >= MOST_IN_A_ROW:
            return
        path = f"/rest/Content/{number}/hotline-reference?{urlencode({'reference': reference})}"
        try:
            self._calls.send("PUT", path, self._headers, b"")
        except ExchangeFailed as error:
            self._note_failure(number, error)
        else:
            self._in_a_row = 0

    def _note_failure(self, number: int, error: ExchangeFailed) -> None:
        _require_of_one(error)
        self._in_a_row += 1
        self._failed[number] = None
        if number not in self._failed_before:
            self._problem = self._problem or error

    @property
    def _gives_up(self) -> bool:
        """Whether the exchange fails as a whole, as far as can be told."""
        return self._problem is not None and self._in_a_row >= MOST_IN_A_ROW

    def _failing(self) -> dict[str, list[int]]:
        """For the checkpoint: what was not tried again before what failed just now."""
        kept = [each for each in self._failed_before if each not in self._tried]
        failing = [*kept, *self._failed][-MOST_FAILING:]
        return {"failing": failing} if failing else {}


def _require_of_one(error: ExchangeFailed) -> None:
    """Raise what is about no single address."""
    if error.status in _OF_ALL:
        raise error


def _signed_in(calls: Calls, secrets: Mapping[str, str]) -> dict[str, str]:
    body = json.dumps({"username": secrets["username"], "password": secrets["password"]}).encode()
    answer = object_of(calls.send("POST", "/Authentication", {"Content-Type": "application/json"}, body))
    token = answer.get("bearerToken")
    if not isinstance(token, str) or not token.isascii() or not token.isprintable():
        raise ExchangeFailed(NOT_A_PAGE)
    return {"Authorization": f"Bearer {token}", "Accept": "application/json"}


def _number(row: Any) -> int | None:
    return _whole(row.get("contentId")) if isinstance(row, dict) else None


def _whole(number: Any) -> int | None:
    """A number of theirs; None for what is none."""
    return number if isinstance(number, int) and not isinstance(number, bool) and 0 < number < 2**63 else None


def _reported(number: int, content: Mapping[str, Any], report: Mapping[str, Any]) -> Reported:
    """One address. Raises InvalidUrl, or what Python raises where it is another shape."""
    url = content["url"]["urlString"]
    parse(url)
    if storable(url, len(url)) != url:
        raise ValueError("The database cannot keep it")
    memo, by = content.get("memo") or report.get("memo") or "", report.get("reportingHotlineId")
    verdict: dict[str, Any] = {}
    with suppress(*_UNUSABLE):  # the address is looked at without
        verdict = _verdict(content["assessments"][-1], "ICCAM" if by is None else f"ICCAM, hotline {by}")
    return Reported(str(number), url, storable(str(memo), MOST_WORDS), verdict)


def _verdict(assessment: Mapping[str, Any], by: str) -> dict[str, Any]:
    """As ``exchanges.verdicts`` has it. Not illegal there is no verdict under criteria: it may be harmful."""
    code = assessment["classification"]
    if _whole(code) is None:
        return {}
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
