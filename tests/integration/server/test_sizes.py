"""How much is taken in is settled before it comes: nothing large reaches memory or disk that will not be used."""

from __future__ import annotations

import re
import select
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from urllib.parse import urlencode

import pytest

from orbweaver.people.accounts.models import Organisation
from orbweaver.people.accounts.rules import Permission, Role
from orbweaver.people.accounts.services import create_api_key, create_person
from orbweaver.platform.clock import now

from .conftest import Server, StartServer, served
from .wire import Answer, Connection, chunk, head

pytestmark = pytest.mark.django_db(transaction=True)

MB = 2**20
HUGE = 800 * MB
SOME = 64 * 2**10
BOUNDARY = "frontier"
PARTS = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
FILE = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'.encode()
PASSWORD = "a long enough passphrase"
CHUNKED = {"Transfer-Encoding": "chunked"}
PUBLIC = [
    "/public/report/",
    "/public/answer/a-token/",
    "/sign-in/",
    "/setup/a-token/",
    "/language/",
    "/password/",
    "/password/a-token/",
    "/sign-out/",
    "/no/",
]


def pour(connection: Connection, sent: bytes, size: int) -> int:
    """Send it again and again until there are so many bytes, or an answer comes, or nobody listens."""
    done = 0
    while done < size:
        readable, _, _ = select.select([connection.socket], [], [], 0)
        if readable:
            break
        try:
            connection.send(sent)
        except ConnectionError:
            break
        done += len(sent)
    return done


@pytest.fixture(scope="module")
def server(database_url: str) -> Iterator[Server]:
    """One process that has had its first requests: what it loads for them is not what clients make it hold."""
    with served(database_url, {}, ("--workers", "1")) as started:
        for _ in range(5):
            assert a_small_form_is_read(started)
        yield started


@contextmanager
def little_is_held(server: Server, most: int = 48 * MB) -> Iterator[None]:
    """Neither memory nor temporary files nor anything else on the disk grows by much within the block."""
    memory, written = server.memory(), server.written()
    yield
    assert not list(server.temporary.iterdir())
    assert server.written() - written < 8 * MB
    assert server.memory() - memory < most


@pytest.mark.sampled(12)
@pytest.mark.parametrize("lengths", ["told", "chunked"])
@pytest.mark.parametrize("kind", ["file", "field"])
@pytest.mark.parametrize("path", PUBLIC)
def test_a_form_for_everybody_refuses_800_mb_and_keeps_nothing_of_it(
    server: Server, path: str, kind: str, lengths: str
) -> None:
    headers = PARTS if kind == "file" else {"Content-Type": "application/x-www-form-urlencoded"}
    start, more = FILE if kind == "file" else b"url=", b"a" * MB
    with little_is_held(server), Connection(server.port) as connection:
        if lengths == "told":
            connection.send(head("POST", path, headers | {"Content-Length": str(HUGE)}) + start)
            pour(connection, more, HUGE)
        else:
            connection.send(head("POST", path, headers | CHUNKED) + chunk(start))
            pour(connection, chunk(more), HUGE)
        answer = connection.answer()
        assert (answer.status, answer.headers["Connection"]) == (413, "close")
        assert b"larger than this page takes" in answer.body


@pytest.fixture
def small_server(start_server: StartServer) -> Server:
    """One that scans a megabyte at most."""
    return start_server(crawl_max_bytes=MB)


def scan_key(organisation: Organisation, scope: Permission = Permission.SCAN_USE) -> dict[str, str]:
    return {"Authorization": f"Bearer {create_api_key(organisation, 'test', [scope], now())}"}


def test_an_upload_above_the_limit_is_refused_without_being_held(
    small_server: Server, organisation: Organisation
) -> None:
    headers = scan_key(organisation)
    for _ in range(10):  # what each process loads with its first requests is not what is measured
        with Connection(small_server.port) as connection:
            connection.send(head("POST", "/api/v1/scan", headers | {"Content-Length": str(HUGE)}))
            assert connection.answer().status == 413
    for told in (True, False):
        with little_is_held(small_server), Connection(small_server.port) as connection:
            lengths = {"Content-Length": str(HUGE)} if told else CHUNKED
            connection.send(head("POST", "/api/v1/scan", headers | lengths))
            pour(connection, b"a" * MB if told else chunk(b"a" * MB), HUGE)
            answer = connection.answer()
            assert (answer.status, answer.json()["code"]) == (413, "too_large")
    body = bytes(MB)
    for lengths, sent in ({"Content-Length": str(MB)}, body), (CHUNKED, chunk(body) + b"0\r\n\r\n"):
        with Connection(small_server.port, timeout=60) as connection:
            connection.send(head("POST", "/api/v1/scan", headers | lengths) + sent)
            answer = connection.answer()
            assert (answer.status, answer.json()["size"]) == (200, MB)


