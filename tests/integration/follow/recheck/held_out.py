"""Hosts of the held-out answers: each line of a file is one, at a loopback address of its own.

The picture was there when the notice left; the page where it was found goes on leading to it. What else is true of the
host stands beside the answer: ``tests/fixtures/README.md`` says the words.
"""

from __future__ import annotations

import base64
import gzip
import threading
from email.message import Message
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from .hosts import picture

PATH, PAGE, NEIGHBOUR = "/a/1.png", "/topic/1/", "/a/9.png"
PIXEL = base64.b64decode("R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==")
HTML = {"Content-Type": "text/html; charset=utf-8"}
Answer = tuple[int, dict[str, str], bytes]


@cache
def pictures() -> dict[str, bytes]:
    known = picture(3)
    return {
        "known": known,
        "neighbour": picture(9),
        "placeholder": picture(7),
        "pixel": PIXEL,
        "webp": picture(3, form="WEBP"),
        "gzip": gzip.compress(known),
        "mixed": b"--f\r\nContent-Type: image/png\r\n\r\n" + known + b"\r\n--f--\r\n",
    }


def page(*paths: str) -> Answer:
    shown = "".join(f'<img src="{path}" alt="boats on a lake">' for path in paths)
    return 200, HTML, f"<!doctype html><nav>Home Albums Contact</nav><h1>An album</h1>{shown}".encode()


class Host:
    """What the host of one case answers."""

    def __init__(self, case: dict[str, Any]) -> None:
        self.case = case
        self.answers: dict[str, Answer] = {
            "/": page("/logo.png", NEIGHBOUR),
            "/robots.txt": (404, HTML, b"none"),
            "/logo.png": (200, {"Content-Type": "image/png"}, pictures()["neighbour"]),
            PAGE: page(PATH, NEIGHBOUR),
            NEIGHBOUR: (200, {"Content-Type": "image/png"}, pictures()["neighbour"]),
        }
        for path, which in case.get("picture_at", {}).items():
            self.answers[path] = (200, {"Content-Type": "image/png"}, pictures()[which])
        for path in case.get("pictures", ()):
            self.answers[path] = (200, {"Content-Type": "image/png"}, pictures()["known"])
        for path, text in case.get("pages", {}).items():
            self.answers[path] = (200, HTML, text.encode())
        for path, (status, headers, text) in case.get("answers", {}).items():
            self.answers[path] = (status, headers, text.encode())
        if case.get("wall"):
            del self.answers[NEIGHBOUR]
        if case.get("shown_to") == "language":
            status, headers, body = self.answers[PAGE]
            self.answers[PAGE] = (status, headers | {"Content-Language": case["lang"]}, body)
        if case.get("shown_to") == "cookie":
            status, headers, body = self.answers[PAGE]
            self.answers[PAGE] = (status, headers | {"Set-Cookie": "seen=1; Path=/"}, body)

    def __call__(self, path: str, headers: Message) -> Answer:
        case = self.case
        if path == PATH and self._sees(headers):
            return 200, {"Content-Type": "image/png"}, pictures()["known"]
        if path == PATH or case.get("everywhere"):
            return self._instead(path, headers)
        if path in self.answers:
            return self.answers[path]
        if case.get("missing") or case.get("wall"):
            return self._instead(path, headers)
        return 404, HTML, b"<!doctype html><title>404</title><h1>404 Not Found</h1><hr>nginx"

    def _instead(self, path: str, headers: Message) -> Answer:
        case = self.case
        if which := case.get("shows"):
            return case["status"], case["headers"], pictures()[which]
        body = case["body"].replace("{path}", path).replace("{base}", f"http://{headers['Host']}")
        body = body.replace("{inline}", f"data:image/png;base64,{base64.b64encode(pictures()['known']).decode()}")
        for at in case.get("pictures", ()):
            body = body.replace("{pic}", at)
        return case["status"], case["headers"], body.encode()

    def _sees(self, headers: Message) -> bool:
        match self.case.get("shown_to"):
            case "browser":
                return "Orbweaver" not in headers.get("User-Agent", "")
            case "referer":
                return headers.get("Referer", "").endswith(PAGE)
            case "document":
                return bool(headers.get("Sec-Fetch-Dest") == "document")
            case "cookie":
                return "seen=1" in headers.get("Cookie", "")
            case "language":
                return headers.get("Accept-Language", "").startswith(self.case["lang"])
        return False


def address(number: int) -> str:
    """Loopback address of a case."""
    return f"127.7.{number // 250}.{number % 250 + 1}"


class Hosts:
    """One server for all loopback addresses that tells its hosts apart by the one that was asked."""

    def __init__(self, cases: list[dict[str, Any]]) -> None:
        hosts = {address(number): Host(case) for number, case in enumerate(cases)}

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                host = hosts[self.connection.getsockname()[0]]
                status, headers, body = host(self.path, self.headers)
                self.send_response_only(status)
                for name, value in headers.items():
                    if name != "Content-Length":
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            request_queue_size = 256

        self._server = Server(("0.0.0.0", 0), Handler)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def base(self, number: int) -> str:
        return f"http://{address(number)}:{self.port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
