"""A server that speaks as the public client SCART asks and behaves badly: what of it is taken in all the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.integration.conftest import SetConfig
from tests.integration.detect.exchanges.exchange_conformance import LATER, NOW, pull
from tests.integration.detect.exchanges.faulty import Faulty, Request, faulty

from orbweaver.detect.exchanges import calls as calling
from orbweaver.detect.exchanges import pulling, services
from orbweaver.detect.exchanges.errors import ExchangeFailed
from orbweaver.detect.exchanges.models import Exchange
from orbweaver.detect.exchanges.protocols import iccam
from orbweaver.detect.intake.models import ExchangedReport, Report

pytestmark = pytest.mark.django_db
Answered = tuple[int, str, bytes]


def said(found: object, status: int = 200) -> Answered:
    return status, "application/json", json.dumps(found).encode()


@dataclass
class Scart:
    """What SCART's import asks of version 3, from ``no-reference`` to ``hotline-reference``."""

    contents: dict[int, Any] = field(default_factory=dict)
    """What it answers of each; an ``int`` is a status, bytes are a body."""
    size: int = 200
    references: dict[int, str] = field(default_factory=dict)
    not_noted: set[int] = field(default_factory=set)
    no_reports: bool = False
    invents: int = 0
    """So many new ones with each list."""
    asked: list[int] = field(default_factory=list)

    def assign(self, *numbers: int, **more: Any) -> None:
        for number in numbers:
            url = {"urlString": f"https://images.example/{number}.png", "isSourceUrl": True}
            self.contents[number] = {"contentId": number, "reportId": 7, "url": url, "memo": None} | more

    def answer(self, asked: Request) -> Answered:
        *_, kind, last = asked.path.split("/")
        if last == "Authentication":
            return said({"bearerToken": "t", "refreshToken": "r"})
        if last == "no-reference":
            return self._list()
        if last == "hotline-reference":
            return self._note(int(kind), asked.query["reference"])
        if kind == "Reports":
            return said({}, 500) if self.no_reports else said({"memo": "of the report", "reportingHotlineId": 31})
        self.asked.append(int(last))
        found = self.contents[int(last)]
        if isinstance(found, bytes):
            return 200, "application/json", found
        return said({}, found) if isinstance(found, int) else said(found)

    def _list(self) -> Answered:
        if self.invents:
            if len(self.asked) > 1_000:
                return said({}, 401)  # so that a test ends
            first = max(self.contents, default=0) + 1
            self.assign(*range(first, first + self.invents))
        waiting = [each for each in self.contents if each not in self.references]
        return said([{"contentId": each, "reportId": 7} for each in waiting[: self.size]])

    def _note(self, number: int, reference: str) -> Answered:
        if number in self.not_noted:
            return said({}, 409)
        self.references[number] = reference
        return said(None)