@pytest.mark.parametrize("lengths", [{"Content-Length": str(60 * MB)}, CHUNKED], ids=str)
def test_an_upload_without_a_key_is_refused_before_its_body_is_read(
    server: Server, organisation: Organisation, lengths: dict[str, str]
) -> None:
    for headers in ({}, {"Authorization": "Bearer owk_none_x"}, scan_key(organisation, Permission.REPORT_SUBMIT)):
        with Connection(server.port) as connection:
            connection.send(head("POST", "/api/v1/scan", headers | lengths | {"Expect": "100-continue"}))
            answer = connection.answer()  # not "100 Continue": nothing of the body was sent
            assert (answer.status, answer.headers["Connection"]) == (401, "close")


def test_a_large_report_to_the_abuse_signal_is_refused_in_its_own_form(
    server: Server, organisation: Organisation
) -> None:
    headers = scan_key(organisation, Permission.REPORT_SUBMIT)
    with Connection(server.port) as connection:
        connection.send(head("POST", "/abuse-signal/v1/abuse", headers | {"Content-Length": str(HUGE)}))
        answer = connection.answer()
    assert (answer.status, answer.headers["x-amzn-errortype"]) == (413, "ValidationException")
    assert "message" in answer.json()


def cookies_of(answer: Answer) -> dict[str, str]:
    return dict(each.split(";")[0].split("=", 1) for each in answer.headers.get_all("Set-Cookie", []))


def sign_in(server: Server, organisation: Organisation) -> tuple[dict[str, str], str]:
    """Headers of a hotline manager's browser, and the token for its forms."""
    create_person(
        email="mo@hotline.example",
        display_name="Mo",
        organisation=organisation,
        roles=[Role.HOTLINE_MANAGER],
        password=PASSWORD,
        by=None,
        now=now(),
    )
    with Connection(server.port, timeout=60) as connection:
        connection.send(head("GET", "/sign-in/"))
        token = cookies_of(connection.answer("GET"))["csrftoken"]
        said = urlencode({"email": "mo@hotline.example", "password": PASSWORD, "csrfmiddlewaretoken": token}).encode()
        headers = {"Cookie": f"csrftoken={token}", "Content-Type": "application/x-www-form-urlencoded"}
        connection.send(head("POST", "/sign-in/", headers | {"Content-Length": str(len(said))}) + said)
        answer = connection.answer()
    assert answer.status == 302
    found = cookies_of(answer)
    return {"Cookie": f"csrftoken={found['csrftoken']}; sessionid={found['sessionid']}"}, found["csrftoken"]


def term_file(size: int, token: str) -> bytes:
    fields = {"csrfmiddlewaretoken": token, "title": "A list", "supplier": "Somebody", "licence": "theirs"}
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    return "".join(parts).encode() + FILE + b"a" * size + f"\r\n--{BOUNDARY}--\r\n".encode()


def test_a_document_of_a_survivor_that_is_too_large_is_said_beside_its_field_and_nothing_typed_is_lost(
    server: Server,
) -> None:
    fields = {"brought_by": "person", "urls": "https://a.example/me.png", "words": "It was my birthday.", "form": "7"}
    parts = "".join(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ).encode()
    file = FILE.replace(b'"file"', b'"document"').replace(b'"a"', b'"a.pdf"') + b"%PDF-"

    def post(size: int) -> Answer:
        body = head("POST", "/info/proof/", PARTS | {"Content-Length": str(size)}) + parts + file
        with little_is_held(server), Connection(server.port, timeout=60) as connection:
            connection.send(body)
            whole, rest = divmod(size - len(parts + file), MB)
            pour(connection, b"a" * MB, whole * MB)
            connection.send(b"a" * rest)
            return connection.answer()

    for megabytes in (11, 31, 127):
        answer = post(megabytes * MB)
        page = answer.body.decode()
        assert answer.status == 413
        assert "It was my birthday." in page
        assert "https://a.example/me.png" in page
        assert 'id="id_document_error">The document is larger than 10 MB' in page
    with Connection(server.port) as connection:
        connection.send(head("POST", "/info/proof/", PARTS | {"Content-Length": str(HUGE)}))
        answer = connection.answer()
    assert (answer.status, answer.headers["Connection"]) == (413, "close"), "nobody pours in as much as they like"


