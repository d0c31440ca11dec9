"""Clients that stall, by hundreds and in each way there is, keep nobody waiting."""

from __future__ import annotations

import contextlib
import resource
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from orbweaver.people.accounts.models import Organisation
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.accounts.services import create_api_key
from orbweaver.platform.clock import now

from .conftest import Server, StartServer, served
from .wire import Connection, head

pytestmark = pytest.mark.django_db(transaction=True)

NORMAL_S = 12.0
"""Ample for one answer on a busy machine, and far below the time for which these clients stall."""
STYLES = "/static/web/orbweaver.css"
"""Large enough that three hundred of them fit into no buffer of the network."""
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
BEGINNINGS = {
    "nothing": b"",
    "part of a head": b"GET /public/ HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ",
    "part of a body": head("POST", "/public/report/", FORM | {"Content-Length": "9000"}) + b"url=",
    "part of chunks": head("POST", "/public/report/", FORM | {"Transfer-Encoding": "chunked"}) + b"ffff\r\nurl=",
    "part of an upload": head("POST", "/api/v1/scan", {"Content-Length": "200000"}) + b"JFIF",
    "a form without a key": head("POST", "/sign-in/", FORM | {"Content-Length": "200000"}) + b"email=",
}


@pytest.fixture(autouse=True)
def _many_files() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@contextmanager
def stalling(port: int, beginning: bytes, count: int, *, drip: bool = True) -> Iterator[list[Connection]]:
    """So many clients that begin thus and go on by one byte a second."""
    with ExitStack() as stack:
        clients = [stack.enter_context(Connection(port)) for _ in range(count)]
        for client in clients:
            client.send(beginning)
        over = threading.Event()
        stack.callback(over.set)

        def go_on() -> None:
            while drip and beginning and not over.wait(1.0):
                for client in clients:
                    with contextlib.suppress(OSError):
                        client.send(b"a")

        thread = threading.Thread(target=go_on, daemon=True)
        thread.start()
        time.sleep(0.5)
        yield clients
        over.set()
        thread.join()


def answered_soon(port: int, key: dict[str, str]) -> None:
    """Ordinary pages and the API, a few times each, one new connection for each."""
    asked = [
        ("GET", "/public/report/", {}, b"", 200),
        ("GET", "/sign-in/", {}, b"", 200),
        ("GET", "/robots.txt", {}, b"", 200),
        ("POST", "/api/v1/scan", key | {"Content-Length": "7"}, b"a photo", 200),
    ]
    for _ in range(5):
        for method, path, headers, body, status in asked:
            begun = time.monotonic()
            with Connection(port, timeout=NORMAL_S) as connection:
                connection.send(head(method, path, headers) + body)
                assert connection.answer(method).status == status
            assert time.monotonic() - begun < NORMAL_S


@pytest.fixture
def key(organisation: Organisation, server: Server) -> dict[str, str]:
    """The key of a company that has scanned before: the decoders of both processes run."""
    made = {"Authorization": f"Bearer {create_api_key(organisation, 'test', [Permission.SCAN_USE], now())}"}
    for _ in range(8):
        with Connection(server.port, timeout=60) as connection:
            connection.send(head("POST", "/api/v1/scan", made | {"Content-Length": "7"}) + b"a photo")
            assert connection.answer().status == 200
    return made


@pytest.mark.parametrize("count", [16, 400])
@pytest.mark.parametrize("beginning", BEGINNINGS)
@pytest.mark.sampled(3)
def test_pages_and_calls_are_answered_while_others_stall(
    server: Server, key: dict[str, str], beginning: str, count: int
) -> None:
    with stalling(server.port, BEGINNINGS[beginning], count):
        answered_soon(server.port, key)


@pytest.mark.parametrize("count", [16, 64])
def test_pages_and_calls_are_answered_while_others_do_not_read_their_answers(
    server: Server, key: dict[str, str], count: int
) -> None:
    asked = head("GET", STYLES) * 300
    with ExitStack() as stack:
        for _ in range(count):
            client = socket.socket()
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            stack.enter_context(client).connect(("127.0.0.1", server.port))
            client.sendall(asked)
        answered_soon(server.port, key)


@pytest.fixture(scope="module")
def impatient_server(database_url: str) -> Iterator[Server]:
    with served(database_url, {"web_head_timeout_s": 2, "web_body_timeout_s": 3}, ()) as started:
        yield started


@pytest.mark.parametrize("beginning", BEGINNINGS)
@pytest.mark.sampled(2)
def test_who_stalls_is_let_go_in_time_though_a_byte_comes_each_second(impatient_server: Server, beginning: str) -> None:
    begun = time.monotonic()
    with stalling(impatient_server.port, BEGINNINGS[beginning], 3) as clients:
        for client in clients:
            with contextlib.suppress(ConnectionError):
                while client.socket.recv(4096):
                    pass
    assert time.monotonic() - begun < 15


def test_above_the_limit_the_client_that_has_kept_us_waiting_longest_is_let_go(start_server: StartServer) -> None:
    server = start_server("--workers", "1", web_connections=50)
    with (
        stalling(server.port, BEGINNINGS["part of a body"], 50, drip=False) as first,
        stalling(server.port, BEGINNINGS["part of a head"], 30, drip=False) as second,
    ):
        with Connection(server.port) as honest:
            honest.send(head("GET", "/robots.txt"))
            assert honest.answer("GET").status == 200
        gone = [client for client in first if is_gone(client)]
        assert 25 <= len(gone) <= 35
        assert gone == first[: len(gone)]
        assert not any(is_gone(client) for client in second)


def is_gone(client: Connection) -> bool:
    client.socket.settimeout(0.2)
    return client.is_closed()


@pytest.mark.sweep
def test_what_was_begun_is_answered_when_the_server_is_told_to_stop(start_server: StartServer) -> None:
    server = start_server()
    body = b"url=https%3A%2F%2Fexample.org%2F"
    with Connection(server.port) as begun, Connection(server.port) as idle:
        begun.send(head("POST", "/public/report/", FORM | {"Content-Length": str(len(body))}) + body[:5])
        time.sleep(0.3)
        server.process.terminate()
        time.sleep(1.0)
        begun.send(body[5:])
        answer = begun.answer()
        assert (answer.status, answer.headers["Connection"]) == (403, "close")  # without the token of the page
        assert idle.is_closed()
    assert server.process.wait(15) == 0


def test_a_connection_that_stays_open_is_used_again(server: Server) -> None:
    with Connection(server.port) as connection:
        for _ in range(3):
            connection.send(head("GET", "/robots.txt"))
            assert connection.answer("GET").status == 200
            time.sleep(1.0)
