"""A survivor's pages in Firefox: asking, leaving, what stays in its history, following, and hashing at home."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.e2e.conftest import hotline, open_page
from tests.e2e.firefox_marionette import Firefox
from tests.e2e.test_enter_on_survivors_pages import (
    test_enter_sends_the_form_it_is_pressed_in,
    test_the_state_is_shown_by_enter_and_its_forms_keep_the_language,
    test_what_is_sent_by_enter_is_answered_in_the_language_it_was_written_in,
)
from tests.e2e.test_hashing_at_home import (
    test_520_pictures_of_every_kind_are_hashed_as_we_hash_them,
    test_a_video_of_four_gigabytes_is_hashed_piece_by_piece_in_little_memory,
    test_as_one_file_from_disk_it_is_the_same_bytes_and_connects_to_nobody,
    test_fingerprints_are_made_without_a_network_and_are_those_that_we_make,
    test_pictures_out_of_a_video_have_their_times_and_are_those_that_we_make,
    test_pictures_out_of_filmed_videos_are_those_that_we_make,
    test_what_a_browser_cannot_see_is_said_plainly_and_has_exact_fingerprints,
    test_what_hashes_may_connect_to_nobody_not_to_us_either,
    test_what_is_sent_are_the_fingerprints_and_not_a_byte_of_the_picture,
)
from tests.e2e.test_survivor_journey import (
    test_a_child_asks_on_a_phone_and_nothing_stays_in_the_browser,
    test_survivor_support_reads_promises_and_asks_a_company_about_words,
    test_the_way_out_leads_elsewhere_and_the_browsers_button_not_back,
)

from .test_in_firefox import chromium, window
from .test_role_journeys import firefox

if TYPE_CHECKING:
    pass

__all__ = [
    "chromium",
    "firefox",
    "hotline",
    "open_page",
    "test_520_pictures_of_every_kind_are_hashed_as_we_hash_them",
    "test_a_child_asks_on_a_phone_and_nothing_stays_in_the_browser",
    "test_a_video_of_four_gigabytes_is_hashed_piece_by_piece_in_little_memory",
    "test_as_one_file_from_disk_it_is_the_same_bytes_and_connects_to_nobody",
    "test_enter_sends_the_form_it_is_pressed_in",
    "test_fingerprints_are_made_without_a_network_and_are_those_that_we_make",
    "test_pictures_out_of_a_video_have_their_times_and_are_those_that_we_make",
    "test_pictures_out_of_filmed_videos_are_those_that_we_make",
    "test_survivor_support_reads_promises_and_asks_a_company_about_words",
    "test_the_state_is_shown_by_enter_and_its_forms_keep_the_language",
    "test_the_way_out_leads_elsewhere_and_the_browsers_button_not_back",
    "test_what_a_browser_cannot_see_is_said_plainly_and_has_exact_fingerprints",
    "test_what_hashes_may_connect_to_nobody_not_to_us_either",
    "test_what_is_sent_are_the_fingerprints_and_not_a_byte_of_the_picture",
    "test_what_is_sent_by_enter_is_answered_in_the_language_it_was_written_in",
    "window",
]
pytestmark = [pytest.mark.browser, pytest.mark.soak, pytest.mark.django_db(transaction=True)]
WORDS = "My own words, of a street and a school"
OTHER = "Typed into a form of another page"
SESSION_S = 17
"""Firefox writes its session every fifteen seconds, with what stands in forms."""


def do(window: Firefox, script: str) -> Any:
    return window.ask("WebDriver:ExecuteScript", script=script, args=[])


def follow(window: Firefox, words: str) -> None:
    do(window, f"[...document.links].find(each => each.innerText.trim() === {words!r}).click()")


def remembered(profile: Path) -> list[tuple[str, str]]:
    """Addresses and titles in Firefox's own history, and what it keeps of forms, once it has ended."""
    rows = []
    for name, query in (
        ("places.sqlite", "SELECT url, coalesce(title, '') FROM moz_places WHERE hidden = 0 OR visit_count > 0"),
        ("formhistory.sqlite", "SELECT fieldname, value FROM moz_formhistory"),
    ):
        if (profile / name).exists():
            with closing(sqlite3.connect(profile / name)) as kept:
                rows += kept.execute(query).fetchall()
    return rows


