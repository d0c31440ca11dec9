"""A legal hold has an authority and an end, and what one authority lets go another still wants kept.

Whatever comes first, ends first or is said twice, nothing is erased while anybody's
hold stands, and everything is once none does.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from orbweaver.detect.evidence.holding import end_due, hold, lift
from orbweaver.detect.evidence.models import EvidenceObject
from orbweaver.doors.cli import build
from orbweaver.errors import Conflict, InvalidInput
from orbweaver.people.audit.models import Event

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)
NUMBERS = itertools.count(1)


def stored(now: dt.datetime) -> EvidenceObject:
    return EvidenceObject.objects.create(
        kind="media", size=1, file_name=f"held-{next(NUMBERS)}", authority="x", created_at=now, retain_until=now
    )


def free(one: EvidenceObject, now: dt.datetime) -> bool:
    """Whether nothing keeps it, once what is over was ended."""
    end_due(now)
    one.refresh_from_db()
    return one.held_at is None


def test_what_one_authority_lets_go_another_still_has_kept(now: dt.datetime) -> None:
    one = stored(now)
    hold(one.public_id, "1/26", now, authority="Court of A")
    hold(one.public_id, "2/26", now, authority="Court of B", until=now.date() + 90 * DAY)
    lift(one.public_id, now, authority="Court of A")
    assert not free(one, now + 90 * DAY), "its last day counts"
    assert (one.held_for, one.held_until) == ("Court of B", now.date() + 90 * DAY)
    assert free(one, now + 91 * DAY)


def test_a_shorter_hold_of_one_shortens_no_longer_one_of_another(now: dt.datetime) -> None:
    one = stored(now)
    hold(one.public_id, "1/26", now, authority="Court of A", until=now.date() + 300 * DAY)
    hold(one.public_id, "2/26", now, authority="Police of B", until=now.date() + DAY)
    assert not free(one, now + 300 * DAY)
    assert free(one, now + 301 * DAY)


def test_whose_hold_ends_has_to_be_said_where_there_are_several(now: dt.datetime) -> None:
    one = stored(now)
    hold(one.public_id, "1/26", now, authority="Court of A")
    hold(one.public_id, "2/26", now, authority="Court of B")
    with pytest.raises(Conflict, match="Court of A, Court of B"):
        lift(one.public_id, now)
    with pytest.raises(Conflict, match="Nothing was lifted"):
        lift(one.public_id, now, authority="Court of C")
    assert not free(one, now)
    lift(one.public_id, now, authority="Court of B")
    with pytest.raises(Conflict, match="on hold for: Court of A"):
        lift(one.public_id, now, authority="Court of B")
    lift(one.public_id, now)
    assert free(one, now)
    ended = Event.objects.filter(kind="evidence.hold_lifted", subject=one.public_id).order_by("pk")
    assert [each.details["authority"] for each in ended] == ["Court of B", "Court of A"]


STEPS = st.lists(
    st.tuples(st.sampled_from(["hold", "lift", "day"]), st.sampled_from("ABC"), st.none() | st.integers(0, 5)),
    max_size=12,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_it_is_kept_exactly_as_long_as_any_of_them_wants_it_kept(now: dt.datetime, steps: list[Any]) -> None:
    one, today, wanted = stored(now), now, dict[str, dt.date | None]()
    for verb, who, days in steps:
        if verb == "hold":
            until = None if days is None else today.date() + days * DAY
            hold(one.public_id, "file", today, authority=who, until=until)
            wanted[who] = until
        elif verb == "lift":
            with contextlib.suppress(Conflict):  # others hold it
                lift(one.public_id, today, authority=who)
            wanted.pop(who, None)
        else:
            today += DAY
        wanted = {who: until for who, until in wanted.items() if until is None or until >= today.date()}
        assert free(one, today) is (not wanted)


def test_a_hold_without_a_reason_of_a_day_gone_or_of_nothing_holds_nothing(now: dt.datetime) -> None:
    one = stored(now)
    for reason, until, name in (
        (" ", None, one.public_id), ("file", now.date() - DAY, one.public_id), ("file", None, "evd_2222222222222222"),
    ):  # fmt: skip
        with pytest.raises(InvalidInput):
            hold(name, reason, now, authority="Court", until=until)
    assert free(one, now)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    @contextlib.contextmanager
    def opened(*, migrate: bool = True) -> Iterator[None]:
        yield

    monkeypatch.setattr("orbweaver.doors.cli.evidence.open_session", opened)
    return lambda *words: CliRunner().invoke(build(), ["evidence", *words])


def test_each_hold_is_listed_and_ended_by_command(run: Callable[..., Any], now: dt.datetime, tmp_path: Path) -> None:
    one = stored(now)
    for authority in ("Court of A", "Court of B"):
        said = run("hold", one.public_id, "--reason", "file", "--authority", authority, "--json")
        assert json.loads(said.stdout)["held"] is True
    listed = [json.loads(line) for line in run("holds", "--json").stdout.splitlines()]
    assert [each["authority"] for each in listed] == ["Court of A", "Court of B"]
    assert isinstance(run("lift", one.public_id).exception, Conflict)
    assert json.loads(run("lift", one.public_id, "--authority", "Court of A", "--json").stdout)["held"] is True
    assert json.loads(run("lift", one.public_id, "--json").stdout)["held"] is False
