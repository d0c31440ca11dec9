"""The API's port as it runs, in a thread of the test process, and clients that dial it."""

from __future__ import annotations

import asyncio
import datetime as dt
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import httpx
import pytest
from pytest_django import DjangoDbBlocker

from orbweaver.people.accounts.rules import Permission
from orbweaver.platform.config import forget
from orbweaver.platform.runtime.turns import TurnLoop

if TYPE_CHECKING:
    from orbweaver.detect.hashlists.models import HashListEntry
    from orbweaver.doors.industry.serving import Port
    from orbweaver.people.accounts.models import Organisation

MakeKey = Callable[..., str]


@dataclass
class Running:
    """The port and where it answers."""

    address: str
    loop: asyncio.AbstractEventLoop
    port: Port

    def follow(self) -> None:
        """Have it follow the lists now; by itself it does so within a second."""
        asyncio.run_coroutine_threadsafe(self.port.shared.following.follow(), self.loop).result(20)


@pytest.fixture(scope="module")
def running(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Running]:
    """For the tests of one file: what goes on longer meets what other files do to its database."""
    from orbweaver.doors.industry.serving import listening, opened

    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.setenv("ORBWEAVER_NETWORK_ALLOW", "127.0.0.1:*")
    monkeypatch.setenv("ORBWEAVER_HMA_TRUSTED_NETWORKS", "127.0.0.2/32")
    forget()
    sockets = listening("127.0.0.1", 0)
    ready, loop, ended = threading.Event(), TurnLoop(), asyncio.Event()

    ports: list[Port] = []

    async def serve() -> None:
        async with opened(sockets, loop.turns) as port:
            ports.append(port)
            ready.set()
            await ended.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), name="api")
    with django_db_blocker.unblock():
        thread.start()
        try:
            assert ready.wait(350), "the port did not come up"  # a busy machine that compiles first takes minutes
            monkeypatch.undo()
            forget()
            yield Running(f"http://127.0.0.1:{sockets[0].getsockname()[1]}", loop, ports[0])
        finally:
            loop.call_soon_threadsafe(ended.set)
            thread.join(120)
            for each in sockets:  # the port closes them, unless it did not come up
                each.close()
        assert not thread.is_alive(), "the port did not end"
        loop.close()


@pytest.fixture(scope="module")
def address(running: Running) -> str:
    """Where the port answers, as ``http://127.0.0.1:…``."""
    return running.address


@pytest.fixture
def listed(running: Running, transactional_db: None) -> Callable[..., HashListEntry]:
    """Puts a hash on a list, which the port follows: ``listed("md5", value, "a1")``."""
    from .things import put_on_list

    def put(*arguments: object) -> HashListEntry:
        entry = put_on_list(*arguments)  # type: ignore[arg-type]
        running.follow()
        return entry

    return put


@pytest.fixture
def key(transactional_db: None, organisation: Organisation, now: dt.datetime) -> MakeKey:
    """Makes keys: ``key(Permission.SCAN_USE, url_hosts=["example.org"])``."""

    from orbweaver.people.accounts.services import create_api_key

    def make(*scopes: Permission, **more: object) -> str:
        return create_api_key(organisation, "test", scopes or [Permission.SCAN_USE], now, **more)  # type: ignore[arg-type]

    return make


@pytest.fixture
def browse(address: str, key: MakeKey) -> Iterator[httpx.Client]:
    """A client with a key that may scan."""
    with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {key()}"}, timeout=20) as client:
        yield client


class Site:
    """A host on loopback that serves what a test puts there."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.bodies: dict[str, bytes] = {}
        self.redirects: dict[str, str] = {}

    def serve(self, path: str, body: bytes) -> str:
        """The address at which this body is."""
        self.bodies[path] = body
        return self.address + path

    def redirect(self, path: str, target: str) -> str:
        """An address that leads to another."""
        self.redirects[path] = target
        return self.address + path


@pytest.fixture
def site() -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            target, body = served.redirects.get(self.path), served.bodies.get(self.path)
            self.send_response(302 if target else 200 if body is not None else 404)
            if target:
                self.send_header("Location", target)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served = Site(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield served
    server.shutdown()
    thread.join()
    server.server_close()
