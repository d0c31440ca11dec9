"""The walk of a reader who follows one leased URL to its outcome, taken from a run: which files, in which order.

A crawler visits a site of one page on loopback, which shows a picture and holds another in itself. What is called while
each of the two URLs is on its way is noted, from the taken lease (``Crawler._visit``) to the outcome that is handed
over.

**What a step is.** A call from one file of ``src/orbweaver`` to another, whatever libraries lie between, and, once it
is read, the way back to the caller. The same pair of files is walked once, however often it is called. Work that is
handed to a thread or to a task counts as called by who handed it over. What the database's threads and the decoders'
processes do does not: they are other walks. Neither does making a value (a dataclass has no code to read).

**What is counted.** *Files*: those that are stepped into, the first included. *Returns*: steps into a file where the
reader was before, be it on the way back or because it is called from a second place; a walk that meets each of its
``n`` files from one place has ``n - 1``. *Climbs*: those of the steps that lead into a layer above (the layers are
import-linter's, in ``pyproject.toml``), and of these the *callbacks*, which are calls.

**Doors.** A folder that is a library in itself is one file to this reader: it knows nothing of leases and outcomes, and
is read apart, from its own README. These are ``LIBRARIES``. With ``--open`` each of their files counts.

    .venv/bin/python tools/walk.py [--open]
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import io
import os
import socket
import sys
import threading
import tomllib
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, Final
from unittest.mock import patch

TOP: Final = Path(__file__).resolve().parent.parent
LIBRARIES: Final = ("fingerprints", "index", "platform", "detect/extraction", "detect/fetching")
"""Folders that count as one file each. None knows of leases, and import-linter keeps Django out of all but the
platform's own."""


@dataclass
class Walk:
    """Steps from file to file in the order of the first time, as paths below ``src/orbweaver``."""

    start: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def note(self, caller: str, callee: str) -> None:
        """One call, if it leads to another file and does so for the first time."""
        if caller != callee and (caller, callee) not in self.steps:
            self.steps.append((caller, callee))

    def by_the_door(self) -> Walk:
        """The same with libraries as one file each."""
        walk = Walk(_door(self.start))
        for caller, callee in self.steps:
            walk.note(_door(caller), _door(callee))
        # What a library calls of another is its own affair.
        walk.steps = [step for step in walk.steps if step[0] not in LIBRARIES or step[1] not in LIBRARIES]
        return walk

    @property
    def files(self) -> list[str]:
        """In the order in which they are met."""
        return list(dict.fromkeys([self.start, *(callee for _, callee in self.steps)]))

    @property
    def returns(self) -> int:
        """Each pair is a step there and one back; all but the first into each file lead where he was."""
        return 2 * len(self.steps) - (len(self.files) - 1)

    def climbs(self, layers: Sequence[str]) -> int:
        """Steps into a layer above, ways back included."""
        return sum(_height(caller, layers) != _height(callee, layers) for caller, callee in self.steps)

    def callbacks(self, layers: Sequence[str]) -> list[tuple[str, str]]:
        """Calls into a layer above."""
        return [step for step in self.steps if _height(step[0], layers) > _height(step[1], layers)]


def _door(path: str) -> str:
    return next((library for library in LIBRARIES if path.startswith(library + "/")), path)


def _height(path: str, layers: Sequence[str]) -> int:
    """The place in the layers, 0 at the top."""
    room = path.removesuffix(".py").replace("/", ".") + "."
    return max((place for place, layer in enumerate(layers) if room.startswith(layer + ".")), default=-1)