@pytest.fixture(autouse=True)
def _alone(set_config: SetConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_config(network_allow="127.0.0.1:*", data_dir=tmp_path / "data")
    monkeypatch.setattr(calling, "PAUSES_S", (0.0,))


@pytest.fixture
def scart() -> Scart:
    return Scart()


@pytest.fixture
def host(scart: Scart) -> Iterator[Faulty]:
    with faulty(scart.answer) as made:
        yield made


@pytest.fixture
def exchange(host: Faulty) -> Exchange:
    return services.add_exchange(
        "ICCAM",
        protocol="iccam",
        address=host.address,
        supplier="INHOPE",
        list_name="ICCAM",
        every_minutes=60,
        secrets={"username": "u", "password": "p"},
        by=None,
        now=NOW,
    )


def came() -> list[int]:
    return sorted(int(each.number) for each in ExchangedReport.objects.all())


def test_one_that_invents_new_ones_without_end_has_an_end_in_each_pull_and_goes_on_in_the_next(
    scart: Scart, exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(iccam, "MOST_A_PULL", 25, raising=False)
    scart.invents = 10
    assert pull(exchange, NOW).taken == 25
    exchange.refresh_from_db()
    assert (exchange.failures, exchange.checkpoint) == (0, {})
    assert pull(exchange, LATER).taken == 25


def test_its_bound_is_that_of_a_pull_however_many_turns_it_takes(
    scart: Scart, exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(iccam, "MOST_A_PULL", 25, raising=False)
    scart.invents, scart.size = 10, 10
    for _ in range(9):
        run = pulling.pull(exchange, NOW, for_s=0.0)
        if run.ended_at is not None:
            break
    assert (run.taken, len(scart.asked)) == (25, 25)


@pytest.mark.sweep
def test_a_list_longer_than_was_asked_for_is_written_in_parts(
    scart: Scart, exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(iccam, "PAGE_SIZE", 10)
    scart.size = 10_000
    scart.assign(*range(1, 46))
    scart.contents[43] = 401  # it ends there: what came before has to be kept
    with pytest.raises(ExchangeFailed):
        pull(exchange, NOW)
    assert len(came()) == 40


@pytest.mark.parametrize("broken", [500, 404, b'{"contentId": 2, "url', b"[]", b"", b"null"])
def test_one_that_cannot_be_read_keeps_none_of_the_others_away(scart: Scart, exchange: Exchange, broken: Any) -> None:
    scart.assign(1, 3, 4)
    scart.contents = {2: broken, **scart.contents}
    with pytest.raises(ExchangeFailed):
        pull(exchange, NOW)  # it is said once, and tried again soon
    assert came() == [1, 3, 4]
    scart.assign(5)
    pull(exchange, LATER)
    exchange.refresh_from_db()
    assert (came(), exchange.failures) == ([1, 3, 4, 5], 0)
    scart.assign(2)
    pull(exchange, LATER)
    assert (came(), len(scart.references)) == ([1, 2, 3, 4, 5], 5)


def test_many_that_fail_one_after_the_other_end_the_pull_and_are_the_last_that_the_next_asks_for(
    scart: Scart, exchange: Exchange
) -> None:
    scart.contents = dict.fromkeys(range(1, 41), 500)
    scart.assign(41, 42)
    for _ in range(20):
        try:
            pull(exchange, NOW)
        except ExchangeFailed:
            assert len(scart.asked) < 30, "nobody waits for forty"
        scart.asked.clear()
        if came() == [41, 42]:
            break
    assert came() == [41, 42]


def test_a_whole_list_of_unusable_addresses_hides_nothing(scart: Scart, exchange: Exchange) -> None:
    scart.size = 3
    scart.assign(1, 2, 3, url={"urlString": "ftp://images.example/1"})
    scart.assign(4, 5)
    run = pull(exchange, NOW)
    assert (came(), run.refused) == ([4, 5], 3)
    assert scart.references == {
        **{each: f"orbweaver-unusable-{each}" for each in (1, 2, 3)},
        **{each: f"orbweaver-{each}" for each in (4, 5)},
    }
    assert pull(exchange, LATER).refused == 0


@pytest.mark.parametrize("url", ["https://images.example/a\0b", "https://images.example/\ud800", "\0", 5, None, []])
def test_an_address_that_cannot_be_kept_ends_nothing(scart: Scart, exchange: Exchange, url: Any) -> None:
    scart.assign(1, url={"urlString": url})
    scart.assign(2)
    assert pull(exchange, NOW).refused == 1
    assert came() == [2]


def test_one_whose_reference_is_not_noted_keeps_it_from_no_other(scart: Scart, exchange: Exchange) -> None:
    scart.assign(1, 2, 3)
    scart.not_noted = {1}
    with pytest.raises(ExchangeFailed):
        pull(exchange, NOW)
    assert set(scart.references) == {2, 3}
    pull(exchange, LATER)
    exchange.refresh_from_db()
    assert (exchange.failures, came(), Report.objects.count()) == (0, [1, 2, 3], 3)


def test_an_address_whose_report_cannot_be_read_is_taken_in(scart: Scart, exchange: Exchange) -> None:
    scart.no_reports = True
    scart.assign(1, memo="of its own")
    scart.assign(2)
    pull(exchange, NOW)
    assert [each.comment for each in Report.objects.order_by("url")] == ["of its own", ""]


@pytest.mark.parametrize(
    "assessments",
    [["theirs"], [None], {"0": 1}, 7, [{}], [{"classification": []}], [{"classification": "1" * 9_000}]],
)
def test_an_address_is_looked_at_whatever_stands_in_its_assessment(
    scart: Scart, exchange: Exchange, assessments: Any
) -> None:
    scart.assign(1, assessments=assessments)
    pull(exchange, NOW)
    assert ExchangedReport.objects.get().verdict == {}
    assert scart.references == {1: "orbweaver-1"}


def test_words_that_no_database_keeps_are_kept_without_them(scart: Scart, exchange: Exchange) -> None:
    date = "2026-11-20T10:00:00Z\0"
    scart.assign(1, memo="a\0\ud800b", assessments=[{"classification": 1, "assessmentDate": date, "x\0": "\ud800"}])
    pull(exchange, NOW)
    kept = ExchangedReport.objects.get()
    assert (kept.report.comment, kept.verdict["outcome"]) == ("a?b", "remove")


def test_a_token_that_ends_in_the_middle_ends_the_pull_and_the_next_goes_on(
    scart: Scart, exchange: Exchange, host: Faulty
) -> None:
    scart.size = 2
    scart.assign(1, 2, 3, 4)
    host.faults = [None] * 7 + [401]
    with pytest.raises(ExchangeFailed, match="does not accept"):
        pull(exchange, NOW)
    assert came() == [1, 2]
    pull(exchange, LATER)
    assert came() == [1, 2, 3, 4]


def test_its_token_goes_to_no_other_host(scart: Scart, exchange: Exchange, host: Faulty) -> None:
    with faulty(lambda asked: said({})) as other:
        scart.assign(1, 2)
        host.faults = [None, None, (302, {"Location": other.address + "/rest/Content/1"})]
        with pytest.raises(ExchangeFailed):
            pull(exchange, NOW)
        assert other.requests == []
    assert came() == [2]
