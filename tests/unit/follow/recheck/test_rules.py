"""When a URL counts as removed."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orbweaver.follow.recheck.pages import Means, Page, PageRule, Shape
from orbweaver.follow.recheck.rules import (
    LEAST_LETTERS,
    OFFLINE,
    THERE,
    CheckOutcome,
    Event,
    FetchFacts,
    Judgement,
    Phase,
    Track,
    advance,
    as_kept,
    bits_apart,
    combine,
    judge,
)

START = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
CONFIRM = dt.timedelta(minutes=30)
HOUR = dt.timedelta(hours=1)
SHA, OTHER = b"s" * 32, b"o" * 32
PDQ = bytes(32)


def pdq_at(bits: int) -> bytes:
    return ((1 << bits) - 1).to_bytes(32, "big")


@pytest.mark.parametrize(
    ("seen", "outcome"),
    [
        ({"status": 200, "sha256": SHA}, CheckOutcome.PRESENT),
        ({"status": 200, "sha256": SHA, "redirected": True}, CheckOutcome.MOVED),
        ({"status": 200, "sha256": OTHER, "pdqs": (pdq_at(31),)}, CheckOutcome.PRESENT),
        ({"status": 200, "sha256": OTHER, "pdqs": (pdq_at(200), pdq_at(9)), "redirected": True}, CheckOutcome.MOVED),
        ({"status": 200, "sha256": OTHER, "pdqs": (pdq_at(32),)}, CheckOutcome.UNCLEAR),
        ({"status": 200, "sha256": OTHER, "undecoded": "not_an_image"}, CheckOutcome.UNCLEAR),
        ({"status": 204, "sha256": OTHER, "undecoded": "empty"}, CheckOutcome.UNCLEAR),
        ({"status": 200, "sha256": OTHER, "undecoded": "empty"}, CheckOutcome.UNCLEAR),
        ({"status": 200, "sha256": OTHER, "undecoded": "decoder_timeout"}, CheckOutcome.UNREACHABLE),
        ({"status": 200, "sha256": OTHER, "undecoded": "damaged"}, CheckOutcome.UNREACHABLE),
        ({"status": 404}, CheckOutcome.GONE),
        ({"status": 410}, CheckOutcome.GONE),
        ({"status": 451}, CheckOutcome.BLOCKED),
        ({"status": 401}, CheckOutcome.BLOCKED),
        ({"status": 402}, CheckOutcome.BLOCKED),
        ({"status": 403}, CheckOutcome.BLOCKED),
        ({"status": 429}, CheckOutcome.BLOCKED),
        ({"status": 500}, CheckOutcome.UNREACHABLE),
        ({"status": 503}, CheckOutcome.UNREACHABLE),
        ({"status": 304}, CheckOutcome.UNREACHABLE),
        ({"status": None, "error": "dns"}, CheckOutcome.UNREACHABLE),
        ({"status": 404, "error": "incomplete"}, CheckOutcome.UNREACHABLE),
        ({"status": 404, "sha256": SHA}, CheckOutcome.PRESENT),
        ({"status": 500, "sha256": SHA, "redirected": True}, CheckOutcome.MOVED),
        ({"status": 410, "sha256": OTHER, "pdqs": (pdq_at(31),)}, CheckOutcome.PRESENT),
        ({"status": 451, "sha256": OTHER, "pdqs": (pdq_at(31),)}, CheckOutcome.PRESENT),
        ({"status": 404, "sha256": OTHER, "pdqs": (pdq_at(32),)}, CheckOutcome.UNCLEAR),
        ({"status": 403, "sha256": OTHER, "pdqs": (pdq_at(32),)}, CheckOutcome.UNCLEAR),
        ({"status": 451, "sha256": OTHER, "pdqs": (pdq_at(32),)}, CheckOutcome.BLOCKED),
        ({"status": 404, "sha256": OTHER, "undecoded": "damaged"}, CheckOutcome.UNCLEAR),
        ({"status": 404, "sha256": OTHER, "undecoded": "not_an_image"}, CheckOutcome.GONE),
        ({"status": 410, "sha256": OTHER, "undecoded": "empty"}, CheckOutcome.GONE),
        ({"status": None}, CheckOutcome.UNREACHABLE),
    ],
)
def test_one_check_is_judged_by_what_the_server_says_and_shows(seen: dict[str, Any], outcome: CheckOutcome) -> None:
    assert judge(FetchFacts(**seen), SHA, PDQ).outcome is outcome


def test_a_medium_without_a_perceptual_hash_is_compared_by_its_bytes_alone() -> None:
    assert judge(FetchFacts(200, sha256=OTHER, pdqs=(PDQ,)), SHA, None).outcome is CheckOutcome.UNCLEAR
    assert judge(FetchFacts(200, sha256=SHA), SHA, None).outcome is CheckOutcome.PRESENT


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_distances_are_symmetric_and_zero_for_equals_alone(one: bytes, other: bytes) -> None:
    assert bits_apart(one, other) == bits_apart(other, one)
    assert (bits_apart(one, other) == 0) == (one == other)


OUTCOMES = st.lists(
    st.tuples(st.sampled_from(list(CheckOutcome)), st.timedeltas(dt.timedelta(seconds=1), dt.timedelta(hours=3))),
    max_size=40,
)


def walk(steps: list[tuple[CheckOutcome, dt.timedelta]]) -> list[tuple[dt.datetime, CheckOutcome, Track, Event | None]]:
    track, at, seen = Track(), START, []
    for outcome, wait in steps:
        at += wait
        track, event = advance(track, outcome, at, CONFIRM)
        seen.append((at, outcome, track, event))
    return seen


@given(OUTCOMES)
def test_removed_needs_an_unbroken_row_of_offline_checks_apart_in_time_and_counts_from_the_first(
    steps: list[tuple[CheckOutcome, dt.timedelta]],
) -> None:
    seen = walk(steps)
    for place, (at, _, track, event) in enumerate(seen):
        if event is not Event.REMOVED:
            continue
        row = [(when, outcome) for when, outcome, _, _ in seen[: place + 1]]
        offline: list[dt.datetime] = []
        for when, outcome in reversed(row):
            if outcome not in OFFLINE:
                break
            offline.append(when)
        assert len(offline) >= 2
        assert track.offline_since is not None
        assert track.offline_since in offline
        assert at - track.offline_since >= CONFIRM


@given(OUTCOMES)
def test_a_host_that_does_not_answer_or_blocks_never_makes_a_removal(
    steps: list[tuple[CheckOutcome, dt.timedelta]],
) -> None:
    for _, outcome, _, event in walk(steps):
        if event in (Event.REMOVED, Event.GONE_ONCE):
            assert outcome in OFFLINE


@given(OUTCOMES)
def test_removed_stays_removed_until_the_medium_is_seen_again(steps: list[tuple[CheckOutcome, dt.timedelta]]) -> None:
    removed = False
    for _, outcome, track, event in walk(steps):
        if removed:
            assert (event is Event.REAPPEARED) == (outcome in THERE)
        removed = track.phase is Phase.REMOVED


@given(st.timedeltas(CONFIRM, 100 * HOUR))
def test_two_offline_checks_far_enough_apart_always_make_a_removal(wait: dt.timedelta) -> None:
    (first, *_), (_, _, track, event) = walk([(CheckOutcome.GONE, HOUR), (CheckOutcome.CHANGED, wait)])
    assert (event, track.offline_since) == (Event.REMOVED, first)


def test_an_interruption_starts_the_row_anew() -> None:
    events = [
        event
        for *_, event in walk([(o, HOUR) for o in (CheckOutcome.GONE, CheckOutcome.UNREACHABLE, CheckOutcome.GONE)])
    ]
    assert events == [Event.GONE_ONCE, Event.STILL_THERE, Event.GONE_ONCE]


def shape(words: str, url: str = "", sha256: bytes = OTHER, status: int = 200) -> Shape:
    return Shape(sha256 + words.encode(), frozenset(map(hash, words.split())), url, bool(url), status)


MISSING = shape("we have nothing here")
GALLERY = shape("a lake with boats")
SIGN_IN = shape("your name and password")
HIDES = PageRule("a check", Means.CHALLENGE)
SAYS_GONE = PageRule("gone", Means.GONE)
WEAK = PageRule("a form", Means.LOGIN, max_words=100)


@pytest.mark.parametrize(
    ("seen", "outcome", "reason"),
    [
        ({"page": Page(GALLERY)}, CheckOutcome.UNCLEAR, "page"),
        ({"page": Page(GALLERY), "missing": MISSING}, CheckOutcome.UNCLEAR, "page"),
        ({"page": Page(MISSING), "missing": shape("x", status=404)}, CheckOutcome.UNCLEAR, "page"),
        ({"page": Page(MISSING), "missing": MISSING}, CheckOutcome.GONE, "soft_404"),
        ({"page": Page(MISSING), "missing": MISSING, "home": GALLERY}, CheckOutcome.GONE, "soft_404"),
        ({"page": Page(SIGN_IN), "missing": SIGN_IN, "home": SIGN_IN}, CheckOutcome.BLOCKED, "same_everywhere"),
        ({"page": Page(MISSING, SAYS_GONE)}, CheckOutcome.GONE, "soft_404"),
        ({"page": Page(MISSING, HIDES), "missing": MISSING}, CheckOutcome.BLOCKED, "challenge"),
        ({"page": Page(MISSING, HIDES), "status": 404}, CheckOutcome.BLOCKED, "challenge"),
        ({"page": Page(MISSING, HIDES), "status": 503}, CheckOutcome.BLOCKED, "challenge"),
        ({"page": Page(MISSING, WEAK), "status": 404}, CheckOutcome.GONE, ""),
        ({"page": Page(MISSING, WEAK)}, CheckOutcome.BLOCKED, "login"),
        ({"page": Page(MISSING, SAYS_GONE), "status": 403}, CheckOutcome.BLOCKED, ""),
    ],
)
def test_a_page_in_the_place_is_gone_only_by_its_words_or_by_the_hosts_own_missing_page(
    seen: dict[str, Any], outcome: CheckOutcome, reason: str
) -> None:
    given: dict[str, Any] = {"status": 200, "sha256": OTHER} | seen
    found = judge(FetchFacts(**given), SHA, PDQ)
    assert (found.outcome, found.reason) == (outcome, reason)


def test_missing_files_that_lead_to_the_front_page_are_gone_but_not_where_all_leads_to_one_page() -> None:
    front = shape("welcome to us", "https://h.example/")
    seen: dict[str, Any] = {"status": 200, "sha256": OTHER, "page": Page(front), "missing": front}
    assert judge(FetchFacts(**seen, home=shape("welcome to us")), SHA, PDQ).outcome is CheckOutcome.GONE
    assert judge(FetchFacts(**seen, home=front), SHA, PDQ).outcome is CheckOutcome.BLOCKED


def test_another_picture_says_nothing_by_itself_however_many_addresses_have_it() -> None:
    far = (pdq_at(200),)
    seen: dict[str, Any] = {"status": 200, "sha256": OTHER, "pdqs": far}
    for elsewhere in (0, 2, 50):
        found = judge(FetchFacts(**seen, stood_elsewhere=elsewhere), SHA, PDQ)
        assert (found.outcome, found.reason) == (CheckOutcome.UNCLEAR, "other_picture")
        assert f"at {elsewhere + 1} addresses" in found.evidence


def test_the_picture_for_missing_paths_is_a_placeholder_unless_all_paths_have_it() -> None:
    seen: dict[str, Any] = {"status": 200, "sha256": OTHER, "pdqs": (pdq_at(200),)}
    same = Shape(OTHER)
    found = judge(FetchFacts(**seen, missing=same), SHA, PDQ)
    assert (found.outcome, found.reason, found.by_likeness) == (CheckOutcome.GONE, "placeholder", True)
    assert judge(FetchFacts(**seen, missing=same, home=same), SHA, PDQ).outcome is CheckOutcome.BLOCKED


@given(
    st.integers(300, 599),
    st.sampled_from([(), (pdq_at(200),), (pdq_at(90), pdq_at(33))]),
    st.sampled_from(["damaged", "decoder_timeout", "truncated", "out_of_memory"]),
)
def test_no_error_that_brings_a_picture_of_its_own_is_a_removal(
    status: int, pdqs: tuple[bytes, ...], undecoded: str
) -> None:
    found = judge(FetchFacts(status, sha256=OTHER, pdqs=pdqs, undecoded="" if pdqs else undecoded), SHA, PDQ)
    assert found.outcome not in OFFLINE | THERE


def test_an_error_with_the_picture_for_missing_paths_is_a_placeholder_as_without() -> None:
    seen: dict[str, Any] = {"sha256": OTHER, "pdqs": (pdq_at(200),), "missing": Shape(OTHER)}
    found = judge(FetchFacts(404, **seen), SHA, PDQ)
    assert (found.outcome, found.reason, found.by_likeness) == (CheckOutcome.GONE, "placeholder", True)
    assert judge(FetchFacts(403, **seen), SHA, PDQ).outcome is CheckOutcome.UNCLEAR


@pytest.mark.parametrize(("means", "outcome"), [(Means.GONE, CheckOutcome.GONE), (Means.LOGIN, CheckOutcome.BLOCKED)])
def test_a_picture_that_a_redirect_led_to_is_what_the_place_says(means: Means, outcome: CheckOutcome) -> None:
    rule = PageRule("a place", means, paths=frozenset({"x.png"}))
    found = judge(FetchFacts(200, redirected=True, sha256=OTHER, pdqs=(pdq_at(200),), led_to=rule), SHA, PDQ)
    assert found.outcome is outcome


@given(
    st.sampled_from([200, 206, 403, 404, 410, 451, 429, 500, 503]),
    st.sampled_from([None, HIDES]),
    st.sampled_from([None, MISSING, GALLERY]),
)
def test_a_page_that_hides_from_robots_never_makes_a_removal(status: int, rule: Any, missing: Any) -> None:
    page = Page(GALLERY, HIDES)
    found = judge(FetchFacts(status, sha256=OTHER, page=page, missing=missing), SHA, PDQ)
    assert found.outcome not in OFFLINE


JUDGEMENTS = st.builds(Judgement, st.sampled_from(list(CheckOutcome)))


@given(JUDGEMENTS, JUDGEMENTS)
def test_two_vantage_points_agree_on_removal_or_there_is_none(one: Judgement, other: Judgement) -> None:
    together = combine(one, other)
    assert (together.outcome in OFFLINE) == (one.outcome in OFFLINE and other.outcome in OFFLINE)
    assert (together.outcome in THERE) == (one.outcome in THERE or other.outcome in THERE)
    backwards = combine(other, one).outcome
    assert (backwards in OFFLINE, backwards in THERE) == (together.outcome in OFFLINE, together.outcome in THERE)


def test_what_is_gone_for_one_and_there_for_the_other_is_blocked_for_the_one() -> None:
    here, there = Judgement(CheckOutcome.GONE), Judgement(CheckOutcome.PRESENT, 0)
    assert as_kept(here, combine(here, there)).outcome is CheckOutcome.BLOCKED
    assert as_kept(there, combine(here, there)) == there


def test_a_404_in_words_of_its_own_is_compared_with_the_one_for_a_path_that_cannot_exist() -> None:
    own = frozenset(range(12))
    words = Page(Shape(b"a", own, status=404, letters=LEAST_LETTERS))

    def said(missing: Shape | None) -> tuple[str, str]:
        found = judge(FetchFacts(404, sha256=b"a" * 32, page=words, missing=missing), b"k" * 32, None)
        return found.outcome.value, found.reason

    assert said(None) == ("gone", "worded")
    assert said(Shape(b"b", own, status=404)) == ("gone", "")
    assert said(Shape(b"b", frozenset(range(50, 60)), status=404)) == ("unclear", "own_words")
    assert said(Shape(b"b", own, status=200)) == ("unclear", "own_words")


def test_a_404_of_few_letters_says_no_more_than_that() -> None:
    words = Page(Shape(b"a", frozenset({1}), status=404, letters=LEAST_LETTERS - 1))
    other = Shape(b"b", frozenset({2}), status=404)
    found = judge(FetchFacts(404, sha256=b"a" * 32, page=words, missing=other), b"k" * 32, None)
    assert (found.outcome.value, found.reason) == ("gone", "")