def layers_of(pyproject: Path) -> list[str]:
    """All rooms from the top down, those inside a folder after the folder itself."""
    contracts = tomllib.loads(pyproject.read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    inside = {each["containers"][0]: each["layers"] for each in contracts if "containers" in each}

    def below(folder: str) -> Iterator[str]:
        for layer in inside.get(folder, ()):
            for room in layer.split("|"):
                yield f"{folder}.{room.strip()}".removeprefix("orbweaver.")
                yield from below(f"{folder}.{room.strip()}")

    return list(below("orbweaver"))


class Tracer:
    """Notes the walks of the URLs that are visited while it is on. Follows tasks and threads by their context."""

    def __init__(self, source: Path, start: CodeType) -> None:
        self.walks: list[Walk] = []
        self._source = f"{source}{os.sep}"
        self._start = start
        self._now: ContextVar[tuple[Walk, str] | None] = ContextVar("now", default=None)
        """The walk that this context belongs to, and the file where it is."""

    @contextmanager
    def on(self) -> Iterator[None]:
        """For this thread, and for those that are started meanwhile."""
        threading.setprofile(self._event)
        sys.setprofile(self._event)
        try:
            yield
        finally:
            sys.setprofile(None)
            threading.setprofile(None)  # type: ignore[arg-type]

    def _event(self, frame: FrameType, event: str, _: Any) -> None:
        if event not in ("call", "return") or not frame.f_code.co_filename.startswith(self._source):
            return
        here = frame.f_code.co_filename.removeprefix(self._source)
        now = self._now.get()
        if event == "return":
            if now is not None:
                self._now.set((now[0], self._caller(frame) or now[1]))
            return
        if now is None and frame.f_code is self._start:
            self.walks.append(Walk(here))
            now = self.walks[-1], here
        if now is None or frame.f_code.co_name == "<module>":
            return
        now[0].note(self._caller(frame) or now[1], here)
        self._now.set((now[0], here))

    def _caller(self, frame: FrameType) -> str | None:
        """The file of ours that called, through whatever libraries."""
        above = frame.f_back
        while above is not None:
            if above.f_code.co_filename.startswith(self._source):
                return above.f_code.co_filename.removeprefix(self._source)
            above = above.f_back
        return None


def _picture(shade: int) -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.linear_gradient("L").rotate(90 * (shade % 4)).resize((320, 240)).save(out, "JPEG")
    return out.getvalue()


@asynccontextmanager
async def _site(listening: socket.socket) -> AsyncIterator[None]:
    """A site of one page."""
    from aiohttp import web

    held = base64.b64encode(_picture(1)).decode()
    page = f"<title>Album</title><p>words<img src='/a.jpg' alt='shown'><img src='data:image/jpeg;base64,{held}'></p>"

    async def answer(request: web.Request) -> web.Response:
        match request.path:
            case "/":
                return web.Response(text=page, content_type="text/html")
            case "/a.jpg":
                return web.Response(body=_picture(2), content_type="image/jpeg")
            case _:
                return web.Response(status=404)

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.SockSite(runner, listening).start()
    yield
    await runner.cleanup()


@contextmanager
def _settings(**settings: str) -> Iterator[None]:
    """Settings of the crawl alone: whoever asked for the walks has their own again afterwards."""
    from orbweaver.platform.config import environment_name, forget

    before = dict(os.environ)
    os.environ.update({environment_name(name): value for name, value in settings.items()})
    forget()
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        forget()


def crawled() -> list[Walk]:
    """The walks of a page and of the picture that it shows. Django must be set up, with a database that is empty."""
    from orbweaver.detect.crawl.models import Lead
    from orbweaver.detect.crawl.services import add_lead
    from orbweaver.detect.visiting import polite_fetch
    from orbweaver.doors.workers import crawl
    from orbweaver.platform.clock import now

    listening = socket.create_server(("127.0.0.1", 0))
    add_lead(f"http://127.0.0.1:{listening.getsockname()[1]}/", source=Lead.Source.OPERATOR, now=now())
    tracer = Tracer(Path(crawl.__file__).parents[2], crawl.Crawler._visit.__code__)

    async def go() -> None:
        async with asyncio.timeout(120), _site(listening):
            await crawl.Crawler(once=True).run()

    settings = _settings(network_allow="127.0.0.1:*", crawl_host_delay_s="0", decode_workers="1")
    # or on a slow machine the site's rules are old by the second walk, and asked for once more
    with settings, patch.object(polite_fetch, "TRUST_S", 3600.0), tracer.on():
        asyncio.run(go())
    return tracer.walks


def shown(walk: Walk, layers: Sequence[str]) -> str:
    """The walk as text."""
    known, lines = {walk.start}, [walk.start]
    for caller, callee in walk.steps:
        lines.append(f"  {caller} -> {callee}{' (again)' if callee in known else ''}")
        known.add(callee)
    callbacks = walk.callbacks(layers)
    lines += [f"  called back: {caller} -> {callee}" for caller, callee in callbacks]
    counts = (
        f"{len(walk.files)} files, {walk.returns} returns, {walk.climbs(layers)} climbs, {len(callbacks)} callbacks"
    )
    return "\n".join([*lines, counts])


def main() -> None:
    """Print both walks."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--open", action="store_true", help="show every file of the libraries, too")
    opened = parser.parse_args().open
    layers = layers_of(TOP / "pyproject.toml")
    sys.path.insert(0, str(TOP / "tools"))
    from structure import empty_database

    with empty_database():
        from django.core.management import call_command

        call_command("migrate", verbosity=0, interactive=False)
        walks = crawled()
    for name, walk in zip(("A page:", "The picture that it shows:"), walks, strict=True):
        sys.stdout.write(f"{name}\n{shown(walk if opened else walk.by_the_door(), layers)}\n\n")


if __name__ == "__main__":
    main()
