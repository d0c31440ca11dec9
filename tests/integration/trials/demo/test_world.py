"""The demo's world, as a process of its own: sites, mail, providers that act on what they read."""

from __future__ import annotations

import json
import os
import smtplib
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from orbweaver.fingerprints import fingerprint
from orbweaver.platform.clock import real_now
from orbweaver_trials.demo.browser import Browser
from orbweaver_trials.demo.plan import BOARD, FILLERS_PER_ALBUM, IGNORING, LATE, POSTED_AGAIN, QUICK, Exhibit, Host


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    ledger = tmp_path_factory.mktemp("world") / "ledger.json"
    clock = {"ORBWEAVER_CLOCK_SPEED": "36000", "ORBWEAVER_CLOCK_EPOCH": real_now().isoformat()}
    environment = os.environ | clock
    command = [sys.executable, "-m", "orbweaver_trials.demo.world", str(ledger)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
        process.terminate()
        assert process.wait(10) == 0


def ledger_of(world: dict[str, Any]) -> dict[str, Any]:
    book: dict[str, Any] = json.loads(Browser().get(world["control"] + "/ledger").body)
    return book


def send(world: dict[str, Any], host: Host, url: str) -> None:
    message = EmailMessage()
    message["Message-ID"], message["From"], message["To"] = "<a@hotline.example>", "h@hotline.example", host.mailbox
    message.set_content("A notice.")
    message.add_attachment(json.dumps({"url": url}).encode(), "application", "json")
    with smtplib.SMTP(world["smtp_host"], world["smtp_port"], timeout=10) as server:
        server.send_message(message)


def is_gone(url: str, within_s: float) -> bool:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=5):
                time.sleep(0.05)
        except urllib.error.HTTPError as error:
            return error.code == 404
    return False


def test_every_page_says_that_it_is_a_demonstration(world: dict[str, Any]) -> None:
    for address in world["hosts"].values():
        for path in ("/", "/album/0/"):
            assert Browser().get(address + path).text.startswith("Demonstration.")


def test_an_album_shows_pictures_that_can_be_fingerprinted(world: dict[str, Any]) -> None:
    address = world["hosts"]["quickstep"]
    sources = [image.attributes["src"] for image in Browser().get(f"{address}/album/0/").tree.css("img")]
    assert len(sources) > FILLERS_PER_ALBUM
    for source in sources:
        assert fingerprint(Browser().get(f"{address}{source}").body).pdq is not None


def test_a_provider_that_removes_at_once_does(world: dict[str, Any]) -> None:
    url = world["hosts"]["quickstep"] + Exhibit(QUICK, 0, 1).path
    assert not is_gone(url, 0.1)
    send(world, QUICK, url)
    assert is_gone(url, 5)


def test_a_provider_that_removes_late_takes_its_time(world: dict[str, Any]) -> None:
    url = world["hosts"]["leisure"] + Exhibit(LATE, 1, 5).path
    send(world, LATE, url)
    assert not is_gone(url, 1.0)
    assert is_gone(url, 5)


def test_a_busy_mail_server_asks_once_to_come_again_and_a_provider_that_ignores_keeps_all(
    world: dict[str, Any],
) -> None:
    url = world["hosts"]["stonewall"] + Exhibit(IGNORING, 2, 7).path
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        send(world, IGNORING, url)
    assert [event["to"] for event in ledger_of(world)["refused"]] == [IGNORING.mailbox]
    send(world, IGNORING, url)
    assert not is_gone(url, 1.0)
    assert [mail["urls"] for mail in ledger_of(world)["mails"] if mail["provider"] == "stonewall"] == [[url]]


def test_what_robots_txt_closes_is_watched(world: dict[str, Any]) -> None:
    address = world["hosts"]["lantern"]
    assert "/private/" in Browser().get(f"{address}/robots.txt").body.decode()
    before = len(ledger_of(world)["trespasses"])
    Browser().get(f"{address}/private/diary.html")
    assert len(ledger_of(world)["trespasses"]) == before + 1


def test_the_book_on_disk_is_what_the_world_serves(world: dict[str, Any], tmp_path_factory: Any) -> None:
    on_disk = json.loads(next(Path(tmp_path_factory.getbasetemp()).glob("world*/ledger.json")).read_text())
    assert on_disk["mails"] == ledger_of(world)["mails"]


@pytest.mark.sweep
def test_what_was_removed_is_posted_again_on_the_page_where_it_was_and_goes_as_the_first_did(
    world: dict[str, Any],
) -> None:
    address = world["hosts"]["lantern"]
    first = address + Exhibit(BOARD, POSTED_AGAIN.album, POSTED_AGAIN.seed, POSTED_AGAIN.edit).path
    bytes_before = Browser().get(first).body
    send(world, BOARD, first)
    assert is_gone(first, 5)
    browser = Browser()
    asked = browser.post(browser.get(world["control"] + "/ledger"), world["control"] + "/post-again", [])
    url = json.loads(asked.body)["url"]
    page = Browser().get(f"{address}/album/{POSTED_AGAIN.album}/")
    assert url.removeprefix(address) in {image.attributes["src"] for image in page.tree.css("img")}
    assert Browser().get(url).body == bytes_before
    send(world, BOARD, url)
    assert is_gone(url, 5)
