"""Only a body that came whole is acted upon, however it was sent and wherever it broke off."""

from __future__ import annotations

import contextlib
import datetime as dt
import gzip
import hashlib
import itertools
import json
import time
from collections.abc import Callable

import pytest

from orbweaver.detect.hashlists.rules import EntryRow
from orbweaver.detect.hashlists.services import get_or_create_list
from orbweaver.detect.hashlists.writing import upsert_entries
from orbweaver.detect.intake.models import Report
from orbweaver.detect.matching.index import FRESH_S
from orbweaver.people.accounts.models import Organisation
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.accounts.services import create_api_key
from orbweaver_trials.demo.pictures import edited

from .conftest import Server
from .wire import LAST_CHUNK, Answer, Connection, chunk, chunked, head

pytestmark = pytest.mark.django_db(transaction=True)
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
KNOWN = edited(3)
"""What is sent where no verdict may come of it."""
SEEDS = itertools.count(100)
BOUNDARY = "frontier"
CHUNKED = {"Transfer-Encoding": "chunked"}

Key = Callable[[Permission], dict[str, str]]


@pytest.fixture
def key(organisation: Organisation) -> Key:
    return lambda scope: {"Authorization": f"Bearer {create_api_key(organisation, 'test', [scope], NOW)}"}


@pytest.fixture
def scanning(key: Key) -> dict[str, str]:
    """The key of a company that scans."""
    return key(Permission.SCAN_USE)


@pytest.fixture
def known(db: None) -> bytes:
    """A picture on a list; another one each time, as the running server's index knows those before it."""
    picture = edited(next(SEEDS))
    row = EntryRow("sha256", hashlib.sha256(picture).digest(), "csam", "unidentified", "", "NCMEC", False)
    upsert_entries(get_or_create_list("Known", "NCMEC", NOW), [row], NOW)
    time.sleep(FRESH_S + 0.1)
    return picture


def exchange(server: Server, *parts: bytes, end: bool = False) -> Answer:
    with Connection(server.port) as connection:
        for part in parts:
            connection.send(part)
        if end:
            connection.end()
        return connection.answer()


def length(data: bytes) -> dict[str, str]:
    return {"Content-Length": str(len(data))}


@pytest.mark.parametrize("sizes", [[2**20], [1, 2, 3, 5, 8, 13, 4096], [1000]], ids=str)
def test_known_material_in_chunks_is_known(
    server: Server, scanning: dict[str, str], known: bytes, sizes: list[int]
) -> None:
    parts = chunked(known, sizes)
    answer = exchange(server, head("POST", "/api/v1/scan", scanning | CHUNKED), *parts, LAST_CHUNK)
    assert (answer.status, answer.json()["classification"]) == (200, "csam"), answer
    assert answer.json()["sha256"] == hashlib.sha256(known).hexdigest()


def test_chunks_may_carry_extensions_and_trailers(server: Server, scanning: dict[str, str], known: bytes) -> None:
    parts = [chunk(known[:700], ";name=value"), chunk(known[700:], ';quoted="a; b"')]
    end = b"0\r\nX-Digest: abc\r\nX-More: def\r\n\r\n"
    answer = exchange(server, head("POST", "/api/v1/scan", scanning | CHUNKED), *parts, end)
    assert (answer.status, answer.json()["classification"]) == (200, "csam"), answer


def test_the_connection_goes_on_after_chunks(server: Server, scanning: dict[str, str], known: bytes) -> None:
    sent = head("POST", "/api/v1/scan", scanning | CHUNKED) + b"".join(chunked(known, [999])) + LAST_CHUNK
    with Connection(server.port) as connection:
        for _ in range(3):
            connection.send(sent)
            assert connection.answer().json()["classification"] == "csam"


def test_an_upload_that_breaks_off_gets_no_verdict(server: Server, scanning: dict[str, str]) -> None:
    promised = head("POST", "/api/v1/scan", scanning | {"Content-Length": str(len(KNOWN) + 1)})
    with Connection(server.port) as connection:
        connection.send(promised + KNOWN)
        connection.end()
        assert no_verdict(connection)


def no_verdict(connection: Connection) -> bool:
    """Whether the connection is ended with an error, or without a word."""
    raw = connection.rest()
    return b"classification" not in raw and (not raw or raw[:10] in (b"HTTP/1.1 4", b"HTTP/1.0 4"))


