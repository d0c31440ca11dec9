"""What holds for every page: a strict policy, no secrets, little weight, and it is said when something is missing."""

from __future__ import annotations

import gzip
import re
from importlib import resources
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import translation

if TYPE_CHECKING:
    from collections.abc import Callable

    from orbweaver.assess.review.models import ReviewItem

PUBLIC = ["/public/", "/public/report/", "/public/how/", "/public/crawler/", "/sign-in/", "/robots.txt", "/nothing/"]
INLINE = re.compile(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=|javascript:", re.IGNORECASE)


ONE_FILE = "one_file.html"
"""Saved by people and opened from their disk, so it brings its own script and style; no page of the site."""


def templates() -> list[Any]:
    root = resources.files("orbweaver.doors.web").joinpath("templates")
    found: list[Any] = []
    folders = [root]
    while folders:
        for each in folders.pop().iterdir():
            (folders if each.is_dir() else found).append(each)
    return found


def test_no_template_holds_script_or_style_or_anything_from_elsewhere() -> None:
    for template in templates():
        text = template.read_text(encoding="utf-8")
        if template.name != ONE_FILE:
            assert not INLINE.search(text), template.name
        assert not re.search(r"""(?:src|href|action)=["']?https?:""", text), template.name


def test_words_on_pages_can_be_translated() -> None:
    bare = re.compile(r">\s*[A-Za-z][a-z]+ [a-z]+[^<{]*<")
    for template in templates():
        text = re.sub(r"{%\s*blocktranslate.*?endblocktranslate\s*%}", "", template.read_text("utf-8"), flags=re.DOTALL)
        text = re.sub(r"<code>[^<]*</code>", "", text)
        assert not bare.search(text), (template.name, bare.search(text))


@pytest.mark.parametrize("address", PUBLIC)
def test_public_pages_come_with_a_strict_policy(db: None, client: Any, address: str) -> None:
    answer = client.get(address)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert not INLINE.search(answer.content.decode())


def test_a_page_with_its_style_and_script_weighs_less_than_150_kb(
    make_item: Callable[..., ReviewItem], sign_in: Callable[..., Any]
) -> None:
    from orbweaver.people.accounts.rules import Role

    item = make_item()
    client = sign_in("Ann", Role.ANALYST)
    client.post(f"/items/{item.public_id}/take/")
    static = resources.files("orbweaver.doors.web").joinpath("static/web")
    assets = sum(len(each.read_bytes()) for each in static.iterdir())
    page = client.get(f"/items/{item.public_id}/").content
    assert b'id="assessment"' in page
    assert assets + len(page) < 150_000
    assert len(gzip.compress(page)) < 10_000


def test_missing_pages_never_repeat_the_address(db: None, client: Any) -> None:
    answer = client.get("/items/secret-thing/nowhere/")
    assert answer.status_code == 404
    assert "secret-thing" not in answer.content.decode()
    assert "There is nothing at this address" in answer.content.decode()


def test_the_page_for_our_own_errors_needs_no_database() -> None:
    from django.test import RequestFactory

    from orbweaver.doors.web.frame.failures import server_error

    with translation.override("en"):
        answer = server_error(RequestFactory().get("/"))
    assert answer.status_code == 500
    assert "Something went wrong on our side" in answer.content.decode()


LANGUAGES = {
    "en": "Something went wrong on our side",
    "fr": "Quelque chose a mal fonctionné de notre côté",
    "de": "Bei uns ist etwas schiefgegangen",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_our_own_error_keeps_the_navigation_of_whoever_is_signed_in_and_their_language(
    sign_in: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    from orbweaver.doors.web.workplace import alerts
    from orbweaver.people.accounts.rules import Role

    def broken(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(alerts, "alerts_for", broken)
    client = sign_in("Mona", Role.HOTLINE_MANAGER)
    client.raise_request_exception = False
    answer = client.get("/alerts/", headers={"Accept-Language": language})
    page = answer.content.decode()
    assert answer.status_code == 500
    assert LANGUAGES[language] in page
    assert f'<html lang="{language}">' in page
    assert 'href="/notices/"' in page
    assert 'action="/sign-out/"' in page
    assert "RuntimeError" not in page


@pytest.mark.parametrize(("path", "status"), [("/info/nothing/", 404), ("/info/follow/end/", 405)])
def test_what_fails_on_a_survivors_page_keeps_the_way_out_and_a_title_that_tells_nothing(
    client: Any, path: str, status: int
) -> None:
    answer = client.get(path, {"language": "fr"}, headers={"Accept": "text/html"})
    page = answer.content.decode()
    assert answer.status_code == status
    assert '<html lang="fr">' in page
    assert "<title>Informations</title>" in page
    assert 'id="leave"' in page
    assert "Orbweaver" not in page
    assert not answer.cookies
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"


def test_our_own_errors_on_a_survivors_page_are_said_kindly_without_a_database() -> None:
    from django.test import RequestFactory

    from orbweaver.doors.web.frame.failures import server_error

    answer = server_error(RequestFactory().get("/info/ask/"))
    assert answer.status_code == 500
    page = answer.content.decode()
    assert "It is not your fault." in page
    assert 'id="leave"' in page
    assert "administrator" not in page


def test_search_engines_are_kept_to_the_public_side(client: Any) -> None:
    lines = client.get("/robots.txt").content.decode().splitlines()
    assert "Allow: /public/" in lines
    assert "Disallow: /" in lines


def test_style_script_and_icon_are_served(client: Any) -> None:
    from django.contrib.staticfiles import finders

    for name in ("orbweaver.css", "orbweaver.js", "favicon.svg"):
        assert finders.find(f"web/{name}"), name
