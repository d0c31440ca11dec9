"""A host on loopback that serves what a test scripts: it pages, and fails as real exchanges do."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass
class Request:
    """What a client asked."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


Answer = Callable[[Request], tuple[int, str, bytes]]
"""Status, type and body."""


@dataclass
class Faulty:
    """Answers by ``answer``; what stands in ``faults`` happens first, one a request: a status, ``(status, headers)``,
    ``"cut"`` in the midst of the body, ``"half"`` a document, or a function that is called instead."""

    address: str
    answer: Answer
    faults: list[Any] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)

    def handle(self, handler: BaseHTTPRequestHandler) -> None:
        url = urlsplit(handler.path)
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        query = {name: values[-1] for name, values in parse_qs(url.query).items()}
        asked = Request(handler.command, url.path, query, dict(handler.headers), body)
        self.requests.append(asked)
        fault = self.faults.pop(0) if self.faults else None
        if callable(fault):
            fault()
        if isinstance(fault, int):
            fault = (fault, {})
        if isinstance(fault, tuple):
            return self._send(handler, fault[0], fault[1], b"")
        status, kind, found = self.answer(asked)
        if fault == "half":
            found = found[: len(found) // 2]
        return self._send(handler, status, {"Content-Type": kind}, found, cut=fault == "cut")

    def _send(
        self, handler: BaseHTTPRequestHandler, status: int, headers: dict[str, str], body: bytes, *, cut: bool = False
    ) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body[: len(body) // 2] if cut else body)
        handler.close_connection = cut


@contextmanager
def faulty(answer: Answer) -> Iterator[Faulty]:
    """Such a host, within the block."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            made.handle(self)

        def do_PUT(self) -> None:
            made.handle(self)

        def do_POST(self) -> None:
            made.handle(self)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    made = Faulty(f"http://127.0.0.1:{server.server_port}", answer)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