@pytest.mark.parametrize(
    "rest",
    [
        [],
        [b"0"],
        [b"0\r\n"],
        [b"0\r\nX-Trailer: unfinished\r\n"],
        [b"5\r\nabc"],
        [b"not a number\r\n"],
        [b"-5\r\nabcde\r\n", LAST_CHUNK],
        [b"3\r\nabcdef\r\n", LAST_CHUNK],
    ],
    ids=repr,
)
@pytest.mark.sampled(3)
def test_chunks_that_break_off_or_make_no_sense_get_no_verdict(
    server: Server, scanning: dict[str, str], rest: list[bytes]
) -> None:
    with Connection(server.port) as connection:
        connection.send(head("POST", "/api/v1/scan", scanning | CHUNKED) + chunk(KNOWN))
        with contextlib.suppress(ConnectionError):  # refused at the first part that makes no sense
            for part in rest:
                connection.send(part)
        connection.end()
        assert no_verdict(connection)


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Length": str(len(KNOWN)), "Transfer-Encoding": "chunked"},
        {"Transfer-Encoding": "chunked", "Content-Length": "5"},
        {"Transfer-Encoding": "chunked, identity"},
        {"Transfer-Encoding": "gzip"},
        {"Content-Length": "+5"},
        {"Content-Length": "-5"},
        {"Content-Length": "5, 6"},
        {"Content-Length": "5\r\nContent-Length: 6"},
    ],
    ids=str,
)
@pytest.mark.sampled(3)
def test_a_body_whose_length_is_told_twice_or_not_clearly_is_refused(
    server: Server, scanning: dict[str, str], headers: dict[str, str]
) -> None:
    with Connection(server.port) as connection:
        connection.send(head("POST", "/api/v1/scan", scanning | headers) + chunk(KNOWN) + LAST_CHUNK)
        connection.end()
        assert no_verdict(connection)


@pytest.mark.parametrize("headers", [{"Content-Length": "0"}, CHUNKED, {}], ids=str)
def test_an_empty_body_is_an_error_and_no_verdict(
    server: Server, scanning: dict[str, str], headers: dict[str, str]
) -> None:
    parts = [LAST_CHUNK] if headers is CHUNKED else []
    answer = exchange(server, head("POST", "/api/v1/scan", scanning | headers), *parts)
    assert (answer.status, answer.json()["code"]) == (400, "empty"), answer


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "br"])
def test_a_packed_body_gets_no_verdict(server: Server, scanning: dict[str, str], known: bytes, coding: str) -> None:
    packed = gzip.compress(known)
    headers = scanning | {"Content-Encoding": coding, "Content-Length": str(len(packed))}
    answer = exchange(server, head("POST", "/api/v1/scan", headers) + packed)
    assert (answer.status, answer.json()["code"]) == (415, "packed"), answer


def test_a_report_by_call_in_chunks_is_taken_and_a_broken_one_is_not(server: Server, key: Key) -> None:
    headers = key(Permission.REPORT_SUBMIT) | {"Content-Type": "application/json"}
    said = json.dumps({"url": "https://example.org/whole"}).encode()
    taken = exchange(server, head("POST", "/api/v1/reports", headers | CHUNKED), *chunked(said, [7]), LAST_CHUNK)
    assert taken.status == 201, taken
    broken = json.dumps({"url": "https://example.org/broken"}).encode()
    for lengths, parts in (({"Content-Length": str(len(broken) + 1)}, [broken]), (CHUNKED, chunked(broken, [9]))):
        with Connection(server.port) as connection:
            connection.send(head("POST", "/api/v1/reports", headers | lengths) + b"".join(parts))
            connection.end()
            assert no_verdict(connection)
    assert list(Report.objects.values_list("url", flat=True)) == ["https://example.org/whole"]


def test_a_report_to_the_abuse_signal_in_chunks_is_read_and_a_broken_one_is_not(server: Server, key: Key) -> None:
    headers = key(Permission.REPORT_SUBMIT) | {"Content-Type": "application/json"}
    said = json.dumps({"report": {"xarf": {}}}).encode()
    read = exchange(server, head("POST", "/abuse-signal/v1/abuse", headers | CHUNKED), *chunked(said, [3]), LAST_CHUNK)
    assert (read.status, read.json()["message"]) == (422, "This is no report in XARF.")
    with Connection(server.port) as connection:
        connection.send(head("POST", "/abuse-signal/v1/abuse", headers | CHUNKED) + chunk(said))
        connection.end()
        assert no_verdict(connection)


