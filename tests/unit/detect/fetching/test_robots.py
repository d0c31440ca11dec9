"""robots.txt is read as RFC 9309 says."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orbweaver.detect.fetching.robots import CRAWL_DELAY_MAX_S, Robots, read_answer

AGENT = "Orbweaver/0.1 (+http://127.0.0.1/public/crawler/)"
TEXT = """
User-agent: *
Disallow: /

User-agent: orbweaver
Disallow: /private/
Allow: /private/open
Crawl-delay: 2.5
"""


def test_our_own_group_counts_before_that_for_all() -> None:
    robots = Robots(TEXT, AGENT)
    assert robots.allows("http://a.example/x")
    assert not robots.allows("http://a.example/private/x")
    assert robots.allows("http://a.example/private/open")
    assert robots.delay_s == 2.5


def test_without_rules_all_is_allowed() -> None:
    robots = Robots("", AGENT)
    assert robots.allows("http://a.example/x")
    assert robots.delay_s == 0


def test_no_site_slows_us_to_a_stop() -> None:
    assert Robots("User-agent: *\nCrawl-delay: 86400", AGENT).delay_s == CRAWL_DELAY_MAX_S


@pytest.mark.parametrize(
    ("status", "error", "text"),
    [
        (200, None, "rules"),
        (404, None, ""),
        (401, None, ""),
        (429, None, None),
        (500, None, None),
        (503, None, None),
        (None, "dns", None),
        (None, "refused", None),
        (200, "deadline", None),
        (302, "too_many_redirects", ""),
        (304, None, ""),
    ],
)
def test_an_answer_means_what_the_standard_says(status: int | None, error: str | None, text: str | None) -> None:
    assert read_answer(status, error, b"rules").text == text


@given(st.binary(max_size=500), st.text(max_size=60))
def test_no_robots_txt_makes_it_fail(body: bytes, path: str) -> None:
    text = read_answer(200, None, body).text
    assert text is not None
    robots = Robots(text, AGENT)
    robots.allows(f"http://a.example/{path}")
    assert 0 <= robots.delay_s <= CRAWL_DELAY_MAX_S


def test_other_agents_groups_do_not_concern_us() -> None:
    robots = Robots(
        "User-agent: a\nUser-agent: Orbweaver\nUser-agent: b\nDisallow: /x\n\nUser-agent: c\nDisallow: /", AGENT
    )
    assert not robots.allows("http://a.example/x")
    assert robots.allows("http://a.example/y")


HOSTILE = {
    "agents": "".join(f"User-agent: a{number}\n" for number in range(30_000)),
    "agents and rules": "".join(f"User-agent: a{n}\n" for n in range(14_000)) + "Disallow: /a\n" * 20_000,
    "rules": "User-agent: *\n" + "".join(f"Disallow: /x{number}$\n" for number in range(25_000)),
    "stars": "User-agent: *\n" + f"Disallow: /{'*a' * 900}*b$\n" * 200,
    "dollars": "User-agent: *\nDisallow: /" + "$" * 500_000,
    "percents": "User-agent: *\n" + "Disallow: /%%%%%%%%\n" * 20_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_robots_txt_takes_little_time(text: str) -> None:
    start = time.process_time()
    robots = Robots(text, AGENT)
    for number in range(10):
        robots.allows(f"http://a.example/{'a' * 8000}{number}")
    assert time.process_time() - start < 3
