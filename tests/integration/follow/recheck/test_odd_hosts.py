"""Hosts that say "gone" in odd ways, hide, or stall; each over real sockets on loopback."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest

from orbweaver.follow.recheck.models import InsteadPicture, Observation, RecheckTarget
from orbweaver.follow.recheck.rules import Event
from orbweaver.notify.notices.models import NoticeUrl
from orbweaver.notify.notices.services import issue_notices

from .hosts import Site, picture, proxy_to

pytestmark = pytest.mark.django_db(transaction=True)
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
HTML = {"Content-Type": "text/html; charset=utf-8"}
NAV = "<html><nav>Home Upload Albums Contact Terms Privacy</nav>"
Check = Callable[[dt.datetime], list[Event | None]]


def html(text: str, status: int = 200, **headers: str) -> tuple[int, bytes, dict[str, str]]:
    return status, (NAV + text).encode(), HTML | {name.replace("_", "-"): value for name, value in headers.items()}


def last() -> tuple[str, str]:
    seen = Observation.objects.latest("pk")
    return seen.outcome, seen.reason


def test_a_page_that_says_removed_is_a_soft_404(url: NoticeUrl, site: Site, check: Check) -> None:
    site.answers["/1.png"] = html("<h1>This image has been removed.</h1>")
    assert check(NOW + HOUR) == [Event.GONE_ONCE]
    assert last() == ("gone", "soft_404")
    assert check(NOW + 2 * HOUR) == [Event.REMOVED]


def test_a_host_that_answers_200_for_every_missing_path_is_found_out(url: NoticeUrl, site: Site, check: Check) -> None:
    del site.answers["/1.png"]
    site.answers["/"] = html("<p>Welcome to albums of lakes and boats and other landscapes</p><img src=/9.png>")
    site.answers["/9.png"] = (200, picture(9))
    site.otherwise = lambda path: html(f"<p>Quel dommage, rien ici pour vous, essayez autre chose que {path} ami</p>")
    assert check(NOW + HOUR) == [Event.GONE_ONCE]
    assert last() == ("gone", "soft_404")
    assert "alike" in Observation.objects.latest("pk").evidence
    asked = [path for path in site.asked if path not in ("/1.png", "/", "/9.png")]
    assert len(asked) == 2, "once as a picture, once as somebody opens it"
    assert all(re.fullmatch(r"/[0-9a-f]{20}\.png", path) for path in asked)


def test_a_page_unlike_the_one_for_missing_paths_is_no_removal(url: NoticeUrl, site: Site, check: Check) -> None:
    site.answers["/1.png"] = html("<p>Large view of a lake, with its comments and ratings</p>")
    for day in range(1, 4):
        assert check(NOW + day * 24 * HOUR) == [None]
    assert last() == ("unclear", "page")


@pytest.mark.sampled(2)
@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (html("<title>Just a moment...</title><script>_cf_chl_opt={}</script>"), "challenge"),
        (html("<p>x", 503, cf_mitigated="challenge"), "challenge"),
        (html("<p>x", 404, cf_mitigated="challenge"), "challenge"),
        (html("<p>Sorry, not available in your country.</p>"), "geo"),
        (html("<p>Log in to continue</p>"), "login"),
        ((302, b"/account/login?next=%2F1.png"), "login"),
        ((451, b"blocked by order"), "legal"),
    ],
)
def test_who_hides_from_us_has_removed_nothing(
    url: NoticeUrl, site: Site, check: Check, answer: Any, reason: str
) -> None:
    site.answers["/1.png"] = answer
    site.otherwise = lambda path: html("<p>Welcome back, your name and password please</p>")
    for day in range(1, 4):
        assert check(NOW + day * 24 * HOUR) == [None]
    assert last() == ("blocked", reason)


def test_a_check_of_an_unknown_make_that_all_visitors_get_is_no_soft_404(
    url: NoticeUrl, site: Site, check: Check
) -> None:
    site.answers.clear()
    site.otherwise = lambda path: html("<p>Bitte warten, wir prüfen kurz die Leitung und zeigen dann die Seite</p>")
    assert check(NOW + HOUR) == [None]
    assert last() == ("blocked", "same_everywhere")


def test_missing_files_that_lead_to_the_front_page_are_removed(url: NoticeUrl, site: Site, check: Check) -> None:
    site.answers = {"/": html("<p>Welcome, today 12 new pictures of lakes</p><img src=/9.png>")}
    site.answers["/9.png"] = (200, picture(9))
    site.otherwise = lambda path: (302, b"/")
    assert check(NOW + HOUR) == [Event.GONE_ONCE]
    assert last() == ("gone", "soft_404")


def test_the_picture_that_missing_paths_give_is_a_placeholder(url: NoticeUrl, site: Site, check: Check) -> None:
    placeholder = picture(7)
    del site.answers["/1.png"]
    site.answers["/"] = html("<p>Welcome <img src=/9.png>")
    site.answers["/9.png"] = (200, picture(9))
    site.otherwise = lambda path: (200, placeholder)
    assert check(NOW + HOUR) == [Event.GONE_ONCE]
    assert last() == ("gone", "placeholder")


def test_one_picture_in_the_place_of_three_is_no_removal_by_itself(
    url: NoticeUrl, site: Site, check: Check, world: Any, media: Any, known: bytes
) -> None:
    """ "Sign in to see this" stands in the place of many as well."""
    for name in ("2", "3"):
        site.answers[f"/{name}.png"] = (200, known)
        world.verdict(f"{site.base}/{name}.png", item=world.item(f"{site.base}/{name}.png", media=media))
    issue_notices(NOW)
    site.answers = {f"/{name}.png": (200, picture(7)) for name in ("1", "2", "3")}
    check(NOW + HOUR)
    assert InsteadPicture.objects.count() == 3
    assert check(NOW + 3 * HOUR) == [None, None, None]
    assert set(RecheckTarget.objects.values_list("outcome", "reason")) == {("unclear", "other_picture")}
    assert "at 3 addresses" in Observation.objects.latest("pk").evidence


def test_the_picture_itself_at_missing_paths_too_is_still_the_picture(
    url: NoticeUrl, site: Site, check: Check, known: bytes
) -> None:
    site.otherwise = lambda path: (200, known)
    assert check(NOW + HOUR) == [None]
    assert last() == ("present", "")


def test_who_asks_for_patience_is_left_alone_for_that_long(url: NoticeUrl, site: Site, check: Check) -> None:
    site.answers["/1.png"] = (429, b"slow down", {"Retry-After": "14400"})
    check(NOW + HOUR)
    assert last()[0] == "blocked"
    assert RecheckTarget.objects.get().due_at == NOW + 5 * HOUR


def test_what_is_gone_for_us_and_there_for_another_is_blocked_here_not_removed(
    url: NoticeUrl, site: Site, check: Check, known: bytes, set_config: Any
) -> None:
    elsewhere = Site()
    elsewhere.answers["/1.png"] = (200, known)
    site.answers.clear()
    with proxy_to(elsewhere.port) as proxy:
        set_config(recheck_proxy=proxy)
        assert check(NOW + HOUR) == [None]
        assert check(NOW + 25 * HOUR) == [None]
        assert set(Observation.objects.values_list("vantage", "outcome", "reason")) == {
            ("direct", "blocked", "differs"),
            ("visitor", "blocked", "differs"),
            ("proxy", "present", ""),
        }
        elsewhere.answers.clear()
        assert check(NOW + 50 * HOUR) == [Event.GONE_ONCE]
        assert check(NOW + 51 * HOUR) == [Event.REMOVED]
    elsewhere.close()


def test_without_the_second_vantage_points_word_nothing_counts_as_gone(
    url: NoticeUrl, site: Site, check: Check, set_config: Any
) -> None:
    elsewhere = Site()
    with proxy_to(elsewhere.port) as proxy:
        set_config(recheck_proxy=proxy)
    elsewhere.close()
    site.answers.clear()
    assert check(NOW + HOUR) == [None]
    assert check(NOW + 9 * HOUR) == [None]
    url.refresh_from_db()
    assert url.state == "live"


def test_pages_that_are_hostile_to_readers_are_read_within_bounds(url: NoticeUrl, site: Site, check: Check) -> None:
    for body in (b"<script" * 300_000, b"<" * 2_000_000, b"<!doctype html>" + b"\xff\xfe" * 100_000):
        site.answers["/1.png"] = (200, body, {"Content-Type": "text/html; charset=utf-7"})
        RecheckTarget.objects.update(due_at=NOW)
        assert check(NOW + HOUR) == [None]
    assert last()[0] == "unclear"


def test_pictures_before_the_known_one_on_an_error_page_do_not_hide_it(
    url: NoticeUrl, site: Site, check: Check, known: bytes
) -> None:
    decoys = "".join(f"<img src=/decoy{number}.png>" for number in range(6))
    for number in range(6):
        site.answers[f"/decoy{number}.png"] = (200, picture(20 + number))
    site.answers["/at-last.png"] = (200, known)
    site.answers["/1.png"] = html(f"<p>404{decoys}<img src=/at-last.png>", 404)
    for day in range(1, 4):
        assert check(NOW + day * 24 * HOUR) == [None]
    url.refresh_from_db()
    assert url.state == "live"


def test_the_hosts_own_pictures_on_its_page_for_missing_files_leave_a_removal_one(
    url: NoticeUrl, site: Site, check: Check
) -> None:
    own = "".join(f"<img src=/own{number}.png>" for number in range(8))
    site.otherwise = lambda path: html(f"<p>404{own}", 404) if "own" not in path else (200, picture(21))
    site.answers.clear()
    assert check(NOW + HOUR) == [Event.GONE_ONCE]
    assert check(NOW + 2 * HOUR) == [Event.REMOVED]