def form(fields: dict[str, str]) -> bytes:
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    return "".join([*parts, f"--{BOUNDARY}--\r\n"]).encode()


@pytest.fixture
def reporting(server: Server) -> tuple[dict[str, str], dict[str, str]]:
    """Headers and fields of the public report form, with the token of its page."""
    with Connection(server.port) as connection:
        connection.send(head("GET", "/public/report/"))
        page = connection.answer("GET")
    cookie = page.headers["Set-Cookie"].split(";")[0]
    headers = {"Cookie": cookie, "Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    return headers, {"csrfmiddlewaretoken": cookie.partition("=")[2], "comment": "seen today"}


def test_a_form_with_parts_in_chunks_is_taken(server: Server, reporting: tuple[dict[str, str], dict[str, str]]) -> None:
    headers, fields = reporting
    body = form(fields | {"url": "https://example.org/in-chunks"})
    answer = exchange(server, head("POST", "/public/report/", headers | CHUNKED), *chunked(body, [11, 64]), LAST_CHUNK)
    assert answer.status == 302, answer
    assert Report.objects.get().url == "https://example.org/in-chunks"


@pytest.mark.parametrize("lengths", ["chunked", "length"])
@pytest.mark.parametrize("missing", [1, 2, 20, 60])
@pytest.mark.sampled(3)
def test_a_form_with_parts_that_breaks_off_is_not_taken(
    server: Server, reporting: tuple[dict[str, str], dict[str, str]], lengths: str, missing: int
) -> None:
    headers, fields = reporting
    body = form({"url": "https://example.org/broken-off"} | fields)
    sent = body[:-missing]
    with Connection(server.port) as connection:
        if lengths == "chunked":
            connection.send(head("POST", "/public/report/", headers | CHUNKED) + b"".join(chunked(sent, [50])))
        else:
            connection.send(head("POST", "/public/report/", headers | length(body)) + sent)
        connection.end()
        assert no_verdict(connection)
    assert not Report.objects.exists()


def test_a_client_that_asks_first_is_told_to_go_on(server: Server, scanning: dict[str, str], known: bytes) -> None:
    with Connection(server.port) as connection:
        connection.send(head("POST", "/api/v1/scan", scanning | length(known) | {"Expect": "100-continue"}))
        assert connection.socket.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.send(known)
        assert connection.answer().json()["classification"] == "csam"


@pytest.mark.parametrize("other", ["websocket", "h2c"])
def test_a_body_beside_the_wish_for_another_protocol_is_read_all_the_same(
    server: Server, scanning: dict[str, str], known: bytes, other: str
) -> None:
    headers = scanning | length(known) | {"Connection": "Upgrade", "Upgrade": other}
    answer = exchange(server, head("POST", "/api/v1/scan", headers), known)
    assert (answer.status, answer.json()["classification"]) == (200, "csam"), answer


def test_requests_sent_one_behind_the_other_are_answered_in_turn(
    server: Server, scanning: dict[str, str], known: bytes
) -> None:
    once = head("POST", "/api/v1/scan", scanning | length(known)) + known
    with Connection(server.port) as connection:
        connection.send(once + head("GET", "/robots.txt") + once)
        first, second, third = connection.answer(), connection.answer("GET"), connection.answer()
    assert [first.json()["classification"], second.status, third.json()["classification"]] == ["csam", 200, "csam"]


def test_answers_without_a_body_end_where_their_heads_say(server: Server) -> None:
    path = "/static/web/orbweaver.css"
    with Connection(server.port) as connection:
        connection.send(head("GET", path))
        whole = connection.answer("GET")
        connection.send(head("HEAD", path))
        asked = connection.answer("HEAD")
        connection.send(head("GET", path, {"If-Modified-Since": whole.headers["Last-Modified"]}))
        same = connection.answer("GET")
        connection.send(head("GET", "/robots.txt"))
        assert connection.answer("GET").status == 200
    assert (asked.status, asked.headers["Content-Length"], asked.body) == (200, str(len(whole.body)), b"")
    assert (same.status, same.body) == (304, b"")
