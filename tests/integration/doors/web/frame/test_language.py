"""The language of the pages: what the browser asks for, unless somebody chose; the choice leaves no trace on a shared
computer and is kept on the account of who is signed in."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from orbweaver.people.accounts.rules import Role

if TYPE_CHECKING:
    from django.test import Client

    from orbweaver.people.accounts.models import User

PUBLIC = "/public/how/"
PASSWORD = "a long enough passphrase"

pytestmark = pytest.mark.django_db


def language_of(answer: Any) -> str:
    text = answer.content.decode()
    return str(text.split('<html lang="', 1)[1].split('"', 1)[0])


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("fr-CA,fr;q=0.9,en;q=0.5", "fr"),
        ("en-GB,en;q=0.9,fr;q=0.8", "en"),
        ("it,fr;q=0.6,en;q=0.3", "fr"),
        ("it", "en"),
        ("de-AT,de;q=0.9,en;q=0.5", "de"),
        ("", "en"),
        ("*", "en"),
        ("fr;q=zero, ;;,en;q=", "en"),
    ],
)
def test_the_browser_says_which_language_and_english_is_the_default(client: Client, asked: str, given: str) -> None:
    answer = client.get(PUBLIC, headers={"accept-language": asked})
    assert language_of(answer) == given
    assert answer.headers["Content-Language"] == given


def test_caches_are_told_that_the_page_depends_on_the_language(client: Client) -> None:
    assert "accept-language" in client.get(PUBLIC).headers["Vary"].lower()


def test_reading_sets_no_cookie(client: Client) -> None:
    client.get(PUBLIC, headers={"accept-language": "fr"})
    assert not client.cookies


def test_what_somebody_chose_goes_before_what_the_browser_asks_for(client: Client) -> None:
    answer = client.post("/language/", {"language": "fr", "next": PUBLIC})
    assert answer.headers["Location"] == PUBLIC
    assert language_of(client.get(PUBLIC, headers={"accept-language": "en"})) == "fr"
    client.post("/language/", {"language": "en", "next": PUBLIC})
    assert language_of(client.get(PUBLIC, headers={"accept-language": "fr"})) == "en"


def test_the_choice_ends_with_the_browser_and_no_script_can_read_it(client: Client, settings: Any) -> None:
    cookie = client.post("/language/", {"language": "fr"}).cookies[settings.LANGUAGE_COOKIE_NAME]
    assert (cookie["max-age"], cookie["expires"]) == ("", "")
    assert cookie["httponly"] is True
    assert cookie["samesite"] == "Lax"


def test_the_button_needs_no_token_so_that_public_pages_set_no_cookie() -> None:
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/language/", {"language": "fr", "next": PUBLIC}).status_code == 302


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", ""])
def test_it_goes_back_to_a_page_of_ours_alone(client: Client, elsewhere: str) -> None:
    assert client.post("/language/", {"language": "fr", "next": elsewhere}).headers["Location"] == "/"


@pytest.mark.parametrize("language", ["", "it", "fr-CA", "../fr"])
def test_a_language_that_there_is_not_is_refused_and_nothing_changes(client: Client, language: str) -> None:
    answer = client.post("/language/", {"language": language, "next": PUBLIC})
    assert answer.status_code == 400
    assert not answer.cookies
    assert language_of(client.get(PUBLIC)) == "en"


def test_a_link_cannot_change_it(client: Client) -> None:
    assert client.get("/language/", {"language": "fr"}).status_code == 405


def test_the_choice_of_who_is_signed_in_is_kept_on_the_account_and_follows_to_the_next_computer(
    sign_in: Callable[..., Client],
) -> None:
    from django.test import Client

    from orbweaver.people.accounts.models import User

    sign_in("Ann", Role.ANALYST).post("/language/", {"language": "fr", "next": "/my-day/"})
    assert User.objects.get(display_name="Ann").language == "fr"
    elsewhere = Client()
    elsewhere.post("/sign-in/", {"email": "ann@hotline.example", "password": PASSWORD})
    assert language_of(elsewhere.get("/my-day/", headers={"accept-language": "en"})) == "fr"


def test_who_never_chose_signs_in_and_keeps_the_browsers_language(make_person: Callable[..., User]) -> None:
    from django.test import Client

    make_person("Ann", Role.ANALYST)
    browser = Client()
    browser.post("/sign-in/", {"email": "ann@hotline.example", "password": PASSWORD})
    assert language_of(browser.get("/my-day/", headers={"accept-language": "fr"})) == "fr"


def test_every_page_offers_the_other_language_in_its_own_name(client: Client) -> None:
    page = client.get(PUBLIC).content.decode()
    assert 'value="fr" lang="fr">Français</button>' in page
    assert 'value="en"' not in page
