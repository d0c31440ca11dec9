"""Clients that are slow, and strangers who send much (sentence 9)."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.acceptance.crew import Crew
from tests.acceptance.system import System, children_of

CONNECTIONS = 40
MEGABYTE = 1_000_000
TOO_SLOW_S = 6.0


def half_a_head(number: int) -> bytes:
    return b"GET /public/ HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: " + b"a" * number


def half_a_form(path: str) -> Callable[[int], bytes]:
    def sent(_: int) -> bytes:
        return (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            "Content-Length: 5000\r\n\r\nurl=http"
        ).encode()

    return sent


def half_a_chunk(_: int) -> bytes:
    return (
        b"POST /api/v1/scan HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer owk_nobody\r\n"
        b"Content-Type: image/jpeg\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\nabc"
    )


def never_reads(_: int) -> bytes:
    """Asks for much, again and again, and reads none of it."""
    return b"GET /static/web/orbweaver.css HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 400


def says_nothing(_: int) -> bytes:
    return b""


SLOW: dict[str, Callable[[int], bytes]] = {
    "half a head": half_a_head,
    "half a report": half_a_form("/public/report/"),
    "half a sign-in": half_a_form("/sign-in/"),
    "half an upload in chunks": half_a_chunk,
    "a reader that does not read": never_reads,
    "a connection that says nothing": says_nothing,
}


@contextlib.contextmanager
def slow_clients(hotline: System, say: Callable[[int], bytes]) -> Iterator[None]:
    """So many connections that each send a byte now and then."""
    lines: list[socket.socket] = []
    done = threading.Event()

    def drip() -> None:
        while not done.wait(1.0):
            for line in lines:
                with contextlib.suppress(OSError):
                    line.setblocking(False)
                    line.send(b"a")

    try:
        for number in range(CONNECTIONS):
            line = socket.create_connection(("127.0.0.1", hotline.port), timeout=5)
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            lines.append(line)
            line.settimeout(0.5)
            with contextlib.suppress(OSError):
                line.sendall(say(number))
        threading.Thread(target=drip, daemon=True).start()
        yield
    finally:
        done.set()
        for line in lines:
            line.close()


def seconds_for(hotline: System, path: str) -> float:
    start = time.monotonic()
    try:
        with urllib.request.urlopen(hotline.address + path, timeout=TOO_SLOW_S) as answer:
            answer.read()
    except urllib.error.HTTPError:
        pass  # an answer all the same
    except OSError:
        return TOO_SLOW_S
    return time.monotonic() - start


@pytest.mark.parametrize("name", list(SLOW))
def test_pages_and_api_answer_beside_slow_connections(hotline: System, name: str) -> None:
    with slow_clients(hotline, SLOW[name]):
        time.sleep(1.5)
        took = {path: seconds_for(hotline, path) for path in ("/public/", "/api/v1/openapi.json", "/sign-in/")}
    assert max(took.values()) < TOO_SLOW_S, f"{CONNECTIONS} connections with {name}: {took}"


def written_by(pids: list[int]) -> int:
    """Bytes that these processes wrote, to files or elsewhere."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{pid}/io").read_text().splitlines():
                if line.startswith("wchar:"):
                    total += int(line.split()[1])
    return total


def pour(hotline: System, head: str, megabytes: int, *, chunked: bool) -> tuple[int, str]:
    """Send so much after the head; how much was taken until the server had enough, and the first line it said."""
    block = b"a" * MEGABYTE
    taken = 0
    with socket.create_connection(("127.0.0.1", hotline.port), timeout=15) as line:
        line.sendall(head.encode())
        try:
            for _ in range(megabytes):
                line.sendall(b"%x\r\n" % len(block) + block + b"\r\n" if chunked else block)
                taken += 1
            if chunked:
                line.sendall(b"0\r\n\r\n")
        except OSError:
            pass
        try:
            said = line.recv(300).split(b"\r\n")[0].decode(errors="replace")
        except OSError:
            said = ""
    return taken, said


MUCH = 150
FORMS = [
    ("/public/report/", "multipart/form-data; boundary=b", False),
    ("/public/report/", "application/x-www-form-urlencoded", False),
    ("/public/report/", "multipart/form-data; boundary=b", True),
    ("/sign-in/", "multipart/form-data; boundary=b", False),
    ("/language/", "multipart/form-data; boundary=b", False),
    ("/public/answer/ntc_x.y/", "multipart/form-data; boundary=b", False),
    ("/setup/x/", "multipart/form-data; boundary=b", False),
    ("/api/v1/reports", "application/json", False),
    ("/api/v1/scan", "image/jpeg", False),
    ("/api/v1/scan", "image/jpeg", True),
]


@pytest.mark.parametrize(
    ("path", "kind", "chunked"),
    FORMS,
    ids=[f"{one[0]} {one[1][:9]} {'chunks' if one[2] else 'length'}" for one in FORMS],
)
def test_what_a_stranger_pours_in_is_refused_before_it_is_written(
    hotline: System, crew: Crew, path: str, kind: str, chunked: bool
) -> None:
    assert hotline.up is not None
    pids = [pid for pid in children_of(hotline.up.pid) if "web" in Path(f"/proc/{pid}/cmdline").read_text().split("\0")]
    assert pids
    size = MUCH * MEGABYTE
    part = '--b\r\nContent-Disposition: form-data; name="x"; filename="x"\r\n\r\n' if "multipart" in kind else ""
    length = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {size + len(part)}"
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{hotline.port}\r\nContent-Type: {kind}\r\n{length}\r\n\r\n"
    if chunked and part:
        head += f"{len(part):x}\r\n{part}\r\n"
    elif part:
        head += part
    before, peak, done = written_by(pids), [0], threading.Event()

    def watch() -> None:
        while not done.wait(0.05):
            on_disk = sum(os.lstat(one).st_size for one in hotline.scratch.rglob("*") if one.is_file())
            peak[0] = max(peak[0], on_disk)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    taken, said = pour(hotline, head, MUCH, chunked=chunked)
    done.set()
    watcher.join()
    written = max(written_by(pids) - before, peak[0])
    assert written < 12 * MEGABYTE, f"{path}: {written / MEGABYTE:.0f} MB written of {taken} MB; said {said!r}"
    assert " 200" not in said, said
