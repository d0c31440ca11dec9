"""A real worker is killed with -9 at random moments while it sends: what arrives, arrives exactly once.

All channels are exact, since a doubt can be settled; mail that has no mailbox of its own for bounces and copies is sent
at most once, and the doubt is kept. The other side is a real server that outlives the worker. A small campaign by mail
runs with all tests, the full ones (200 kills for each channel) with ``make soak``, which writes figures.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import hashlib
import json
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from orbweaver.notify.notices.letters.compose import compose
from orbweaver.notify.notices.letters.letter import Letter, LetterUrl, numbered

from ...unit.notify.notices.conftest import LETTER, URL
from .nursery import Nursery

pytestmark = pytest.mark.django_db(transaction=True)
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
LONGEST_S = 0.6
"""A worker is killed this many seconds after its first message, or earlier."""
REFILL = 300
BODY = b"As long as a short notice is.\r\n" * 100


class Mailroom:
    """Counts what arrives, by Message-ID. A copy for the journal goes into a Maildir, as a mail server does it."""

    def __init__(self) -> None:
        self.arrived: Counter[str] = Counter()
        self.some = threading.Event()
        self.maildir: Path | None = None

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.original_content, bytes)
        head = envelope.original_content.split(b"\r\n", 1)[0]
        self.arrived[head.removeprefix(b"Message-ID: ").decode()] += 1
        for recipient in envelope.rcpt_tos:
            if self.maildir is not None and recipient.startswith("bounces+"):
                name = f"{sum(self.arrived.values()):08}"
                (self.maildir / "tmp" / name).write_bytes(b"Delivered-To: %s\r\n" % recipient.encode() + head)
                (self.maildir / "tmp" / name).rename(self.maildir / "new" / name)
        self.some.set()
        return "250 OK"


class AnyPort(Controller):
    """A controller that learns which free port it was given before it tries to connect."""

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


class HttpRoom:
    """The other side of the webhook and of the Abuse Signal API, which knows keys; and of ICCAM, which lists them."""

    def __init__(self) -> None:
        self.arrived: Counter[str] = Counter()
        self.repeated = 0
        self.some = threading.Event()
        lock, outer = threading.Lock(), self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if self.path == "/Authentication":
                    self._answer({"bearerToken": "token"})
                    return
                key = self.headers["Idempotency-Key"] or body.get("correlationId") or body["hotlineReference"]
                with lock:
                    outer.repeated += key in outer.arrived
                    outer.arrived[key] = outer.arrived[key] + 1 if "hotlineReference" in body else 1
                outer.some.set()
                self._answer({"reportId": hashlib.sha256(key.encode()).hexdigest()[:32]})

            def do_GET(self) -> None:
                if self.path.startswith("/rest/reports?"):
                    [key] = parse_qs(urlsplit(self.path).query)["reference"]
                    self._answer(
                        {"reports": [{"hotlineReference": key, "reportId": "1"}] if key in outer.arrived else []}
                    )
                    return
                self._answer(
                    {"reportId": self.path[-32:], "status": "QUEUED", "description": "", "submittedAt": 1_790_000_000}
                )

            def _answer(self, said: dict[str, object]) -> None:
                answer = json.dumps(said).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture
def http_room() -> Iterator[HttpRoom]:
    room = HttpRoom()
    yield room
    room.server.shutdown()
    room.server.server_close()


@pytest.fixture
def mailroom() -> Iterator[tuple[Mailroom, int]]:
    room = Mailroom()
    controller = AnyPort(room, hostname="127.0.0.1", port=0)
    controller.start()
    yield room, controller.port
    controller.stop()


def raw_of(reference: str, channel: str) -> bytes:
    """A message of the channel: other channels than mail need the machine-readable part."""
    if channel == "smtp":
        return f"Message-ID: <{reference}.0@hotline.example>\r\n\r\n".encode() + BODY
    urls = numbered([LetterUrl(**URL)])
    return compose(Letter(**(LETTER | {"reference": reference}), urls=urls)).raw


def fill_outbox(count: int, channel: str = "smtp", address: str = "abuse@host.example") -> None:
    """Messages that wait, each of a notice of its own."""
    from orbweaver.notify.notices.models import Notice, OutboxMessage
    from orbweaver.notify.notices.rules import occasion_key
    from orbweaver.notify.providers.services import add_contact, add_provider

    provider = add_provider("Host", now=NOW)
    contact = add_contact(provider, address, channel=channel, now=NOW)
    notices = Notice.objects.bulk_create(
        Notice(
            provider=provider,
            contact=contact,
            notice_type="csam",
            state="open",
            identified=False,
            occasions=1,
            created_at=NOW,
        )
        for _ in range(count)
    )
    OutboxMessage.objects.bulk_create(
        OutboxMessage(
            notice=notice,
            number=0,
            occasion=occasion_key(notice.public_id, 0),
            channel=channel,
            contact=contact,
            address=contact.address,
            message_id=f"<{notice.public_id}.0@hotline.example>",
            raw=raw_of(notice.public_id, channel),
            created_at=NOW,
        )
        for notice in notices
    )


class Campaign:
    """Starts workers and kills them; ``run`` returns the figures. ``exact``: no doubt may remain in the end."""

    def __init__(self, room: Mailroom | HttpRoom | None, database_url: str, chance: random.Random) -> None:
        self.room, self.chance = room, chance
        self.channel, self.address, self.exact = "smtp", "abuse@host.example", False
        self.environment = os.environ | {"ORBWEAVER_DATABASE_URL": database_url}
        self.environment.pop("DJANGO_SETTINGS_MODULE", None)

    def by_mail(self, port: int, maildir: Path | None) -> Campaign:
        self.environment |= {
            "ORBWEAVER_NOTICE_TOGETHER": "false",  # each notice is a message of its own, which is counted
            "ORBWEAVER_SMTP_HOST": "127.0.0.1",
            "ORBWEAVER_SMTP_PORT": str(port),
            "ORBWEAVER_SMTP_TLS": "none",
        }
        if maildir is not None:
            assert isinstance(self.room, Mailroom)
            self.exact, self.room.maildir = True, maildir
            for name in ("tmp", "new", "cur"):
                (maildir / name).mkdir(parents=True)
            self.environment |= {
                "ORBWEAVER_BOUNCE_ADDRESS": "bounces@hotline.example",
                "ORBWEAVER_JOURNAL_WAIT_MINUTES": "0.05",
                "ORBWEAVER_MAIL_DIR": str(maildir),
            }
        return self

    def by_http(self, channel: str) -> Campaign:
        assert isinstance(self.room, HttpRoom)
        self.channel, self.address, self.exact = channel, self.room.url, True
        self.environment |= {
            "ORBWEAVER_NETWORK_ALLOW": "127.0.0.1:*",
            "ORBWEAVER_ABUSE_SIGNAL_KEY": "AKTEST",
            "ORBWEAVER_ABUSE_SIGNAL_SECRET": "secret",
            "ORBWEAVER_JOURNAL_WAIT_MINUTES": "0.05",
            "ORBWEAVER_ICCAM_USER": "hotline",
            "ORBWEAVER_ICCAM_PASSWORD": "secret",
        }
        return self

    def by_inbox(self) -> Campaign:
        self.channel, self.address, self.exact = "inbox", "inbox", True
        return self

    def is_sending(self, sent_before: int) -> bool:
        """Wait until the worker has sent something; whether it has."""
        if self.room is not None:
            return self.room.some.wait(60)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.sent() == sent_before:
            time.sleep(0.01)
        return self.sent() > sent_before

    def sent(self) -> int:
        from orbweaver.notify.notices.models import OutboxMessage

        return OutboxMessage.objects.filter(state="sent").count()

    def kill_once(self, nursery: Nursery) -> bool:
        """Start a worker, kill it at a random moment of its sending; whether it got so far."""
        if self.room is not None:
            self.room.some.clear()
        sent_before = self.sent()
        worker = nursery.start()
        try:
            sending = self.is_sending(sent_before)
            time.sleep(self.chance.uniform(0, LONGEST_S))
        finally:
            worker.kill()
            worker.wait()
        return sending

    def free_what_the_dead_left(self) -> None:
        """As time would: leases run out."""
        from orbweaver.notify.notices.models import OutboxMessage
        from orbweaver.platform.clock import real_now

        past = real_now() - dt.timedelta(seconds=1)
        OutboxMessage.objects.filter(lease_until__isnull=False).update(lease_until=past)

    def run(self, kills: int, refill: int = REFILL) -> dict[str, Any]:
        with contextlib.closing(Nursery(self.environment)) as nursery:
            return self._run(nursery, kills, refill)

    def _run(self, nursery: Nursery, kills: int, refill: int) -> dict[str, Any]:
        from orbweaver.notify.notices.models import OutboxMessage

        while_sending, doubted = 0, 0
        for _ in range(kills):
            if OutboxMessage.objects.filter(state="queued").count() < refill:
                fill_outbox(refill, self.channel, self.address)
            while_sending += self.kill_once(nursery)
            doubted += OutboxMessage.objects.filter(state="sending").count()
            self.free_what_the_dead_left()
        worker = nursery.start()
        try:
            self._drain()
            worker.terminate()
            status = worker.wait(20)
        finally:
            worker.kill()
        return self._figures() | {
            "kills": kills,
            "kills_while_sending": while_sending,
            "left_in_doubt_by_a_kill": doubted,
            "exit_status_after_sigterm": status,
        }

    def _drain(self) -> None:
        """Until nothing waits. A doubt about mail may need the copy of a later message, so one is sent."""
        from orbweaver.notify.notices.models import OutboxMessage

        settled = ["sent"] if self.exact else ["sent", "uncertain"]
        pending = OutboxMessage.objects.exclude(state__in=settled)
        deadline = time.monotonic() + 300
        while pending.exists() and time.monotonic() < deadline:
            if set(pending.values_list("state", flat=True)) == {"uncertain"}:
                fill_outbox(1, self.channel, self.address)
            time.sleep(1)

    def _figures(self) -> dict[str, Any]:
        from orbweaver.notify.notices.models import OutboxMessage

        states = Counter(OutboxMessage.objects.values_list("state", flat=True))
        name = "message_id" if self.channel == "smtp" else "occasion"
        certain = set(OutboxMessage.objects.filter(state="sent").values_list(name, flat=True))
        uncertain = set(OutboxMessage.objects.filter(state="uncertain").values_list(name, flat=True))
        arrived = Counter(certain) if self.room is None else self.room.arrived
        if self.channel == "abuse_signal":
            arrived = Counter({key.replace("-", "."): count for key, count in arrived.items()})
        return {
            "channel": self.channel,
            "messages": sum(states.values()),
            "states": dict(states),
            "arrived": len(arrived),
            "arrived_twice": sum(count > 1 for count in arrived.values()),
            "repeated_under_the_same_key": getattr(self.room, "repeated", 0),
            "sent_but_never_arrived": len(certain - set(arrived)),
            "arrived_but_not_sent": len(set(arrived) - certain - uncertain),
            "uncertain_that_arrived": len(uncertain & set(arrived)),
            "uncertain_that_did_not": len(uncertain - set(arrived)),
        }


def hold(figures: dict[str, Any], *, exact: bool) -> None:
    assert figures["arrived_twice"] == 0
    assert figures["sent_but_never_arrived"] == 0
    assert figures["arrived_but_not_sent"] == 0
    assert set(figures["states"]) <= ({"sent"} if exact else {"sent", "uncertain"})
    assert figures["kills_while_sending"] == figures["kills"]
    assert figures["states"].get("uncertain", 0) <= figures["kills"]
    assert figures["exit_status_after_sigterm"] == 0
    if exact:
        assert figures["arrived"] == figures["messages"]


CHANNELS = ["smtp", "webhook", "abuse_signal", "inbox", "iccam", "smtp_without_mailbox"]


@pytest.fixture
def campaign(
    mailroom: tuple[Mailroom, int], http_room: HttpRoom, database_url: str, tmp_path: Path
) -> Callable[[str, random.Random], Campaign]:
    """A campaign for a channel, with the other side running."""

    def make(channel: str, chance: random.Random) -> Campaign:
        if channel == "inbox":
            return Campaign(None, database_url, chance).by_inbox()
        if channel in ("webhook", "abuse_signal", "iccam"):
            return Campaign(http_room, database_url, chance).by_http(channel)
        journal = tmp_path / "mail" if channel == "smtp" else None
        return Campaign(mailroom[0], database_url, chance).by_mail(mailroom[1], journal)

    return make


@pytest.mark.sweep
@pytest.mark.timeout(300)
def test_with_a_mailbox_a_worker_killed_a_few_times_sends_each_message_exactly_once(campaign: Any) -> None:
    hold(campaign("smtp", random.Random(7)).run(2, refill=60), exact=True)


@pytest.mark.soak
@pytest.mark.parametrize("channel", CHANNELS)
def test_a_worker_killed_at_200_random_moments_sends_nothing_twice_and_loses_nothing(
    campaign: Any, channel: str
) -> None:
    seed = random.SystemRandom().randrange(2**32)
    kills = int(os.environ.get("KILLS", "200"))
    started = time.monotonic()
    figures = campaign(channel, random.Random(seed)).run(kills, refill=200 if channel == "abuse_signal" else REFILL)
    figures |= {"seed": seed, "seconds": round(time.monotonic() - started, 1)}
    folder = Path("build/soak")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"outbox_kill_{channel}.json").write_text(json.dumps(figures, indent=2) + "\n")
    hold(figures, exact=channel != "smtp_without_mailbox")
