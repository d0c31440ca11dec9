"""Requests written byte by byte to a real socket, as no well-behaved client would let a test do."""

from __future__ import annotations

import contextlib
import http.client
import io
import json
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(self.body)
        return said


class _Read(io.BufferedReader):
    """What comes in, read ahead, for one answer after the other."""

    def makefile(self, _mode: str) -> _Read:
        return self

    def close(self) -> None:
        """Not after each answer."""


class Connection:
    """One connection to the server on loopback."""

    def __init__(self, port: int, *, timeout: float = 30.0) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self._read = _Read(socket.SocketIO(self.socket, "r"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def end(self) -> None:
        """No more is sent; what is answered can still be read. A server that refused may have ended all before."""
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_WR)

    def rest(self) -> bytes:
        """All that comes until the server ends the connection; a reset of what it does not read is an end as well."""
        read = b""
        with contextlib.suppress(ConnectionError):
            while data := self.socket.recv(65536):
                read += data
        return read

    def answer(self, method: str = "POST") -> Answer:
        found = http.client.HTTPResponse(self._read, method=method)  # type: ignore[arg-type]  # what it needs of a socket
        found.begin()
        return Answer(found.status, found.headers, found.read())

    def is_closed(self) -> bool:
        """Whether the server has closed it, after a last word or without; waits for as long as the time-out says."""
        try:
            while self.socket.recv(65536):
                pass
            return True
        except ConnectionError:
            return True
        except TimeoutError:
            return False


def head(method: str, path: str, headers: dict[str, str] | None = None) -> bytes:
    """The head of a request, with a host."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{k}: {v}" for k, v in (headers or {}).items())]
    return "\r\n".join([*lines, "", ""]).encode()


def chunk(data: bytes, extension: str = "") -> bytes:
    return f"{len(data):x}{extension}\r\n".encode() + data + b"\r\n"


def chunked(data: bytes, sizes: Iterable[int]) -> list[bytes]:
    """The data in chunks of these sizes, the last size until all is through; without the last, empty chunk."""
    found, at, size = [], 0, 1
    steps = iter(sizes)
    while at < len(data):
        size = next(steps, size)
        found.append(chunk(data[at : at + size]))
        at += size
    return found


LAST_CHUNK = b"0\r\n\r\n"
