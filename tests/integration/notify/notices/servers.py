"""The other side of each channel that speaks HTTP: small servers that keep what they took, and can misbehave."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import urllib.parse
import uuid
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import botocore.session
from botocore.validate import ParamValidator

Answer = tuple[int, dict[str, Any] | int]


class Server:
    """Serves until closed. ``refusals`` are statuses answered instead, one by one; ``silent`` reads and hangs up."""

    def __init__(self) -> None:
        self.refusals: list[int] = []
        self.silent = False
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []
        self.lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                outer._serve(self, "POST", body)

            def do_GET(self) -> None:
                outer._serve(self, "GET", b"")

            def log_message(self, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _serve(self, handler: BaseHTTPRequestHandler, method: str, body: bytes) -> None:
        with self.lock:
            path = handler.path
            headers = {name.lower(): value for name, value in handler.headers.items()}
            self.requests.append((method, path, headers, body))
            refused = bool(self.refusals) and self.counts(path)
            status, said = (
                (self.refusals.pop(0), {"message": "no"}) if refused else self.answer(method, path, headers, body)
            )
            silent = self.silent and self.counts(path)
        if silent:
            handler.close_connection = True
            return
        answer = json.dumps(said).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(answer)))
        handler.end_headers()
        handler.wfile.write(answer)

    def counts(self, path: str) -> bool:
        """Whether a request to this path is a delivery."""
        return True

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        raise NotImplementedError


class WebhookServer(Server):
    """A provider's endpoint that checks the signature and remembers keys."""

    def __init__(self, secret_of: Callable[[], str]) -> None:
        super().__init__()
        self.secret_of = secret_of
        self.taken: dict[str, dict[str, Any]] = {}
        self.repeated = 0

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        key, timestamp = headers["idempotency-key"], headers["x-orbweaver-timestamp"]
        signed = f"{timestamp}.{key}.".encode() + body
        expected = "v1=" + hmac.new(self.secret_of().encode(), signed, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(expected, headers["x-orbweaver-signature"]):
            return 401, {}
        self.repeated += key in self.taken
        self.taken.setdefault(key, json.loads(body))
        return 200, {}


class AbuseSignalServer(Server):
    """Follows botocore's model of the AWS Abuse Signal API: checks what comes by its shapes, knows client tokens."""

    def __init__(self) -> None:
        super().__init__()
        self.model = botocore.session.Session().get_service_model("abuse-signal")
        self.taken: dict[str, dict[str, Any]] = {}
        self.numbers: dict[str, str] = {}
        self.states: dict[str, tuple[str, str]] = {}
        self.repeated = 0

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        if not headers.get("authorization", "").startswith("AWS4-HMAC-SHA256 Credential=AKTEST/"):
            return 403, {"message": "no signature"}
        parts = urllib.parse.urlsplit(path)
        if method == "POST" and parts.path == "/v1/abuse":
            return self._create(json.loads(body))
        if method == "GET" and parts.path.startswith("/v1/abuse/"):
            number = parts.path.rpartition("/")[2]
            status, reason = self.states.get(number, ("QUEUED", ""))
            said = {"reportId": number, "status": status, "description": "", "submittedAt": 1_790_000_000}
            return 200, said | ({"reasonCode": reason} if reason else {})
        return 404, {"message": "no such call", "resourceId": ""}

    def _create(self, said: dict[str, Any]) -> Answer:
        shape = self.model.operation_model("CreateAbuseReport").input_shape
        problems = ParamValidator().validate(said, shape)
        if problems.has_errors():
            return 400, {"message": problems.generate_report()}
        token = said["clientToken"]
        if token in self.taken:
            self.repeated += 1
            if self.taken[token] != said:
                return 409, {"message": "another report has this token"}
        self.taken[token] = said
        number = self.numbers.setdefault(token, uuid.uuid4().hex)
        return 202, {"reportId": number, "correlationId": said["correlationId"]}


class IccamServer(Server):
    """What is known of ICCAM: a token for an account, and reports with it, listed by our reference.

    ``forgetful``: hangs up and takes nothing. ``deaf``: lists whatever it likes, without a look at what was asked.
    ``newest``: lists the last report, whatever was asked.
    """

    def __init__(self) -> None:
        super().__init__()
        self.taken: list[dict[str, Any]] = []
        self.tokens: set[str] = set()
        self.forgetful = self.deaf = self.newest = False

    def counts(self, path: str) -> bool:
        return path == "/rest/reports"

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        if path == "/Authentication":
            said = json.loads(body)
            if (said["username"], said["password"]) != ("hotline", "secret"):
                return 401, {}
            token = uuid.uuid4().hex
            self.tokens.add(token)
            return 200, {"bearerToken": token, "refreshToken": uuid.uuid4().hex}
        if headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            return 401, {}
        if method == "GET" and path.startswith("/rest/reports?"):
            return 200, {"reports": self._listed(path)}
        if path == "/rest/reports":
            if self.forgetful:
                return 201, {}
            self.taken.append(json.loads(body))
            return 201, len(self.taken)
        return 404, {}

    def _listed(self, path: str) -> list[dict[str, Any]]:
        wanted = urllib.parse.parse_qs(urllib.parse.urlsplit(path).query)["reference"]
        rows = [{"reportId": n, "hotlineReference": each["hotlineReference"]} for n, each in enumerate(self.taken, 1)]
        if self.newest:
            return rows[-1:]
        return [{"reportId": 7}] if self.deaf else [row for row in rows if row["hotlineReference"] in wanted]
