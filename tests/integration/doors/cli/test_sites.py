"""``orbweaver sites`` and ``orbweaver crawl`` as a person or a script types them."""

from __future__ import annotations

import contextlib
import io
import json
import socket
import threading
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from orbweaver.detect.crawl.models import Lead
from orbweaver.doors.cli import build
from orbweaver.doors.cli.crawl import _add_leads
from orbweaver.people.audit.models import Event

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _the_tests_own_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands use the database that the tests have already."""

    @contextlib.contextmanager
    def opened(**_: object) -> Iterator[None]:
        yield

    for name in ("sites", "crawl"):
        monkeypatch.setattr(f"orbweaver.doors.cli.{name}.open_session", opened)


def run(*words: str) -> Result:
    return CliRunner().invoke(build(), list(words))


def test_a_site_is_set_switched_and_listed() -> None:
    assert run("sites", "list", "--json").stdout == ""
    done = run("sites", "set", "a.example:81", "--delay", "2", "--past-robots", "A court order of today", "--json")
    shown = json.loads(done.stdout)
    assert (shown["site"], shown["delay_s"], shown["switched_off"]) == ("a.example:81", 2.0, False)
    assert shown["robots_authority"] == "A court order of today"
    assert "a.example:81 is off." in run("sites", "off", "a.example:81").stdout
    [row] = [json.loads(line) for line in run("sites", "list", "--changed", "--json").stdout.splitlines()]
    assert row["switched_off"]
    assert "is not followed" in run("sites", "list").stdout
    assert run("sites", "on", "a.example:81").exit_code == 0
    assert set(Event.objects.values_list("kind", flat=True)) == {
        "site.changed",
        "site.switched_off",
        "site.switched_on",
    }


def test_with_all_crawling_off_no_crawl_begins() -> None:
    assert json.loads(run("sites", "off", "--everything", "--json").stdout) == {"crawling": "off"}
    refused = run("crawl", "http://127.0.0.1:1/")
    assert refused.exit_code != 0
    assert type(refused.exception).__name__ == "CrawlingIsOff"
    assert json.loads(run("sites", "on", "--everything", "--json").stdout) == {"crawling": "on"}


@pytest.mark.parametrize("words", [("off",), ("off", "a.example", "--everything")])
def test_a_switch_needs_one_thing_to_switch(words: tuple[str, ...]) -> None:
    assert run("sites", *words).exit_code == 2


def test_a_list_of_addresses_is_crawled_from_each_of_its_lines(tmp_path: Path, set_config: Callable[..., None]) -> None:
    set_config(data_dir=tmp_path / "data", decode_workers=1)
    listed = tmp_path / "addresses.txt"
    listed.write_text("\ufeff# from a partner\nhttp://127.0.0.1:1/a\n\n  http://127.0.0.1:1/b \nnonsense\n")
    done = run("crawl", "http://127.0.0.1:1/typed", "--from", str(listed), "--json")
    found = json.loads(done.stdout)
    assert (done.exit_code, len(found["leads"])) == (4, 3)
    assert {lead["error"] for lead in found["leads"]} == {"address_blocked"}
    assert sorted(Lead.objects.values_list("url", "source")) == [
        ("http://127.0.0.1:1/a", "list"),
        ("http://127.0.0.1:1/b", "list"),
        ("http://127.0.0.1:1/typed", "operator"),
    ]


class _LockedArchive(BaseHTTPRequestHandler):
    """A site where everything is an archive of one encrypted member."""

    def do_GET(self) -> None:
        found = self.path == "/a.zip"
        self.send_response(200 if found else 404)
        self.end_headers()
        self.wfile.write(_locked() if found else b"")

    def log_message(self, *_: object) -> None:
        """Nothing."""


def _locked() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as opened:
        opened.writestr("a.jpg", b"hidden")
    body = bytearray(buffer.getvalue())
    body[6] |= 1
    body[body.index(b"PK\1\2") + 8] |= 1
    return bytes(body)


@pytest.fixture
def locked_archive(tmp_path: Path, set_config: Callable[..., None]) -> Iterator[str]:
    set_config(data_dir=tmp_path / "data", decode_workers=1, network_allow="127.0.0.1:*", crawl_host_delay_s=0.0)
    with ThreadingHTTPServer(("127.0.0.1", 0), _LockedArchive) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/a.zip"
        server.shutdown()


def test_an_archive_that_was_looked_at_in_part_is_said_and_is_no_error(locked_archive: str) -> None:
    done = run("crawl", locked_archive, "--json")
    found = json.loads(done.stdout)
    [lead] = found["leads"]
    assert (done.exit_code, found["failures"], found["partly"]) == (0, 0, 1)
    assert (lead["status"], lead["error"], lead["partly"]) == (200, None, "archive_locked")
    assert "encrypted" in lead["reason"]
    read = run("crawl", locked_archive)
    assert read.exit_code == 0
    assert f"{Lead.objects.latest('pk').public_id}: A part of the archive is encrypted" in read.stderr
    assert "Looked at only in part: 1." in read.stderr


def test_what_could_not_be_reached_is_said_with_what_happens_next(
    tmp_path: Path, set_config: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orbweaver.detect.crawl.rules.RETRY_S", 0.1)
    set_config(data_dir=tmp_path / "data", decode_workers=1, network_allow="127.0.0.1:*", crawl_host_delay_s=0.0)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    told = run("crawl", f"http://127.0.0.1:{port}/", "--json")
    found = json.loads(told.stdout)
    assert (told.exit_code, found["failures"], found["put_off"]) == (4, 0, 1)
    assert found["leads"][0]["error"] == "refused"
    read = run("crawl", f"http://127.0.0.1:{port}/")
    assert "0 matches, 0 failed." in read.stdout
    assert "could not be reached for now: 1. `orbweaver up`" in read.stderr


def test_a_crawl_from_nowhere_is_refused() -> None:
    assert type(run("crawl").exception).__name__ == "NoLead"


def test_a_lead_from_the_command_line_is_in_the_audit_log() -> None:
    [lead], refused = _add_leads(["http://a.example/", "nonsense"], "why")
    event = Event.objects.get(kind="lead.added")
    assert (event.subject, event.actor_label, event.details, refused) == (
        lead.public_id,
        "command line",
        {"source": "operator"},
        1,
    )