def test_who_leaves_in_firefox_has_no_way_back_and_its_history_tells_nothing(
    live_server: Any, window: Firefox, tmp_path: Path
) -> None:
    window.go(f"{live_server.url}/public/how/")
    window.go(f"{live_server.url}/info/")
    follow(window, "Ask us to get it removed")
    window.wait_for("Who are you?", at="/info/ask/")
    do(window, "document.querySelector('[name=capacity][value=adult]').click()")
    do(window, "document.querySelector('[name=aim][value=picture]').click()")
    do(window, "document.querySelector('[name=danger][value=no]').click()")
    window.type("//textarea[@name='words']", WORDS)
    window.click("Send")
    window.wait_for("Thank you. We have your request.")
    number, secret = do(
        window, "return [...document.querySelectorAll('#reference, #secret')].map(each => each.innerText)"
    )
    window.ask("WebDriver:Refresh")
    assert secret not in do(window, "return document.body.innerText")
    follow(window, "Check your request")
    window.wait_for("You will not see any pictures here.", at="/info/follow/")
    window.type("//input[@name='reference']", number)
    window.type("//input[@name='secret']", secret)
    window.click("Show")
    window.wait_for("We have your request")
    do(window, "document.querySelector('#leave').click()")
    window.wait_for(at="https://www.wikipedia.org/")
    window.ask("WebDriver:Back")
    window.wait_for(at="/public/how/")
    window.close()
    kept = remembered(tmp_path / "profile")
    ours = [(url, title) for url, title in kept if "/info/" in url]
    assert ours
    assert {title for _, title in ours} <= {"Information", ""}
    for said in (number.replace(" ", ""), secret.replace(" ", ""), "street and a school"):
        assert not [row for row in kept if said in " ".join(row).replace(" ", "") or said in " ".join(row)]


def kept_by(profile: Path) -> list[str]:
    """Cookies, storage of sites and cached answers that a profile has for us, once Firefox has ended."""
    found = []
    for name, query in (
        ("cookies.sqlite", "SELECT host || name FROM moz_cookies"),
        ("storage.sqlite", "SELECT origin FROM origin"),
        ("webappsstore.sqlite", "SELECT originKey FROM webappsstore2"),
        ("favicons.sqlite", "SELECT page_url FROM moz_pages_w_icons"),
    ):
        if (profile / name).exists():
            with closing(sqlite3.connect(profile / name)) as kept:
                known = {row[0] for row in kept.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
                if query.rpartition(" ")[2] in known:
                    found += [f"{name}: {row[0]}" for row in kept.execute(query) if "127.0.0.1" in str(row[0])]
    sites = profile / "storage" / "default"
    return found + [each.name for each in sites.glob("http*")] if sites.exists() else found


def unpacked(body: bytes) -> bytes:
    """What a file of Firefox's own holds: its sessions are packed as one block of LZ4."""
    if not body.startswith(b"mozLz40\0"):
        return body
    packed, out, at = body[12:], bytearray(), 0

    def longer(count: int) -> int:
        nonlocal at
        more = 255
        while count >= 15 and more == 255:
            more = packed[at]
            at, count = at + 1, count + more
        return count

    while at < len(packed):
        token = packed[at]
        at += 1
        count = longer(token >> 4)
        out += packed[at : at + count]
        at += count
        if at < len(packed):
            back = int.from_bytes(packed[at : at + 2], "little")
            at += 2
            for _ in range(longer(token & 15) + 4):
                out.append(out[-back])
    return bytes(out)


def where(folder: Path, *said: str) -> list[str]:
    """Files of a folder with any of these words in them, in the encodings that Firefox writes, packed ones unpacked."""
    wanted = [word.encode(form) for word in said for form in ("utf-8", "utf-16-le")]
    files = {path: unpacked(path.read_bytes()) for path in folder.rglob("*") if path.is_file()}
    return sorted(str(path.relative_to(folder)) for path, body in files.items() if any(word in body for word in wanted))


def test_who_asked_and_followed_leaves_no_cookie_storage_or_word_in_the_profile_of_firefox(
    live_server: Any, window: Firefox, tmp_path: Path
) -> None:
    window.go("data:text/html,<textarea></textarea>")
    window.type("//textarea", OTHER)
    window.new_tab()
    window.go(f"{live_server.url}/info/ask/")
    for name, value in (("capacity", "adult"), ("aim", "picture"), ("danger", "no")):
        do(window, f"document.querySelector('[name={name}][value={value}]').click()")
    window.type("//textarea[@name='words']", WORDS)
    window.type("//textarea[@name='urls']", "https://images.example/of-me.png")
    time.sleep(SESSION_S)
    window.click("Send")
    window.wait_for("Thank you. We have your request.")
    keys = do(window, "return [...document.querySelectorAll('#reference, #secret')].map(each => each.innerText)")
    follow(window, "Check your request")
    window.wait_for("You will not see any pictures here.", at="/info/follow/")
    for name, key in zip(("reference", "secret"), keys, strict=True):
        window.type(f"//input[@name='{name}']", key)
    window.click("Show")
    window.wait_for("We have your request")
    assert do(window, "return [document.cookie, document.referrer, localStorage.length, sessionStorage.length]") == [
        "", "", 0, 0,
    ]  # fmt: skip
    assert do(window, "return document.title") == "Information"
    time.sleep(SESSION_S)
    do(window, "document.querySelector('#leave').click()")
    window.wait_for(at="https://www.wikipedia.org/")
    window.quit()
    profile = tmp_path / "profile"
    assert where(profile, OTHER), "what a form of another page keeps in a session is seen"
    assert (profile / "places.sqlite").exists()
    assert kept_by(profile) == []
    said = [WORDS, "of-me.png", "Thank you. We have your request.", *keys, *(key.replace(" ", "") for key in keys)]
    assert where(tmp_path, *said) == []
