"""A notice leaves in its normal time (R62): from the verdict to the letter over SMTP, in the ordinary case, on a full
disk, with authorities for stamps that never answer, and while captures hang.

What is asserted is no speed: the letter is there before the capture or its stamp is. The seconds are written down.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import socket
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.integration.conftest import SetConfig, World, hotline, set_config
from tests.integration.doors.workers.test_due import Running, wait_until
from tests.integration.notify.notices.conftest import Mailbox, mail, mailbox
from tests.stamp_authority import Authority

from orbweaver.detect.captures.keeper import Keeper
from orbweaver.detect.captures.keeping import Wire
from orbweaver.detect.captures.models import Capture, LostCapture
from orbweaver.detect.evidence import disk
from orbweaver.detect.fetching.exchanges import Exchange
from orbweaver.detect.matching.models import Sighting
from orbweaver.notify.providers.services import add_contact, add_provider
from orbweaver.platform.clock import now

__all__ = ["hotline", "mail", "mailbox", "set_config"]

LETTERS = 7
"""Of each case; the first is let go, as the worker has just begun."""
LONGEST_S = 120
Letters = Callable[[], list[float]]


class Way:
    """One provider after the other: something is seen there, its capture is handed over, and a verdict follows."""

    def __init__(self, mail: Mailbox) -> None:
        self._mail, self._world, self._keeper, self._number = mail, World(), Keeper(), 0
        self.sightings: list[Sighting] = []

    def letter(self) -> float:
        """Seconds from the verdict to the letter."""
        self._number += 1
        name = f"host{self._number}.example"
        add_contact(add_provider(name, now=now(), domains=[name]), f"abuse@{name}", now=now())
        item = self._world.item(f"https://{name}/1.png")
        sighting = item.sightings.get()
        self._keeper.put([_wire(sighting)], now())
        self._world.verdict(item=item)
        decided, came = time.monotonic(), len(self._mail.received)
        wait_until(lambda: len(self._mail.received) > came, LONGEST_S)
        took = time.monotonic() - decided
        self.sightings.append(sighting)
        return took

    def close(self) -> None:
        self._keeper.close(LONGEST_S)


def _wire(sighting: Sighting) -> Wire:
    head, body = b"HTTP/1.1 200 OK\r\n\r\n", os.urandom(50_000)
    at = dt.datetime.now(dt.UTC)
    return Wire(sighting, [Exchange(sighting.url, at, None, None, b"GET / HTTP/1.1\r\n\r\n", head, body)])


@pytest.fixture
def way(hotline: None, mail: Mailbox, set_config: SetConfig, monkeypatch: pytest.MonkeyPatch) -> Iterator[Way]:
    set_config(discover_contacts="false", bounce_address="bounces@hotline.example")
    made = Way(mail)
    yield made
    made.close()


def letters(way: Way) -> list[float]:
    """The seconds of each, once the worker is under way."""
    with Running():
        return [way.letter() for _ in range(LETTERS)][1:]


def said(took: list[float]) -> dict[str, float]:
    return {"median": round(statistics.median(took), 2), "longest": round(max(took), 2)}


@contextlib.contextmanager
def deaf() -> Iterator[tuple[str, list[socket.socket]]]:
    """An authority that takes every question and never answers, and who came."""
    came: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        ended = threading.Event()

        def take() -> None:
            while not ended.is_set():
                with contextlib.suppress(TimeoutError):
                    came.append(server.accept()[0])

        thread = threading.Thread(target=take)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}/stamp", came
        finally:
            ended.set()
            thread.join()
            for each in came:
                each.close()


@pytest.mark.soak
@pytest.mark.django_db(transaction=True)
def test_a_notice_takes_so_long_in_the_ordinary_case(way: Way, soak_figures: Callable[..., None]) -> None:
    soak_figures(seconds=said(letters(way)))
    way.close()
    assert Capture.objects.count() == LETTERS


@pytest.mark.soak
@pytest.mark.django_db(transaction=True)
def test_a_notice_leaves_while_authorities_never_answer(
    way: Way, set_config: SetConfig, tmp_path: Path, soak_figures: Callable[..., None]
) -> None:
    roots = Authority(tmp_path / "authority").roots
    with deaf() as (first, asked_first), deaf() as (second, asked_second):
        set_config(
            stamp_authorities=f"{first},{second}",
            stamp_roots=roots,
            stamp_seconds=LONGEST_S,
            network_allow="127.0.0.1:*",
        )
        with Running():
            took = [way.letter()]
            wait_until(lambda: asked_first, LONGEST_S)
            took = [way.letter() for _ in range(LETTERS - 1)]
            assert len(asked_first) + len(asked_second) >= 1
            assert not Capture.objects.filter(stamps__isnull=False).exists(), "nobody answered, and letters came"
            soak_figures(seconds=said(took), asked=len(asked_first) + len(asked_second))
            for each in (*asked_first, *asked_second):
                each.close()


@pytest.mark.soak
@pytest.mark.django_db(transaction=True)
def test_a_notice_leaves_while_captures_hang(
    way: Way, soak_figures: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_on, real = threading.Event(), disk._write

    def waits(path: Path, content: bytes) -> None:
        goes_on.wait()
        real(path, content)

    monkeypatch.setattr(disk, "_write", waits)
    monkeypatch.setattr(disk, "PATIENCE_S", float(LONGEST_S))
    try:
        took = letters(way)
        assert not Capture.objects.exists(), "each of them hangs, and letters came"
        soak_figures(seconds=said(took))
    finally:
        goes_on.set()
    way.close()
    assert Capture.objects.count() == LETTERS


@pytest.mark.soak
@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
@pytest.mark.django_db(transaction=True)
def test_a_notice_leaves_while_the_disk_of_evidence_is_full(
    way: Way, set_config: SetConfig, tmp_path: Path, soak_figures: Callable[..., None]
) -> None:
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(small)], check=True)
    try:
        set_config(data_dir=small, keys_dir=tmp_path / "keys")
        with (small / "filler").open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(4096))
        took = letters(way)
        way.close()
        assert not Capture.objects.exists()
        assert set(LostCapture.objects.values_list("why", flat=True)) == {LostCapture.Why.DISK}
        assert LostCapture.objects.count() == LETTERS
        soak_figures(seconds=said(took))
    finally:
        subprocess.run(["umount", "-l", str(small)], check=False)
