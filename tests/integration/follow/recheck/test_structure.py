"""What a host says without words: pages and pictures for what it does not have, and pictures that moved."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image, ImageDraw

from orbweaver.detect.crawl.models import FrontierUrl, Lead, Revisit
from orbweaver.detect.crawl.services import add_lead
from orbweaver.follow.recheck.models import RecheckTarget
from orbweaver.follow.recheck.rules import Event
from orbweaver.notify.notices.models import Notice, NoticeUrl
from orbweaver.notify.notices.services import issue_notices
from orbweaver.notify.providers.services import add_contact, add_provider

from .hosts import Answer, Site, picture

pytestmark = pytest.mark.django_db(transaction=True)
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
HTML = {"Content-Type": "text/html; charset=utf-8"}
Check = Callable[[dt.datetime], list[Event | None]]
PATH, PAGE, FRONT_PICTURE = "/pictures/1.png", "/album/1/", "/front/50009.png"
REMOVED = [Event.GONE_ONCE, Event.REMOVED, None]


def html(text: str, status: int = 200) -> Answer:
    return status, f"<!doctype html><html><nav>a b c</nav>{text}</html>".encode(), HTML


@pytest.fixture
def alone(world: Any, site: Site, media: Any, known: bytes) -> Site:
    """A notified picture that is alone in its folder and on its page; the front page shows one of another folder."""
    add_contact(add_provider("Host", now=NOW, networks=["127.0.0.1/32"]), "abuse@host.example", now=NOW)
    site.answers |= {
        PATH: (200, known),
        "/": html(f"<h1>Boats and lakes</h1><img src='{FRONT_PICTURE}'>"),
        PAGE: html(f"<h1>An album</h1><img src='{PATH}'>"),
        FRONT_PICTURE: (200, picture(9)),
    }
    world.verdict(f"{site.base}{PATH}", media=media, page=f"{site.base}{PAGE}", decided_at=NOW - HOUR)
    assert issue_notices(NOW) == 1
    Notice.objects.update(first_sent_at=NOW)
    return site


def checks(check: Check) -> list[Event | None]:
    return [event for day in range(3) for event in check(NOW + 2 * HOUR + day * DAY)]


def said() -> tuple[str, str, str]:
    target = RecheckTarget.objects.get()
    return NoticeUrl.objects.get().state, target.outcome, target.reason


def placeholder(number: int) -> bytes:
    """A drawing that stands for what a host does not have, with a number of its own each time."""
    image = Image.new("RGB", (300, 200), "white")
    draw = ImageDraw.Draw(image)
    draw.ellipse((60, 30, 240, 170), fill="grey")
    draw.line((0, 0, 300, 200), fill="black", width=9)
    draw.text((250, 185), f"{number}", fill="black")
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


WORDS = ("미안해요 그런 사진은 이제 없어요", "ไม่มีรูปนี้แล้ว ขอโทษด้วยนะ", "այս նկարն այլևս չկա, ներեցեք մեզ")
"""In words that no rule knows."""


@pytest.mark.parametrize("words", WORDS)
def test_a_page_for_what_is_missing_is_known_in_any_language(alone: Site, check: Check, words: str) -> None:
    del alone.answers[PATH]
    alone.otherwise = lambda path: html(f"<p>{words} {path}</p>")
    assert checks(check) == REMOVED
    assert said() == ("removed", "gone", "soft_404")


def test_a_way_to_the_front_page_for_what_is_missing_is_known(alone: Site, check: Check) -> None:
    del alone.answers[PATH]
    alone.otherwise = lambda path: (302, f"{alone.base}/".encode())
    assert checks(check) == REMOVED


def test_a_way_to_the_front_page_for_this_address_alone_tells_nothing(alone: Site, check: Check) -> None:
    alone.answers[PATH] = (302, f"{alone.base}/".encode())
    assert checks(check) == [None, None, None]
    assert said() == ("live", "unclear", "front_page")


def test_a_placeholder_that_is_drawn_anew_for_each_address_is_known(alone: Site, check: Check) -> None:
    count = iter(range(1_000, 9_999))
    del alone.answers[PATH]
    alone.otherwise = lambda path: (200, placeholder(next(count)))
    assert checks(check) == REMOVED
    assert said() == ("removed", "gone", "placeholder")


def test_a_wall_before_one_folder_is_no_removal(alone: Site, check: Check) -> None:
    wall = html("<p>이름을 알려 준 친구들에게 보여 주는 사진이에요 미안해요</p>")
    del alone.answers[PATH]
    alone.otherwise = lambda path: wall if path.startswith("/pictures/") else (404, b"")
    assert checks(check) == [None, None, None]
    assert said() == ("live", "unclear", "wall")


def test_a_wall_before_everything_is_no_removal(alone: Site, check: Check) -> None:
    wall = html("<p>이름을 알려 준 친구들에게 보여 주는 사진이에요 미안해요</p>")
    del alone.answers[PATH], alone.answers[FRONT_PICTURE]
    alone.otherwise = lambda path: wall
    assert checks(check) == [None, None, None]


@pytest.mark.parametrize("status", [200, 404])
def test_a_sign_before_everything_that_is_drawn_anew_each_time_is_no_removal(
    alone: Site, check: Check, status: int
) -> None:
    count = iter(range(1_000, 9_999))
    del alone.answers[PATH], alone.answers[FRONT_PICTURE]
    alone.otherwise = lambda path: (status, placeholder(next(count)))
    assert checks(check) == [None, None, None]


def test_a_picture_that_its_page_shows_at_another_address_has_moved(alone: Site, check: Check, known: bytes) -> None:
    add_lead(f"{alone.base}{PAGE}", source=Lead.Source.LIST, now=NOW)
    page = FrontierUrl.objects.get()
    del alone.answers[PATH]
    alone.answers["/moved/1.png"] = (200, known)
    alone.answers[PAGE] = html("<h1>An album</h1><img src='/moved/1.png'>")
    assert checks(check) == [Event.MOVED, None, None]
    assert said() == ("moved", "present", "moved_on_page")
    assert Notice.objects.get().state == "open"
    assert Revisit.objects.get(url=page).due_at <= NOW + 2 * HOUR


@pytest.mark.parametrize(
    "answer",
    [
        (
            404,
            b"<svg xmlns='http://www.w3.org/2000/svg'><image href='/other/7.png'/></svg>",
            {"Content-Type": "image/svg+xml"},
        ),
        (404, b"<html>not found</html>", HTML | {"Refresh": "0; url=/other/7.png"}),
        (410, b"<html><meta http-equiv=refresh content='1;URL=/other/7.png'><p>Wait.</p></html>", HTML),
    ],
    ids=["in a drawing", "by a header", "by an element"],
)
def test_what_a_browser_is_led_on_to_is_still_there(alone: Site, check: Check, known: bytes, answer: Answer) -> None:
    alone.answers[PATH] = answer
    alone.answers["/other/7.png"] = (200, known)
    assert checks(check) == [None, None, None]
    assert said() == ("live", "present", "new_link")


def test_what_moved_and_went_is_removed(alone: Site, check: Check, known: bytes) -> None:
    del alone.answers[PATH]
    alone.answers["/moved/x.png"] = (200, known)
    alone.answers[PAGE] = html("<h1>An album</h1><img src='/moved/x.png'>")
    assert check(NOW + 2 * HOUR) == [Event.MOVED]
    del alone.answers["/moved/x.png"]
    assert [event for day in (1, 2) for event in check(NOW + (1 + day) * DAY)] == [Event.GONE_ONCE, Event.REMOVED]
