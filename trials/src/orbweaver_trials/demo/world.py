"""The demo's world: web sites, their providers and a mail server, as one process on loopback addresses.

``python -m orbweaver_trials.demo.world LEDGER`` serves until it is told to end. Its first line on standard output is
JSON: ``hosts`` (name → address), ``smtp_host``, ``smtp_port``, ``mail_dir`` (the hotline's own mailbox), ``control``
(serves who may sign in, ``/ledger`` and ``/truth``, and takes ``/post-again``). It is a process of its own because the
world goes on when Orbweaver is killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import sys
from pathlib import Path
from typing import Any

from aiohttp import web
from aiosmtpd.smtp import SMTP

from orbweaver_trials.demo.ledger import Ledger
from orbweaver_trials.demo.mail import Mailroom, ReceivedNotice
from orbweaver_trials.demo.plan import BUSY, HOSTS, POSTED_AGAIN, Host
from orbweaver_trials.demo.providers import Provider
from orbweaver_trials.demo.sign_ins import sign_ins_page
from orbweaver_trials.demo.sites import Site

CONTROL_ADDRESS = "127.0.10.99"


class World:
    """All of it, in one event loop."""

    def __init__(self, ledger_path: Path) -> None:
        self.ledger = Ledger(ledger_path)
        self.addresses: dict[str, str] = {}
        self.sites = {host.name: Site(host, self.address, self.ledger) for host in HOSTS}
        self.providers = {host.mailbox: Provider(self.sites[host.name], self.ledger) for host in HOSTS}
        self.mail_dir = ledger_path.parent / "mail"
        self._runners: list[web.AppRunner] = []
        self._truth: asyncio.Future[dict[str, int]] | None = None

    def address(self, host: Host) -> str:
        """``http://127.0.10.N:port`` of a host, once it is served."""
        return self.addresses[host.name]

    async def start(self) -> dict[str, Any]:
        """Serve everything; returns where."""
        for host in HOSTS:
            port = await self._serve(self.sites[host.name].application(), host.address)
            self.addresses[host.name] = f"http://{host.address}:{port}"
        control = web.Application()
        control.add_routes(
            [
                web.get("/", self._show_sign_ins),
                web.get("/ledger", self._show_ledger),
                web.get("/truth", self._show_truth),
                web.post("/post-again", self._post_again),
            ]
        )
        control_port = await self._serve(control, CONTROL_ADDRESS)
        smtp_port = await self._serve_mail()
        self.ledger.write()
        return {
            "hosts": self.addresses,
            "smtp_host": CONTROL_ADDRESS,
            "smtp_port": smtp_port,
            "mail_dir": str(self.mail_dir),
            "control": f"http://{CONTROL_ADDRESS}:{control_port}",
        }

    async def _serve(self, application: web.Application, address: str) -> int:
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        self._runners.append(runner)
        await web.TCPSite(runner, address, 0).start()
        port: int = runner.addresses[0][1]
        return port

    async def _serve_mail(self) -> int:
        mailroom = Mailroom(
            frozenset(self.providers), self._receive, self._refuse, own=self.mail_dir, busy_once=BUSY.mailbox
        )
        server = await asyncio.get_running_loop().create_server(
            lambda: SMTP(mailroom, hostname="mail.demo.example", enable_SMTPUTF8=True), CONTROL_ADDRESS, 0
        )
        port: int = server.sockets[0].getsockname()[1]
        return port

    async def _receive(self, notice: ReceivedNotice) -> None:
        await self.providers[notice.recipient].receive(notice)

    def _refuse(self, address: str) -> None:
        self.ledger.add("refused", {"to": address})

    async def _show_sign_ins(self, request: web.Request) -> web.Response:
        return sign_ins_page(request.query.get("at", ""))

    async def _show_truth(self, _: web.Request) -> web.Response:
        """Drawn once, whoever asks meanwhile and whoever gave up waiting."""
        self._truth = self._truth or asyncio.ensure_future(asyncio.to_thread(self._draw_truth))
        return web.json_response(await asyncio.shield(self._truth))

    def _draw_truth(self) -> dict[str, int]:
        return {digest: seed for site in self.sites.values() for digest, seed in site.digests().items()}

    async def _show_ledger(self, _: web.Request) -> web.Response:
        return web.json_response(self.ledger.as_json())

    async def _post_again(self, _: web.Request) -> web.Response:
        return web.json_response({"url": self.sites[POSTED_AGAIN.host.name].post(POSTED_AGAIN)})

    async def stop(self) -> None:
        """Close every port."""
        for runner in self._runners:
            await runner.cleanup()


async def _until_told(world: World) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for which in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(which, ended.set)
    print(json.dumps(await world.start()), flush=True)
    drawing = asyncio.create_task(_draw(world))
    await ended.wait()
    drawing.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await drawing
    await world.stop()


async def _draw(world: World) -> None:
    """Draw every file once, ahead of the first request; one at a time, so that it can end in between."""
    for site in world.sites.values():
        for path in list(site.pictures):
            await asyncio.to_thread(site.file, path)


def main() -> None:
    """Entry point of the process."""
    asyncio.run(_until_told(World(Path(sys.argv[1]))))


if __name__ == "__main__":
    main()
