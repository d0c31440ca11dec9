"""The small hostile world on loopback: hosts with many faces, a mail server with a mailbox, pictures and films.

Each host is an address of its own (127.0.0.x), as each stands for a provider of its own.
"""

from __future__ import annotations

import email
import email.policy
import functools
import hashlib
import http.server
import io
import random
import re
import socketserver
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage, Message
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from PIL import Image, ImageDraw
from tests.acceptance.system import free_port

# ---------------------------------------------------------------------------------------------------- pictures


def picture(seed: int, size: tuple[int, int] = (420, 320)) -> Image.Image:
    """A harmless drawing that looks like no other one."""
    dice = random.Random(seed)
    image = Image.new("RGB", size, tuple(dice.randrange(60, 200) for _ in range(3)))
    draw = ImageDraw.Draw(image)
    for _ in range(40):
        x, y = dice.randrange(size[0]), dice.randrange(size[1])
        w, h = dice.randrange(20, size[0] // 2), dice.randrange(20, size[1] // 2)
        colour = tuple(dice.randrange(256) for _ in range(3))
        (draw.ellipse if dice.random() < 0.5 else draw.rectangle)(
            (x - w // 2, y - h // 2, x + w // 2, y + h // 2), colour
        )
    return image


def jpeg(image: Image.Image, quality: int = 90) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return file.getvalue()


@functools.cache
def still(last: int, number: int = 0) -> bytes:
    """The picture of this number at the host that ends so; the shared installation's list knows it."""
    return jpeg(picture(last * 100 + number))


def film(
    scenes: Sequence[Image.Image], *, seconds_each: float = 2.0, rate: int = 8, bit_rate: int = 2_000_000
) -> bytes:
    """A film that shows each scene for a while; MP4 with H.264 as cameras write it."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=Fraction(rate))
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = 320, 240, "yuv420p", bit_rate
        for scene in scenes:
            still = np.asarray(scene.resize((320, 240)))
            for _ in range(int(seconds_each * rate)):
                container.mux(stream.encode(av.VideoFrame.from_ndarray(still, format="rgb24")))
        container.mux(stream.encode(None))
    return file.getvalue()


def list_of(*entries: tuple[str, str, str], identified: str = "unidentified", classification: str = "csam") -> str:
    """A list in the public format, from kinds, values and names of series."""
    rows = [f"{kind},{value},{classification},{identified},{series},NCMEC,no" for kind, value, series in entries]
    return "kind,value,classification,identified,series,source,baseline\n" + "\n".join(rows) + "\n"


def providers_table(lasts: Iterable[int]) -> str:
    """Each host as a provider of its own in the hand-kept table."""
    rows = [f"{provider(last)},CA,host,127.0.0.{last}/32,{contact(last)}" for last in lasts]
    return "name,country,kind,networks,contacts\n" + "\n".join(rows) + "\n"


def provider(last: int) -> str:
    return f"Provider {last}"


def contact(last: int) -> str:
    return f"abuse@provider-{last}.test"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


# ------------------------------------------------------------------------------------------------------- hosts


@dataclass
class Answer:
    """What a host says."""

    body: bytes = b""
    status: int = 200
    kind: str = "text/html; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    wait_s: float = 0.0


@dataclass
class Request:
    """What a host was asked."""

    host: str
    path: str
    headers: dict[str, str]
    at: float

    @property
    def agent(self) -> str:
        return self.headers.get("user-agent", "")


Face = Callable[[Request], Answer | None]


def html(body: str, *, title: str = "A page", status: int = 200) -> Answer:
    text = f"<!doctype html><html><head><title>{title}</title></head><body>{body}</body></html>"
    return Answer(text.encode(), status)


def image(content: bytes, kind: str = "image/jpeg") -> Answer:
    return Answer(content, kind=kind)


class Host:
    """A web host; ``face`` may be changed while it runs, and None is a plain 404."""

    def __init__(self, address: str, port: int) -> None:
        self.address, self.port = address, port
        self.files: dict[str, Answer] = {}
        self.face: Face | None = None
        self.asked: list[Request] = []
        self.not_found = html("<h1>404</h1><p>Not Found</p>", title="Not Found", status=404)

    @property
    def url(self) -> str:
        return f"http://{self.address}:{self.port}"

    def show(self, *pictures: bytes, page: str = "/", words: str = "", names: Sequence[str] = ()) -> list[str]:
        """Pictures and a page that shows them; back come their addresses."""
        paths = [
            names[number] if names else f"/i/{sha256(content)[:10]}.jpg" for number, content in enumerate(pictures)
        ]
        for path, content in zip(paths, pictures, strict=True):
            self.files[path] = image(content)
        shown = "".join(f'<p><img src="{path}" alt=""></p>' for path in paths)
        self.files[page] = html(f"<h1>Pictures</h1><p>{words}</p>{shown}")
        return [self.url + path for path in paths]

    def answer(self, request: Request) -> Answer:
        self.asked.append(request)
        if self.face is not None:
            said = self.face(request)
            if said is not None:
                return said
        return self.files.get(request.path.split("?")[0], self.not_found)


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        host = self.server.hosts[str(self.connection.getsockname()[0])]
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = host.answer(Request(host.address, self.path, headers, time.monotonic()))
        if answer.wait_s:
            time.sleep(answer.wait_s)
        self.send_response(answer.status)
        for name, value in {
            "Content-Type": answer.kind,
            "Content-Length": str(len(answer.body)),
            **answer.headers,
        }.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def do_HEAD(self) -> None:
        self.do_GET()

    def log_message(self, *_: Any) -> None: ...


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 256
    hosts: dict[str, Host]

    def handle_error(self, *_: Any) -> None: ...  # clients that hang up are part of this world


class Web:
    """All hosts of the world behind one listener on every loopback address."""

    def __init__(self) -> None:
        self.server = _Server(("0.0.0.0", 0), _Handler)
        self.server.hosts = {}
        self.port = int(self.server.server_address[1])
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def host(self, last: int) -> Host:
        address = f"127.0.0.{last}"
        return self.server.hosts.setdefault(address, Host(address, self.port))

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


# -------------------------------------------------------------------------------------------------------- mail


@dataclass
class Letter:
    """A mail as a provider's mail server got it."""

    sender: str
    recipients: list[str]
    content: bytes
    at: float

    @property
    def message(self) -> Message:
        return email.message_from_bytes(self.content, policy=email.policy.default)

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    @property
    def words(self) -> str:
        """The plain words that a person reads."""
        for part in self.message.walk():
            if part.get_content_type() == "text/plain":
                payload = part.get_payload(decode=True)
                return payload.decode(errors="replace") if isinstance(payload, bytes) else ""
        return ""

    @property
    def all_text(self) -> str:
        """Each part, decoded, with the addresses as they are and defanged ones set right."""
        parts = []
        for part in self.message.walk():
            payload = part.get_payload(decode=True)
            if isinstance(payload, bytes):
                parts.append(payload.decode(errors="replace"))
        return "\n".join(parts).replace("[.]", ".").replace("hxxp", "http").replace("[:]", ":")

    @property
    def reference(self) -> str:
        found = re.search(r"ntc_[a-z0-9]{8,}", self.subject + self.words)
        return found.group(0) if found else ""

    @property
    def answer_link(self) -> str:
        found = re.search(r"https?://\S+/public/answer/\S+", self.words)
        return found.group(0) if found else ""

    @property
    def outside(self) -> list[str]:
        """Recipients that are not the hotline's own mailbox."""
        return [one for one in self.recipients if not one.endswith("@helpline.test")]


class Mail:
    """A mail server of the world: keeps what arrives and delivers the hotline's own mail into its Maildir."""

    def __init__(self, room: Path) -> None:
        room.chmod(0o777)  # a delivery agent and the installation have accounts of their own
        self.maildir = room / "mail"
        for name in ("cur", "new", "tmp"):
            (self.maildir / name).mkdir(parents=True, exist_ok=True)
            (self.maildir / name).chmod(0o777)
        self.maildir.chmod(0o777)
        self.letters: list[Letter] = []
        self.delivers = True
        self.lock = threading.Lock()
        self.count = 0
        self.controller = Controller(self, hostname="127.0.0.1", port=free_port(), ready_timeout=30)
        self.controller.start()
        self.settings = {
            "smtp_host": "127.0.0.1",
            "smtp_port": self.controller.port,
            "smtp_tls": "none",
            "bounce_address": "bounces@helpline.test",
            "mail_dir": self.maildir,
        }

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content).encode()
        letter = Letter(str(envelope.mail_from), list(envelope.rcpt_tos), content, time.time())
        with self.lock:
            self.letters.append(letter)
        for recipient in letter.recipients:
            if self.delivers and recipient.endswith("@helpline.test") and "+" in recipient:
                self.deliver(recipient, letter.sender, content)
        return "250 OK"

    def deliver(self, recipient: str, sender: str, content: bytes) -> Path:
        """Put a mail into the hotline's mailbox as a delivery agent does."""
        with self.lock:
            self.count += 1
            name = f"{int(time.time())}.M{self.count:06d}.world"
        head = f"Return-Path: <{sender}>\r\nDelivered-To: {recipient}\r\nX-Original-To: {recipient}\r\n".encode()
        fresh = self.maildir / "tmp" / name
        fresh.write_bytes(head + content)
        return fresh.rename(self.maildir / "new" / name)

    def to(self, address: str) -> list[Letter]:
        with self.lock:
            return [letter for letter in self.letters if address in letter.recipients]

    def outside(self) -> list[Letter]:
        with self.lock:
            return [letter for letter in self.letters if letter.outside]

    def close(self) -> None:
        self.controller.stop()


def bounce(
    letter: Letter | None,
    *,
    to: str,
    recipient: str,
    status: str = "5.1.1",
    action: str = "failed",
    message_id: str | None = None,
    reporter: str = "mx.example.net",
) -> bytes:
    """A report of non-delivery (RFC 3464), as real ones look and as a forger writes them."""
    original = letter.message if letter else EmailMessage()
    identifier = message_id if message_id is not None else str(original["Message-ID"] or "<none@nowhere>")
    subject = str(original["Subject"] or "Please remove")
    sender = str(original["From"] or "desk@helpline.test")
    return (
        f"From: MAILER-DAEMON@{reporter}\r\nTo: {to}\r\nSubject: Undelivered Mail Returned to Sender\r\n"
        f"Date: {time.strftime('%a, %d %b %Y %H:%M:%S +0000', time.gmtime())}\r\n"
        f"Message-ID: <{random.random()}@{reporter}>\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b0"\r\n\r\n'
        f"--b0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n<{recipient}>: 550 {status} User unknown\r\n\r\n"
        f"--b0\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; {reporter}\r\n\r\n"
        f"Final-Recipient: rfc822; {recipient}\r\nAction: {action}\r\nStatus: {status}\r\n"
        f"Diagnostic-Code: smtp; 550 {status} User unknown\r\n\r\n"
        f"--b0\r\nContent-Type: text/rfc822-headers\r\n\r\nFrom: {sender}\r\nTo: {recipient}\r\n"
        f"Subject: {subject}\r\nMessage-ID: {identifier}\r\n\r\n--b0--\r\n"
    ).encode()
