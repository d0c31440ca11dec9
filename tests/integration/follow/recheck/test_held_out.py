"""Checks over real sockets of answers by people who had not read the rules.

``answers.jsonl`` was held out when the rules were made; ``attacks.jsonl`` came later, against what was there then.
Each sixth answer is a sample; all of them, and the share of removals that are found, are a sweep.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .held_out import PAGE, PATH, Hosts, address

if TYPE_CHECKING:
    from orbweaver.detect.media.models import Media
    from orbweaver.follow.recheck.rules import Event

FOLDER = Path(__file__).parents[3] / "fixtures" / "answers" / "held_out"
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
CLOSED_AT_LEAST = 0.95
"""Share of true removals that are found."""


def read(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (FOLDER / name).read_text(encoding="utf-8").splitlines()]


@pytest.fixture(params=["answers.jsonl", "attacks.jsonl"])
def cases(request: pytest.FixtureRequest, every: int) -> list[dict[str, Any]]:
    return read(request.param)[::every]


@pytest.fixture
def hosts(set_config: Any, cases: list[dict[str, Any]]) -> Iterator[Hosts]:
    hosts = Hosts(cases)
    allowed = ",".join(f"{address(number)}:{hosts.port}" for number in range(len(cases)))
    set_config(network_allow=allowed, crawl_host_delay_s=0, decode_workers=1)
    yield hosts
    hosts.close()


@pytest.mark.timeout(
    1_200
)  # some 30 s by itself; 266 hosts are asked nine times each, which a busy machine does not hurry
@pytest.mark.parametrize("every", [6, pytest.param(1, marks=pytest.mark.sweep)])
@pytest.mark.django_db(transaction=True)
def test_held_out_answers_are_heard_and_none_is_taken_for_a_removal(
    world: Any,
    hosts: Hosts,
    cases: list[dict[str, Any]],
    media: Media,
    check: Callable[[dt.datetime], list[Event | None]],
    every: int,
) -> None:
    from django.db.models import Value
    from django.db.models.functions import Concat

    from orbweaver.follow.recheck.models import RecheckTarget
    from orbweaver.notify.notices.models import Notice, NoticeUrl
    from orbweaver.notify.notices.services import issue_notices
    from orbweaver.notify.providers.services import add_contact, add_provider

    add_contact(add_provider("Host", now=NOW, networks=["127.0.0.0/8"]), "abuse@host.example", now=NOW)
    for number in range(len(cases)):
        base = hosts.base(number)
        world.verdict(f"{base}{PATH}", media=media, page=f"{base}{PAGE}", decided_at=NOW - HOUR)
    while issue_notices(NOW):
        pass
    Notice.objects.update(first_sent_at=NOW)
    for day in range(2):
        RecheckTarget.objects.update(due_at=NOW)
        while check(NOW + 2 * HOUR + day * DAY):
            pass
    state = dict(NoticeUrl.objects.values_list("url", "state"))
    said = dict(
        RecheckTarget.objects.annotate(words=Concat("outcome", Value(" "), "reason")).values_list(
            "notice_url__url", "words"
        )
    )
    places = [hosts.base(number) + PATH for number in range(len(cases))]
    seen = [(case, state[place], said[place]) for case, place in zip(cases, places, strict=True)]
    false = [each for each in seen if each[0]["truth"] == "not_told" and each[1] == "removed"]
    assert [(brief(case), outcome) for case, _, outcome in false] == []
    gone = [each for each in seen if each[0]["truth"] == "gone"]
    missed = [(brief(case), outcome) for case, now, outcome in gone if now != "removed"]
    print(f"{len(false)} false removals, {len(missed)} of {len(gone)} removals missed")
    may_be_missed = (1 - CLOSED_AT_LEAST) * len(gone)
    assert len(missed) <= (may_be_missed if every == 1 else max(may_be_missed, 2)), missed  # of few, two may be missed


def brief(case: dict[str, Any]) -> str:
    return f"{case['software']} {case['lang']} {case['status']} {case['body'][-160:]}"


@pytest.mark.parametrize(("name", "of_each", "languages"), [("answers.jsonl", 100, 8), ("attacks.jsonl", 50, 20)])
def test_the_answers_are_many_of_many_kinds_and_languages(name: str, of_each: int, languages: int) -> None:
    cases = read(name)
    assert len({case["lang"] for case in cases}) >= languages
    assert min(sum(case["truth"] == truth for case in cases) for truth in ("gone", "not_told")) >= of_each
