"""Every call of the API's port with every kind of bad input, from the outside; each gives what came back."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

CALLS: Final = (
    ("POST", "/v1/media/"),
    ("POST", "/v1/url/"),
    ("POST", "/v1/pdq/"),
    ("POST", "/api/v1/scan"),
    ("POST", "/api/v1/scan/url"),
    ("POST", "/api/v1/scan/hashes"),
    ("POST", "/api/v1/jobs"),
    ("GET", "/api/v1/jobs/job_none"),
    ("GET", "/api/v1/entries"),
    ("GET", "/api/v1/test-pictures/none"),
    ("GET", "/api/v1/openapi.json"),
    ("GET", "/hma/status"),
    ("GET", "/hma/status/live"),
    ("GET", "/hma/h/hash"),
    ("POST", "/hma/h/hash"),
    ("GET", "/hma/m/lookup"),
    ("POST", "/hma/m/lookup"),
    ("GET", "/hma/m/raw_lookup"),
    ("POST", "/hma/m/compare"),
    ("GET", "/hma/m/index/status"),
    ("GET", "/hma/c/signal_type"),
    ("GET", "/hma/c/content_type"),
    ("GET", "/hma/c/banks"),
    ("POST", "/hma/c/banks"),
    ("GET", "/hma/c/bank/NONE"),
    ("PUT", "/hma/c/bank/NONE"),
    ("DELETE", "/hma/c/bank/NONE"),
    ("POST", "/hma/c/bank/NONE/content"),
    ("GET", "/hma/c/bank/NONE/content/1"),
    ("PUT", "/hma/c/bank/NONE/content/1"),
    ("DELETE", "/hma/c/bank/NONE/content/1"),
    ("POST", "/hma/c/bank/NONE/signal"),
    ("GET", "/hma/c/exchanges"),
    ("POST", "/hma/c/exchanges"),
    ("GET", "/hma/c/exchanges/apis"),
    ("GET", "/hma/c/exchanges/api/ncmec"),
    ("POST", "/hma/c/exchanges/api/ncmec"),
    ("GET", "/hma/c/exchanges/api/ncmec/schema"),
    ("GET", "/hma/c/exchange/NONE"),
    ("PUT", "/hma/c/exchange/NONE"),
    ("DELETE", "/hma/c/exchange/NONE"),
    ("GET", "/hma/c/exchange/NONE/status"),
    ("POST", "/hma/c/exchange/NONE/credentials"),
    ("GET", "/hashsharing/v2/status"),
    ("GET", "/hashsharing/v2/members"),
    ("GET", "/hashsharing/v2/categorizations"),
    ("GET", "/hashsharing/v2/feedback/MD5/reasons"),
    ("GET", "/hashsharing/v2/entries"),
    ("POST", "/hashsharing/v2/entries"),
    ("PUT", "/hashsharing/v2/entries"),
    ("PUT", "/hashsharing/v2/entries/1/none/MD5/feedback"),
    ("GET", "/hashsharing/v2/entries/1/none"),
    ("DELETE", "/hashsharing/v2/entries/1/none"),
    ("GET", "/stopncii/v1/FetchHashes"),
    ("POST", "/stopncii/v1/SubmitHashes"),
    ("POST", "/stopncii/v1/SubmitFeedback"),
    ("GET", "/exchange/v1/entries"),
    ("GET", "/exchange/v1/disputes"),
    ("POST", "/exchange/v1/feedback"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
)
FORMS: Final = {
    "v1": b'{"detail"',
    "api": b'"status"',
    "hma": b'"message"',
    "hashsharing": b"<error",
    "stopncii": b'"statusCode"',
    "exchange": b'"status"',
    "healthz": b"",
    "readyz": b"",
    "metrics": b"",
}
"""What every error holds, by door."""
PATIENCE_S: Final = 60.0
FORM: Final = b'--x\r\nContent-Disposition: form-data; name="photo"\r\n\r\nabc'


@dataclass(frozen=True)
class Came:
    """What came back of one call: the status, None where the connection ended without one, and all of it."""

    path: str
    kind: str
    status: int | None
    body: bytes
    took_s: float

    @property
    def is_clear(self) -> bool:
        """Whether it is an answer and no error of ours, and an error is in the form of its door."""
        if self.status is None or self.status >= 500:
            return self.status == 503
        return self.status < 400 or self.status == 404 or FORMS[self.path.split("/")[1]] in self.body


def head(path: str, method: str, key: str, *more: str) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: api.example", f"Authorization: Bearer {key}", "Connection: close"]
    return "\r\n".join([*lines, *more, "", ""]).encode()


def whole(body: bytes, *more: str) -> Callable[[str, str, str], Iterator[bytes]]:
    def sent(path: str, method: str, key: str) -> Iterator[bytes]:
        yield head(path, method, key, f"Content-Length: {len(body)}", *more) + body

    return sent


def too_large(path: str, method: str, key: str) -> Iterator[bytes]:
    yield head(path, method, key, "Content-Length: 99999999999")


def truncated(path: str, method: str, key: str) -> Iterator[bytes]:
    yield head(path, method, key, "Content-Length: 1000") + b"x" * 100


def chunks_for_ever(path: str, method: str, key: str) -> Iterator[bytes]:
    yield head(path, method, key, "Transfer-Encoding: chunked")
    part = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    for _ in range(4000):
        yield part


def no_chunks(path: str, method: str, key: str) -> Iterator[bytes]:
    yield head(path, method, key, "Transfer-Encoding: chunked") + b"zz\r\nx\r\n"


def no_http(path: str, method: str, key: str) -> Iterator[bytes]:
    yield f"{method} {path} HTTP/1.1\r\n: \x01\r\n\r\n".encode()


def long_head(path: str, method: str, key: str) -> Iterator[bytes]:
    yield head(path, method, key, "X-Long: " + "a" * 70_000)


KINDS: Final[dict[str, Callable[[str, str, str], Iterator[bytes]]]] = {
    "nothing": whole(b""),
    "NUL": whole(bytes(1000), "Content-Type: application/json"),
    "deep": whole(b'{"hashes":' + b"[" * 200_000, "Content-Type: application/json"),
    "deep XML": whole(b"<a>" * 100_000, "Content-Type: application/xml"),
    "entities": whole(b'<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;">]><a>&d;</a>'),
    "wrong types": whole(b'{"hashes": {"a": NaN}, "url": [], "name": 7, "pdq": null, "note": "\\u0000", "entry": {}}'),
    "surrogates": whole(b'{"hashes": ["\\ud800"], "url": "\\ud800", "name": "\\ud800", "signal": "\\ud800"}'),
    "huge number": whole(b'{"hashes": [1' + b"0" * 5000 + b'], "name": 1e999}'),
    "packed": whole(b"\x1f\x8b\x08", "Content-Encoding: gzip"),
    "a form that ends": whole(FORM, "Content-Type: multipart/form-data; boundary=x"),
    "two lengths": whole(b"abc", "Content-Length: 7"),
    "too large": too_large,
    "truncated": truncated,
    "chunks for ever": chunks_for_ever,
    "no chunks": no_chunks,
    "no HTTP": no_http,
    "long head": long_head,
}


def ask(port: int, key: str, path: str, method: str, kind: str) -> Came:
    """Send one kind of bad input to one call, end what is sent, and read what comes back."""
    began, received = time.monotonic(), b""
    with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as connection:
        try:
            for part in KINDS[kind](path, method, key):
                connection.sendall(part)
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # the answer may be there all the same
        try:
            while part := connection.recv(65536):
                received += part
        except OSError:
            pass
    first = received.split(b"\r\n", 1)[0].split(b" ")
    status = int(first[1]) if len(first) > 1 and first[1].isdigit() else None
    return Came(path, kind, status, received.partition(b"\r\n\r\n")[2], time.monotonic() - began)


def unclear(came: list[Came]) -> list[str]:
    """What no client could make sense of, in words."""
    return [
        json.dumps([each.path, each.kind, each.status, each.body[:80].decode("latin-1")])
        for each in came
        if not each.is_clear
    ]