def proof_with(size: int) -> tuple[bytes, bytes]:
    """Head and body of a form that brings a photo of so many bytes, as a telephone makes it."""
    fields = {"brought_by": "person", "words": "It was my birthday.", "form": str(size)}
    parts = "".join(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ).encode()
    file = FILE.replace(b'"file"', b'"document"').replace(b'"a"', b'"IMG_1.HEIC"') + b"\x00\x00\x00\x28ftypheic"
    body = parts + file + b"a" * size + f"\r\n--{BOUNDARY}--\r\n".encode()
    return head("POST", "/info/proof/", PARTS | {"Content-Length": str(len(body))}), body


def test_a_photo_of_a_document_is_taken_from_anybody_in_memory_alone(server: Server) -> None:
    head_, body = proof_with(6 * MB)
    with little_is_held(server, 64 * MB), Connection(server.port, timeout=60) as connection:
        connection.send(head_ + body)
        answer = connection.answer()
    assert answer.status == 200
    assert b"Two people in our team look at what you sent" in answer.body


def test_documents_of_many_at_once_have_a_bound_of_their_own(start_server: StartServer) -> None:
    server = start_server("--workers", "1")
    for _ in range(10):
        assert a_small_form_is_read(server)
    before, clients = server.memory(), [Connection(server.port) for _ in range(20)]
    try:
        for client in clients:
            head_, body = proof_with(9 * MB)
            with suppress(ConnectionError):
                client.send(head_ + body[: 8 * MB])
        assert a_small_form_is_read(server)
        time.sleep(1.0)
        assert server.memory() - before < 80 * MB  # 160 MB were sent
        with Connection(server.port, timeout=60) as honest:
            honest.send(b"".join(proof_with(4 * MB)))
            assert honest.answer().status == 200, "whoever has waited longest is let go, not whoever comes"
    finally:
        for client in clients:
            client.socket.close()


def test_a_file_larger_than_a_form_is_taken_from_who_is_signed_in_alone(
    server: Server, organisation: Organisation
) -> None:
    signed_in, token = sign_in(server, organisation)
    body = term_file(MB, token)
    lengths = PARTS | {"Content-Length": str(len(body))}
    with Connection(server.port, timeout=60) as connection:
        connection.send(head("POST", "/terms/bring/", signed_in | lengths) + body)
        answer = connection.answer()
    assert answer.status in (200, 302, 400), answer
    assert not re.search(b"larger than this page", answer.body)
    for headers in ({}, {"Cookie": "sessionid=none"}):
        with Connection(server.port) as connection:
            connection.send(head("POST", "/terms/bring/", headers | lengths | {"Expect": "100-continue"}))
            assert connection.answer().status == 403


@pytest.mark.sweep
def test_many_that_send_large_bodies_at_once_take_no_more_memory_than_was_set(
    start_server: StartServer, organisation: Organisation
) -> None:
    server = start_server("--workers", "1", web_form_memory_mb=4)
    for _ in range(10):
        assert a_small_form_is_read(server)
    before, clients = server.memory(), [Connection(server.port) for _ in range(600)]
    try:
        for client in clients:
            client.send(head("POST", "/public/report/", PARTS | {"Content-Length": "250000"}) + FILE + b"a" * 200_000)
        assert a_small_form_is_read(server)
        time.sleep(1.0)
        assert server.memory() - before < 48 * MB  # 120 MB were sent
    finally:
        for client in clients:
            client.socket.close()


def a_small_form_is_read(server: Server) -> bool:
    with Connection(server.port) as honest:
        honest.send(head("POST", "/public/report/", PARTS | {"Content-Length": "4"}) + b"abcd")
        return honest.answer().status in (400, 403)


AHEAD = {
    "requests, whose answers nobody reads": (b"", head("GET", "/sign-in/") * 2000),
    "behind an upgrade": (head("GET", "/sign-in/", {"Connection": "Upgrade", "Upgrade": "websocket"}), b"a" * SOME),
    "behind CONNECT": (head("CONNECT", "/sign-in/"), b"a" * SOME),
}


@pytest.mark.sampled(1)
@pytest.mark.parametrize("ahead", AHEAD)
def test_what_clients_send_ahead_of_its_turn_waits_at_their_side(server: Server, ahead: str) -> None:
    first, more = AHEAD[ahead]
    with little_is_held(server, 24 * MB), ExitStack() as stack:
        connections = [stack.enter_context(Connection(server.port)) for _ in range(12)]
        for connection in connections:
            connection.send(first)
            connection.socket.setblocking(False)
        end = time.monotonic() + 8
        while time.monotonic() < end:
            for connection in connections:
                with suppress(BlockingIOError, ConnectionError):
                    connection.socket.send(more)
