"""A child asks for a picture to be removed, on a phone, and follows it until it is gone; a parent asks without script.

With ``SHOTS`` naming a folder, the screens stay there to be looked at.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from .conftest import shoot

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page
    from tests.e2e.conftest import Hotline, OpenPage

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]


def kept(page: Page) -> list[object]:
    """All that the browser keeps of the site."""
    stored = page.evaluate("[...Object.keys(localStorage), ...Object.keys(sessionStorage)]")
    return [*stored, *page.context.cookies(), *page.evaluate("indexedDB.databases()"), *page.evaluate("caches.keys()")]


def test_a_child_asks_on_a_phone_and_nothing_stays_in_the_browser(open_page: OpenPage) -> None:
    from orbweaver.follow.survivors.models import Request

    page = open_page("/info/", width=390)
    shoot(page, "survivors-start")
    assert page.title() == "Information"
    page.get_by_role("link", name="Ask us to get it removed").click()
    shoot(page, "survivors-ask")
    page.get_by_label("I am under 18, and it is about me").check()
    page.get_by_label("Pictures or videos").check()
    page.get_by_label("No, or I do not know").check()
    page.get_by_label("Where did you see it?").fill("https://images.example/me.png\nmy page")
    page.get_by_role("button", name="Send").click()
    page.locator("main", has_text="line 2").wait_for()  # the answer takes the place of the form without a new page
    shoot(page, "survivors-not-clear")
    page.get_by_label("Where did you see it?").fill("https://images.example/me.png")
    page.get_by_role("button", name="Send").click()
    shoot(page, "survivors-asked")
    reference, secret = page.locator("#reference").inner_text(), page.locator("#secret").inner_text()
    page.get_by_role("link", name="Check your request").click()
    page.locator("[name=reference]").wait_for()
    for aged, words in ((0, "We have your request and are working on it"), (3, "We are looking there.")):
        Request.objects.update(created_at=dt.datetime.now(dt.UTC) - dt.timedelta(days=aged))
        page.goto("/info/follow/")
        page.locator("[name=reference]").fill(reference)
        page.locator("[name=secret]").fill(secret)
        page.get_by_role("button", name="Show").click()
        page.locator("main", has_text=words).wait_for()
        shoot(page, f"survivors-progress-{aged}")
    assert "images" not in page.url
    assert kept(page) == []


def test_the_way_out_leads_elsewhere_and_the_browsers_button_not_back(open_page: OpenPage) -> None:
    page = open_page("/info/ask/", width=390)
    page.route("https://www.wikipedia.org/**", lambda route: route.fulfill(body="elsewhere", content_type="text/html"))
    page.get_by_role("link", name="Leave now").click()
    page.wait_for_url("https://www.wikipedia.org/")
    assert page.evaluate("history.length") <= 2
    page.goto("/info/help/")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.wait_for_url("https://www.wikipedia.org/")
    assert page.evaluate("document.referrer") == ""


def test_whoever_presses_back_after_the_way_out_or_a_link_sees_nothing_of_what_was_asked(open_page: OpenPage) -> None:
    page = open_page("/public/how/", width=390)
    page.route("https://www.wikipedia.org/**", lambda route: route.fulfill(body="elsewhere", content_type="text/html"))
    page.goto("/info/")
    page.get_by_role("link", name="Ask us to get it removed").click()
    page.get_by_label("I am 18 or older, and it is about me").check()
    page.get_by_label("Pictures or videos").check()
    page.get_by_label("No, or I do not know").check()
    page.get_by_label("What do you want to tell us?").fill("My own words")
    page.get_by_role("button", name="Send").click()
    secret = page.locator("#secret").inner_text()
    number = page.locator("#reference").inner_text()
    assert page.evaluate("document.activeElement.tagName") == "H1"
    page.reload()
    assert secret not in page.locator("body").inner_text()
    page.get_by_role("link", name="Check your request").click()
    page.locator("[name=reference]").fill(number)
    page.locator("[name=secret]").fill("not this one")
    page.get_by_role("button", name="Show").click()
    assert "We do not know this number" in page.get_by_role("alert").inner_text()
    page.locator("[name=secret]").fill(secret)
    page.get_by_role("button", name="Show").click()
    page.get_by_role("heading", name="We have your request").wait_for()
    page.get_by_role("link", name="Help lines", exact=True).click()
    page.get_by_role("heading", name="In every country").wait_for()
    page.get_by_role("link", name="Leave now").click()
    page.wait_for_url("https://www.wikipedia.org/")
    page.go_back()
    assert page.url.endswith("/public/how/")
    page.go_forward()
    assert page.url == "https://www.wikipedia.org/"


def test_a_screen_reader_stands_at_what_is_not_clear_and_else_at_the_beginning_of_the_answer(
    open_page: OpenPage,
) -> None:
    page = open_page("/info/follow/", width=390)
    page.locator("[name=reference]").fill("1234567890")
    page.locator("[name=secret]").fill("not this one")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("alert").filter(has_text="We do not know this number").wait_for()
    assert page.evaluate("document.activeElement.getAttribute('role')") == "alert"
    page.goto("/info/ask/")
    page.get_by_role("button", name="Send").click()
    page.get_by_role("alert").filter(has_text="Something is not clear").wait_for()
    assert page.evaluate("document.activeElement.getAttribute('role')") == "alert"
    assert page.get_by_role("alert").filter(has_text="Something is not clear").bounding_box() is not None
    assert page.get_by_text("Please choose one.").count() == 3
    page.get_by_label("I am under 18, and it is about me").check()
    page.get_by_label("Pictures or videos").check()
    page.get_by_label("No, or I do not know").check()
    page.get_by_label("What do you want to tell us?").fill("My own words")
    page.get_by_role("button", name="Send").click()
    page.locator("#secret").wait_for()
    assert page.evaluate("document.querySelector('h1').contains(getSelection().anchorNode)")


@pytest.mark.sampled(1)
@pytest.mark.parametrize("script", [True, False])
def test_another_language_takes_neither_the_secret_nor_what_was_written_away(open_page: OpenPage, script: bool) -> None:
    page = open_page("/info/ask/", width=390, script=script)
    page.get_by_label("What do you want to tell us?").fill("My first words")
    page.get_by_role("button", name="Deutsch").click()
    page.get_by_role("heading", name="Um Löschung bitten").wait_for()
    assert page.locator("[name=words]").input_value() == "My first words"
    page.get_by_role("button", name="English").click()
    page.get_by_label("I am under 18, and it is about me").check()
    page.get_by_label("Pictures or videos").check()
    page.get_by_label("No, or I do not know").check()
    page.get_by_label("What do you want to tell us?").fill("My own words")
    page.get_by_role("button", name="Send").click()
    kept = page.locator("#secret").inner_text(), page.locator("#reference").inner_text()
    assert page.get_by_role("link", name="Deutsch").count() == 0
    page.get_by_role("button", name="Deutsch").click()
    page.get_by_role("heading", name="Was jetzt geschieht").wait_for()
    assert page.locator("html").get_attribute("lang") == "de"
    assert page.get_by_role("link", name="Schnell weg").count() == 1
    assert (page.locator("#secret").inner_text(), page.locator("#reference").inner_text()) == kept
    page.get_by_role("link", name="Stand Ihrer Anfrage").click()
    page.locator("#id_reference").fill("12")
    page.locator("#id_secret").fill("not mine")
    page.get_by_role("button", name="Anzeigen").click()
    page.get_by_role("button", name="English").click()
    page.get_by_role("button", name="Show").wait_for()
    assert page.locator("#id_reference").input_value() == "12"
    page.locator("#id_reference").fill(kept[1])
    page.locator("#id_secret").fill(kept[0])
    page.get_by_role("button", name="Show").click()
    page.get_by_role("heading", name="We have your request and are working on it").wait_for()
    page.get_by_role("button", name="Français").click()
    page.get_by_role("heading", name="Où en est votre demande").wait_for()
    assert page.get_by_role("button", name="English").count() == 1


@pytest.mark.sampled(1)
@pytest.mark.parametrize("script", [True, False])
def test_enter_in_a_field_sends_what_is_written_and_changes_no_language(open_page: OpenPage, script: bool) -> None:
    page = open_page("/info/follow/?language=de", width=390, script=script)
    page.locator("[name=reference]").fill("0000000000")
    page.locator("[name=secret]").fill("abcdefghjkmnpqrs")
    page.locator("[name=secret]").press("Enter")
    page.locator("[role=alert]:visible").first.wait_for()
    assert page.locator("html").get_attribute("lang") == "de"
    assert "kennen" in page.locator("[role=alert]:visible").first.inner_text()


@pytest.mark.sweep
def test_no_field_is_called_invalid_before_anything_is_written_and_hints_are_said(open_page: OpenPage) -> None:
    page = open_page("/info/ask/")
    for path in ("/info/ask/", "/info/follow/", "/info/proof/"):
        page.goto(path)
        assert page.locator("form:invalid, fieldset:invalid, :is(input, textarea):invalid").count() == 0, path
    page.goto("/info/ask/")
    danger = page.get_by_role("group", name="Is somebody under 18 in danger now?")
    assert "our contact at the police gets everything" in danger.locator("legend").inner_text()


@pytest.mark.sweep
def test_a_help_line_is_said_once_with_its_name_and_number(open_page: OpenPage) -> None:
    page = open_page("/info/")
    line = page.locator(".help-lines li").first
    link = line.get_by_role("link").first  # the other one is of text messages
    assert line.inner_text().startswith(f"{link.inner_text()} (for children and young people)")
    assert link.get_attribute("aria-label") is None
    assert link.locator("[lang]").count() == 1


def test_what_was_written_stays_when_there_is_no_connection(open_page: OpenPage) -> None:
    from orbweaver.follow.survivors.models import Request

    page = open_page("/info/ask/", width=390)
    page.get_by_label("I am 18 or older, and it is about me").check()
    page.get_by_label("Pictures or videos").check()
    page.get_by_label("No, or I do not know").check()
    page.get_by_label("What do you want to tell us?").fill("My own words")
    page.context.set_offline(True)
    page.get_by_role("button", name="Send").click()
    page.get_by_text("It could not be sent").wait_for()
    page.context.set_offline(False)
    page.get_by_role("button", name="Send").click()
    page.locator("#secret").wait_for()
    assert Request.objects.get().words == "My own words"


def test_what_was_written_stays_when_we_fail(open_page: OpenPage) -> None:
    page = open_page("/info/ask/", width=390)
    page.get_by_label("I am 18 or older, and it is about me").check()
    page.get_by_label("Pictures or videos").check()
    page.get_by_label("No, or I do not know").check()
    page.get_by_label("What do you want to tell us?").fill("My own words")
    failed = {"status": 502, "content_type": "text/html", "body": "<main><h1>Bad gateway</h1></main>"}
    page.route("**/info/ask/", lambda route: route.fulfill(**failed))
    page.get_by_role("button", name="Send").click()
    page.get_by_text("It could not be sent").wait_for()
    assert page.get_by_label("What do you want to tell us?").input_value() == "My own words"
    page.unroute("**/info/ask/")
    page.get_by_role("button", name="Send").click()
    page.locator("#secret").wait_for()


def test_everything_works_without_script_and_in_french(open_page: OpenPage) -> None:
    page = open_page("/info/?language=fr", script=False)
    shoot(page, "survivors-french")
    page.get_by_role("link", name="Demander le retrait").click()
    page.get_by_label("Il s’agit de mon enfant").check()
    page.get_by_label("Les deux").check()
    page.get_by_label("Non, ou je ne sais pas").check()
    page.get_by_label("Que voulez-vous nous dire").fill("Ma fille a neuf ans.")
    page.get_by_role("button", name="Envoyer").click()
    assert "Merci" in page.locator("h1").inner_text()
    reference, secret = page.locator("#reference").inner_text(), page.locator("#secret").inner_text()
    page.get_by_role("link", name="Suivre ma demande").click()
    page.locator("[name=reference]").fill(reference)
    page.locator("[name=secret]").fill(secret)
    page.get_by_role("button", name="Afficher").click()
    assert "Où en est votre demande" in page.locator("h1").inner_text()


@pytest.mark.sweep
def test_survivor_support_reads_promises_and_asks_a_company_about_words(hotline: Hotline, open_page: OpenPage) -> None:
    from orbweaver.follow.survivors.models import Request, SafetyNotice
    from orbweaver.follow.survivors.services import Asked, ask
    from orbweaver.notify.providers.services import add_contact, add_provider
    from orbweaver.people.accounts.rules import Role
    from orbweaver.platform.clock import now

    from .conftest import make_person, sign_in

    make_person("Sol", hotline.organisation, Role.SURVIVOR_SUPPORT)
    add_contact(add_provider("Forums", now=now(), domains=["forum.example"]), "abuse@forum.example", now=now())
    page_of_words = ["https://forum.example/thread/9"]
    ask(Asked(Request.Capacity.ADULT, Request.Aim.TEXT, at_risk=False, urls=page_of_words, words="It names me."), now())
    ask(Asked(Request.Capacity.FAMILY, Request.Aim.PICTURE, at_risk=True, words="She is nine.\nHe lives here."), now())
    page = open_page("/requests/")
    sign_in(page, "Sol")
    shoot(page, "survivors-support")
    first, second = page.locator("tbody tr th a").all()
    assert "A child in danger" in page.locator("tbody tr").first.inner_text()
    first.click()
    shoot(page, "survivors-support-danger")
    assert "She is nine." in page.locator("main").inner_text()
    page.go_back()
    second.click()
    page.get_by_role("button", name="Ask the company", exact=True).click()
    page.get_by_label("What was promised").fill("We call on Friday.")
    page.get_by_label("By which day").fill("2026-12-04")
    page.get_by_role("button", name="Keep it").click()
    shoot(page, "survivors-support-words")
    assert "We call on Friday." in page.locator("main").inner_text()
    assert SafetyNotice.objects.get().address == "abuse@forum.example"


@pytest.mark.sampled(1)
@pytest.mark.parametrize("script", [True, False])
def test_a_document_that_is_too_large_is_said_beside_its_field_and_the_form_stays(
    open_page: OpenPage, tmp_path: Path, script: bool
) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8\xff" + bytes(10 * 2**20))
    page = open_page("/info/proof/", script=script)
    page.get_by_label("I am the person in the picture or video").check()
    page.get_by_label("What do you want to tell us?").fill("It was my birthday.")
    page.get_by_label("A document that proves it").set_input_files(tmp_path / "photo.jpg")
    page.get_by_role("button", name="Send").click()
    page.locator("#proof .error", has_text="larger than 10 MB").filter(visible=True).wait_for()
    assert page.get_by_label("What do you want to tell us?").input_value() == "It was my birthday."
    shoot(page, f"survivors-document-too-large-{script}")


def test_a_lawyer_prints_a_slip_and_goes_on_to_the_next_client(open_page: OpenPage) -> None:
    page = open_page("/info/ask/")
    page.get_by_label("I am helping somebody").check()
    page.locator("#helping summary").click()
    page.get_by_label("What is your name").fill("Lee, of Lee and Partners")
    page.get_by_label("Pictures or videos").check()
    page.get_by_label("No, or I do not know").check()
    page.get_by_label("What do you want to tell us?").fill("My first client.")
    page.get_by_role("button", name="Send").click()
    page.locator("#reference").wait_for()
    page.emulate_media(media="print")
    for shown in ("#reference", "#secret", ".printed"):
        assert page.locator(shown).is_visible()
    for hidden in (".leave-bar", "#next", "#talk", "#next-one", ".foot", ".slip summary >> nth=0"):
        assert not page.locator(hidden).is_visible()
    shoot(page, "survivors-slip")
    page.emulate_media(media="screen")
    page.get_by_role("button", name="Ask for the next person").click()
    page.get_by_label("What is your name").wait_for()
    assert page.get_by_label("What is your name").input_value() == "Lee, of Lee and Partners"
    assert page.get_by_label("What do you want to tell us?").input_value() == ""
    assert page.get_by_label("I am helping somebody").is_checked()


@pytest.mark.parametrize("language", ["en", "de", "fr"])
def test_the_answer_with_number_and_code_is_read_within_four_screens_of_a_small_telephone(
    open_page: OpenPage, language: str
) -> None:
    """The longest: of texts and pictures, with a danger now."""
    page = open_page(f"/info/ask/?language={language}", width=320)
    for name, value in (("capacity", "child"), ("danger", "yes"), ("aim", "both")):
        page.locator(f"[name={name}][value={value}]").check()
    page.locator("[name=urls]").fill("https://images.example/me.png")
    page.locator("#ask .primary").click()
    page.locator("#reference").wait_for()
    assert page.evaluate("document.documentElement.scrollHeight") <= 4 * 640
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
