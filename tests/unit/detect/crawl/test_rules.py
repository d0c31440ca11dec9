"""The focused crawl: how far a trail goes, and what comes first."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orbweaver.detect.crawl import rules
from orbweaver.detect.fetching.errors import REASONS
from orbweaver.platform.network.urls import parse

PAGE = parse("http://a.example/page")


def test_a_link_to_another_site_is_farther_than_one_to_the_same() -> None:
    assert rules.hops_to(PAGE, parse("http://a.example/other"), 1) == 2
    assert rules.hops_to(PAGE, parse("http://b.example/"), 1) == 3


def test_a_trail_that_leads_to_nothing_known_ends() -> None:
    hops = 0
    followed = 0
    while rules.is_followed(hops, 4):
        hops = rules.hops_to(PAGE, PAGE, hops)
        followed += 1
    assert followed == 5


def test_a_lead_is_given_up_after_so_many_pages_without_anything_known() -> None:
    assert [rules.is_fruitless(pages, 100) for pages in (0, 99, 100)] == [False, False, True]


@given(st.integers(0, 300), st.integers(0, 300))
def test_reports_come_before_media_before_pages_and_near_pages_before_far_ones(near: int, far: int) -> None:
    order = [
        rules.priority(media=False, hops=near, reported=True),
        rules.priority(media=True, hops=far, reported=False),
        rules.priority(media=False, hops=min(near, far), reported=False),
        rules.priority(media=False, hops=max(near, far), reported=False),
    ]
    assert order == sorted(order)
    assert max(order) < 2**15


@given(st.sampled_from(sorted(REASONS)), st.none() | st.integers(100, 599), st.integers(1, 9), st.floats(0, 1e9))
def test_nothing_is_tried_for_ever_and_no_server_asks_for_too_much_patience(
    error: str, status: int | None, attempts: int, retry_after: float
) -> None:
    wait = rules.retry_delay_s(error, status, attempts, retry_after)
    if attempts >= rules.QUICK_ATTEMPTS + len(rules.PUT_OFF_S):
        assert wait is None
    if wait is not None:
        assert rules.RETRY_S <= wait <= max(rules.PUT_OFF_S)
        assert rules.is_put_off(attempts) == (wait in rules.PUT_OFF_S and attempts >= rules.QUICK_ATTEMPTS)


def test_what_may_pass_is_tried_again_with_growing_patience() -> None:
    hour, day = 3600.0, 86_400.0
    waits = [rules.retry_delay_s("refused", None, attempts) for attempts in range(1, 7)]
    assert waits == [2.0, 10.0, hour, day, None, None]
    assert rules.retry_delay_s("http_error", 503, 1, 60.0) == 60.0
    assert rules.retry_delay_s("http_error", 503, 3, 60.0) == hour
    assert rules.retry_delay_s("http_error", 404, 1) is None
    assert rules.retry_delay_s("too_large", 200, 1) is None


@pytest.mark.parametrize("error", ["incomplete", "deadline"])
def test_a_host_that_answers_without_an_end_is_not_asked_for_days(error: str) -> None:
    assert [rules.retry_delay_s(error, 200, attempts) for attempts in (1, 2, 3)] == [2.0, 10.0, None]


def test_a_host_that_says_nothing_until_the_deadline_is_out_of_order() -> None:
    assert rules.retry_delay_s("deadline", None, 3) == rules.PUT_OFF_S[0]


def test_what_says_that_a_host_is_busy() -> None:
    assert rules.is_busy("http_error", 429)
    assert rules.is_busy("http_error", 503)
    assert rules.is_busy("deadline", None)
    assert not rules.is_busy("http_error", 500)
    assert not rules.is_busy("refused", None)
    assert not rules.is_busy("", 200)
