"""Clients that are slow, break off or send too much: each gets a clear answer or none, and honest ones get theirs."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx
import pytest

from orbweaver.people.accounts.rules import Permission

from .conftest import MakeKey, Running
from .things import picture

pytestmark = pytest.mark.django_db(transaction=True)
Dial = Callable[[], socket.socket]


@pytest.fixture
def dial(running: Running) -> Iterator[Dial]:
    """Opens bare connections to the port."""
    with ExitStack() as stack:

        def connect() -> socket.socket:
            port = int(running.address.rpartition(":")[2])
            return stack.enter_context(socket.create_connection(("127.0.0.1", port), 10))

        yield connect


def head(key: str, *more: str, path: str = "/v1/media/") -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: api.example", f"Authorization: Bearer {key}", *more, "", ""]
    return "\r\n".join(lines).encode()


def answer_on(connection: socket.socket) -> bytes:
    connection.settimeout(60)  # on a machine that is busy with other tests
    received = b""
    while chunk := connection.recv(65536):
        received += chunk
    return received


def test_what_breaks_off_gets_no_verdict(dial: Dial, key: MakeKey) -> None:
    """Its digest would be that of something else, so not even of what came is anything said."""
    body = picture()
    for lines, sent in (
        ([f"Content-Length: {len(body)}"], body[:-1]),
        (["Transfer-Encoding: chunked"], b"%x\r\n%s\r\n" % (len(body), body)),
        (["Transfer-Encoding: chunked"], b"%x\r\n%s" % (len(body), body[:-1])),
    ):
        connection = dial()
        connection.sendall(head(key(), *lines) + sent)
        connection.shutdown(socket.SHUT_WR)
        assert b"classification" not in answer_on(connection)


def test_a_client_that_says_that_it_sends_no_more_is_answered(dial: Dial, key: MakeKey) -> None:
    """With its verdict for what came whole, with an error for what did not."""
    body = picture()
    for promised, status, said in ((len(body), b"200", b"classification"), (len(body) + 1, b"400", b"broke off")):
        connection = dial()
        connection.sendall(head(key(), f"Content-Length: {promised}") + body)
        connection.shutdown(socket.SHUT_WR)
        answer = answer_on(connection)
        assert (answer.split(b" ", 2)[1], said in answer) == (status, True)
    idle = dial()
    idle.sendall(b"GET /hma/status HT")
    idle.shutdown(socket.SHUT_WR)
    assert answer_on(idle) == b""


def test_what_is_too_large_is_refused_before_it_is_sent(dial: Dial, key: MakeKey) -> None:
    connection = dial()
    connection.sendall(head(key(), "Content-Length: 99999999999"))
    assert answer_on(connection).startswith(b"HTTP/1.1 413 ")
    small = dial()
    small.sendall(head(key(), "Content-Length: 99999999", "Content-Type: application/json", path="/v1/pdq/"))
    assert answer_on(small).startswith(b"HTTP/1.1 413 ")


def test_nobody_without_a_key_is_listened_to(dial: Dial, key: MakeKey) -> None:
    connection = dial()
    connection.sendall(head("owk_00000000_none", "Content-Length: 50000000"))
    assert answer_on(connection).startswith(b"HTTP/1.1 401 ")


@pytest.mark.parametrize(
    "lines",
    [
        ["Content-Length: 5", "Content-Length: 6"],
        ["Content-Length: 5", "Transfer-Encoding: chunked"],
        ["Transfer-Encoding: gzip, chunked"],
        ["Content-Length: -5"],
    ],
)
def test_a_length_that_is_not_clear_is_refused(dial: Dial, key: MakeKey, lines: list[str]) -> None:
    connection = dial()
    connection.sendall(head(key(), *lines) + b"5\r\nhello\r\n0\r\n\r\n")
    assert answer_on(connection).split(b" ", 2)[1] == b"400"


def test_packed_bodies_are_not_taken_for_files(browse: httpx.Client) -> None:
    answer = browse.post("/v1/media/", content=picture(), headers={"Content-Encoding": "gzip"})
    assert (answer.status_code, set(answer.json())) == (415, {"detail"})


def test_uploads_that_have_begun_and_wait_stop_nobody(dial: Dial, key: MakeKey, browse: httpx.Client) -> None:
    browse.post("/v1/media/", content=picture())
    began = time.monotonic()
    browse.post("/v1/media/", content=picture())
    usual = time.monotonic() - began
    begun = head(key(), "Content-Length: 60000000")
    for _ in range(200):
        dial().sendall(begun + b"x" * 60_000)
    for _ in range(100):
        dial().sendall(begun[:40])
    browse.post("/v1/media/", content=picture())
    times = []
    for _ in range(10):
        began = time.monotonic()
        assert browse.post("/v1/media/", content=picture()).status_code == 200
        times.append(time.monotonic() - began)
    assert sorted(times)[5] < max(1, 5 * usual)  # on a busy machine one picture takes its time without a flood


CALLS = {
    "/v1/media/": "POST",
    "/v1/url/": "POST",
    "/v1/pdq/": "POST",
    "/api/v1/scan": "POST",
    "/api/v1/scan/url": "POST",
    "/api/v1/scan/hashes": "POST",
    "/hma/h/hash": "POST",
    "/hma/m/lookup": "POST",
    "/hma/m/compare": "POST",
    "/hma/c/banks": "POST",
    "/hma/c/bank/NONE": "PUT",
    "/hma/c/bank/NONE/content": "POST",
    "/hma/c/bank/NONE/signal": "POST",
    "/hashsharing/v2/entries": "POST",
    "/stopncii/v1/FetchHashes": "POST",
}
FORM = {"Content-Type": "multipart/form-data; boundary=x"}
BODIES: dict[str, tuple[bytes, dict[str, str]]] = {
    "nothing": (b"", {}),
    "NUL": (bytes(1000), {"Content-Type": "application/json"}),
    "deep": (b'{"hashes":' + b"[" * 200_000, {"Content-Type": "application/json"}),
    "digits": (
        b'{"hashes": [%s], "url": %s, "name": %s}' % ((b"9" * 100_000,) * 3),
        {"Content-Type": "application/json"},
    ),
    "beyond numbers": (b'{"name": "A", "hashes": [1e999], "enabled_ratio": 1e999, "disable_until_ts": -1e999}', {}),
    "objects": (b'{"hashes": [{}' + b",{}" * 600_000 + b"]}", {"Content-Type": "application/json"}),
    "list": (b"[1, 2]", {"Content-Type": "application/json"}),
    "null": (b"null", {"Content-Type": "application/json"}),
    "odd values": (b'{"hashes": {"a": NaN}, "url": [], "name": 7, "pdq": null, "note": "\\u0000"}', {}),
    "lone surrogate": (b'{"hashes": ["\\ud800"], "url": "\\ud800", "name": "\\ud800"}', {}),
    "packed": (b"\x1f\x8b\x08", {"Content-Encoding": "gzip"}),
    "a form that ends": (b'--x\r\nContent-Disposition: form-data; name="photo"\r\n\r\nabc', FORM),
    "a form without a name": (b"--x\r\n\r\nabc\r\n--x--\r\n", FORM),
    "a picture that ends": (picture()[:3000], {"Content-Type": "image/jpeg"}),
}


def in_its_own_form(answer: httpx.Response) -> bool:
    """Whether an error is said as clients of this door read errors."""
    door = answer.request.url.path.split("/")[1]
    if door == "hashsharing":
        return answer.headers["Content-Type"].startswith(("application/xml", "text/xml"))
    said = answer.json()
    if door == "api":
        return answer.headers["Content-Type"] == "application/problem+json" and said["status"] == answer.status_code
    return isinstance(said, list) or set(said) <= {"detail", "message", "error", "statusCode"}


def test_every_call_answers_every_bad_body_in_its_own_form(address: str, key: MakeKey) -> None:
    scopes = (Permission.SCAN_USE, Permission.LIST_READ, Permission.LIST_EDIT)
    wrong = []
    with httpx.Client(base_url=address, auth=("any", key(*scopes)), timeout=90) as client:
        for path, method in CALLS.items():
            for name, (body, headers) in BODIES.items():
                answer = client.request(method, path, content=body, headers=headers)
                is_file = path in ("/v1/media/", "/api/v1/scan") and name not in ("nothing", "packed")
                is_right = answer.status_code == 200 if is_file else 400 <= answer.status_code < 500
                if not is_right or not (is_file or in_its_own_form(answer)):
                    wrong.append((path, name, answer.status_code, answer.text[:80]))
    assert wrong == []


def test_odd_requests_are_no_errors_of_ours(dial: Dial, key: MakeKey) -> None:
    for line in (
        b"GET //// HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /%00%ff/../v1 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET http://other.example/hma/status HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /hma/m/lookup?signal=%ff%00&signal_type=pdq&banks=%00 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"BREW /v1/media/ HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    ):
        connection = dial()
        connection.sendall(line)
        connection.shutdown(socket.SHUT_WR)
        assert b"HTTP/1.1 5" not in answer_on(connection)


NO_HTTP = (
    (b"GET /v1/media/ \x00HTTP/9\r\n\r\n", b"detail"),
    (b"POST /api/v1/scan HTTP/1.1\r\nHo\x01st: x\r\n\r\n", b"application/problem+json"),
    (b"GET /hma/status HTTP/1.1\r\nX: " + b"a" * 100_000 + b"\r\n\r\n", b'"message"'),
    (b"GET /hashsharing/v2/status HTTP/1.1\r\n: x\r\n\r\n", b"application/xml"),
    (b"GET /stopncii/v1/FetchHashes HTTP/1.1\r\nA b: x\r\n\r\n", b"statusCode"),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b"application/problem+json"),
)


@pytest.mark.parametrize(("sent", "form"), NO_HTTP, ids=lambda value: value[:18])
def test_what_is_no_http_is_refused_in_the_form_of_its_door_and_names_no_library(
    dial: Dial, sent: bytes, form: bytes
) -> None:
    connection = dial()
    connection.sendall(sent)
    connection.shutdown(socket.SHUT_WR)
    answer = answer_on(connection)
    assert answer.split(b" ", 2)[1] in (b"400", b"431")
    assert form in answer
    assert b"aiohttp" not in answer
    assert b"Server: orbweaver" in answer


def test_the_next_request_on_a_connection_is_refused_in_the_form_of_its_own_door(dial: Dial) -> None:
    connection = dial()
    connection.sendall(b"GET /hma/status HTTP/1.1\r\nHost: x\r\n\r\n")
    assert b"I-AM-ALIVE" in connection.recv(65536)
    connection.sendall(b"GET /hashsharing/v2/status HTTP/1.1\r\n: x\r\n\r\n")
    assert b"application/xml" in answer_on(connection)
