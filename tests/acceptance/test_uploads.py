"""Uploads of a company's filter (sentence 3), as its HTTP library, its proxy and its lost connections send them."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import json
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from tests.acceptance.system import System
from tests.acceptance.world import sha256, still

KNOWN = still(64)
PATH = "/api/v1/scan"


@pytest.fixture(scope="module")
def key(hotline: System) -> str:
    said = hotline.json(
        "keys", "create", "upload-filter", "--organisation", "Shop", "--country", "CA", "--scope", "scan:use"
    )
    return next(str(value) for value in said.values() if str(value).startswith("owk_"))


def raw(
    hotline: System, *parts: bytes, shut: bool = False, pause: float = 0.0, patience: float = 20
) -> tuple[int, dict[str, Any]]:
    """Send these bytes as they are; back come the status (0: none) and the answer."""
    with socket.create_connection(("127.0.0.1", hotline.port), timeout=patience) as line:
        with contextlib.suppress(OSError):  # refused before the end: the answer may be there all the same
            for part in parts:
                line.sendall(part)
                time.sleep(pause)
            if shut:
                line.shutdown(socket.SHUT_WR)
        answer = http.client.HTTPResponse(line)
        try:
            answer.begin()
            text = answer.read().decode(errors="replace")
        except (http.client.HTTPException, OSError):
            return 0, {}
    try:
        return answer.status, dict(json.loads(text))
    except ValueError:
        return answer.status, {"text": text}


def head(key: str, *lines: str, method: str = "POST", path: str = PATH) -> bytes:
    more = "".join(line + "\r\n" for line in lines)
    return f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n{more}\r\n".encode()


def chunks(content: bytes, size: int = 1000) -> Iterator[bytes]:
    for at in range(0, len(content), size):
        piece = content[at : at + size]
        yield f"{len(piece):x}\r\n".encode() + piece + b"\r\n"


def no_clean_bill(status: int, said: dict[str, Any]) -> bool:
    """Nothing that a filter could read as “let it through”."""
    return status >= 400 or status == 0 or said.get("classification") == "csam"


def verdict_on_the_whole(status: int, said: dict[str, Any]) -> bool:
    return status == 200 and said.get("classification") == "csam" and said.get("sha256") == sha256(KNOWN)


def test_a_whole_body_of_a_known_length_is_known(hotline: System, key: str) -> None:
    said = raw(hotline, head(key, f"Content-Length: {len(KNOWN)}", "Content-Type: image/jpeg"), KNOWN)
    assert verdict_on_the_whole(*said), said


def test_known_material_in_chunks_is_known(hotline: System, key: str) -> None:
    parts = [head(key, "Transfer-Encoding: chunked", "Content-Type: image/jpeg"), *chunks(KNOWN), b"0\r\n\r\n"]
    said = raw(hotline, *parts)
    assert verdict_on_the_whole(*said) or said[0] in {411, 501}, said


def test_known_material_in_chunks_with_extensions_and_trailers_is_known(hotline: System, key: str) -> None:
    body = b"".join(piece.replace(b"\r\n", b";name=value\r\n", 1) for piece in chunks(KNOWN, 777))
    start = head(key, "Transfer-Encoding: Chunked", "Trailer: X-Sum", "Content-Type: application/octet-stream")
    said = raw(hotline, start, body, b"0\r\nX-Sum: 1\r\n\r\n")
    assert verdict_on_the_whole(*said) or 400 <= said[0] < 600, said


def test_known_material_after_100_continue_is_known(hotline: System, key: str) -> None:
    """As curl sends what is larger than a megabyte, in chunks too."""
    start = head(key, "Transfer-Encoding: chunked", "Expect: 100-continue", "Content-Type: image/jpeg")
    with socket.create_connection(("127.0.0.1", hotline.port), timeout=20) as line:
        line.sendall(start)
        line.settimeout(1.0)
        seen = b""
        with contextlib.suppress(TimeoutError):
            seen = line.recv(4096)
        line.settimeout(20)
        line.sendall(b"".join(chunks(KNOWN)) + b"0\r\n\r\n")
        while b"}" not in seen and (more := line.recv(65536)):
            seen += more
    assert b'"no' not in seen.split(b"classification", 1)[-1][:30], seen[-600:]
    assert b"csam" in seen or b" 411 " in seen or b" 501 " in seen, seen[-600:]


BROKEN = {
    "half of the length that was promised": lambda key: [
        head(key, f"Content-Length: {len(KNOWN)}", "Content-Type: image/jpeg"),
        KNOWN[: len(KNOWN) // 2],
    ],
    "all but the last byte": lambda key: [
        head(key, f"Content-Length: {len(KNOWN)}", "Content-Type: image/jpeg"),
        KNOWN[:-1],
    ],
    "nothing of what was promised": lambda key: [
        head(key, f"Content-Length: {len(KNOWN)}", "Content-Type: image/jpeg"),
    ],
    "chunks without an end": lambda key: [
        head(key, "Transfer-Encoding: chunked", "Content-Type: image/jpeg"),
        *list(chunks(KNOWN))[:-2],
    ],
    "a chunk that breaks off": lambda key: [
        head(key, "Transfer-Encoding: chunked", "Content-Type: image/jpeg"),
        f"{len(KNOWN):x}\r\n".encode() + KNOWN[:3000],
    ],
    "a chunk of a nonsense length": lambda key: [
        head(key, "Transfer-Encoding: chunked", "Content-Type: image/jpeg"),
        b"zz\r\n" + KNOWN + b"\r\n0\r\n\r\n",
    ],
}


@pytest.mark.parametrize("name", list(BROKEN))
def test_an_upload_that_breaks_off_gets_no_verdict(hotline: System, key: str, name: str) -> None:
    status, said = raw(hotline, *BROKEN[name](key), shut=True)
    assert status == 0 or status >= 400, f"{name}: {status} {said}"
    assert "classification" not in said, f"{name}: {said}"


@pytest.mark.parametrize("coding", ["gzip", "x-gzip"])
def test_a_body_in_a_coding_is_decoded_or_refused(hotline: System, key: str, coding: str) -> None:
    """A proxy may pack what it sends on; the packed bytes are on no list."""
    packed = gzip.compress(KNOWN)
    start = head(key, f"Content-Length: {len(packed)}", f"Content-Encoding: {coding}", "Content-Type: image/jpeg")
    said = raw(hotline, start, packed)
    assert no_clean_bill(*said), said


def test_no_body_at_all_gets_no_verdict(hotline: System, key: str) -> None:
    """A filter whose library dropped the body must notice."""
    said = raw(hotline, head(key, "Content-Length: 0", "Content-Type: image/jpeg"))
    assert no_clean_bill(*said), said


def test_both_a_length_and_chunks_get_no_clean_bill(hotline: System, key: str) -> None:
    """Two readers may differ about where such a body ends (request smuggling)."""
    start = head(key, "Content-Length: 4", "Transfer-Encoding: chunked", "Content-Type: image/jpeg")
    said = raw(hotline, start, *chunks(KNOWN), b"0\r\n\r\n")
    assert no_clean_bill(*said), said


def test_a_slow_upload_gets_the_verdict_on_the_whole(hotline: System, key: str) -> None:
    size = len(KNOWN) // 4 + 1
    parts = [KNOWN[at : at + size] for at in range(0, len(KNOWN), size)]
    said = raw(hotline, head(key, f"Content-Length: {len(KNOWN)}", "Content-Type: image/jpeg"), *parts, pause=1.0)
    assert verdict_on_the_whole(*said), said
