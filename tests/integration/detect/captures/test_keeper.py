"""Captures are never in the way: a disk that hangs or is full costs the capture, which is counted, and nothing else."""

from __future__ import annotations

import datetime as dt
import errno
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from orbweaver.detect.captures import keeping
from orbweaver.detect.captures.checks import capture_check
from orbweaver.detect.captures.exporting import lost_of
from orbweaver.detect.captures.keeper import Keeper
from orbweaver.detect.captures.keeping import Wire, keep_one, note_lost
from orbweaver.detect.captures.models import Capture, LostCapture
from orbweaver.detect.evidence import disk
from orbweaver.detect.evidence.models import EvidenceObject
from orbweaver.detect.evidence.services import store
from orbweaver.detect.evidence.stores import evidence_dir
from orbweaver.detect.fetching.exchanges import Exchange
from orbweaver.detect.matching.missed import missed_counts
from orbweaver.detect.matching.models import Sighting
from orbweaver.notify.notices.selectors import evidence_in_use
from orbweaver.people.audit.models import Event
from orbweaver.platform.runtime.checks import Level
from orbweaver.platform.shared_clock import shared_now

pytestmark = pytest.mark.django_db(transaction=True)
MakeSighting = Callable[..., Sighting]
Why = LostCapture.Why


@pytest.fixture(autouse=True)
def _authorised(hotline: None) -> None:
    """An authorised hotline."""


@pytest.fixture
def hanging() -> Iterator[threading.Event]:
    """A disk on which no file comes to its end until the event is set."""
    goes_on = threading.Event()
    real = disk._write

    def waits(path: Path, content: bytes) -> None:
        goes_on.wait()
        real(path, content)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(disk, "_write", waits)
        patch.setattr(disk, "PATIENCE_S", 0.05)
        yield goes_on
        goes_on.set()
        for thread in list(disk._hanging):
            thread.join()


def wire(sighting: Sighting, body: bytes = b"the bytes") -> Wire:
    head = b"HTTP/1.1 200 OK\r\n\r\n"
    at = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
    return Wire(sighting, [Exchange(sighting.url, at, None, None, b"GET / HTTP/1.1\r\n\r\n", head, body)])


def test_whoever_hands_over_does_not_wait_and_what_finds_no_place_is_counted(
    make_sighting: MakeSighting, now: dt.datetime
) -> None:
    sightings = [make_sighting() for _ in range(4)]
    goes_on, begun, real = threading.Event(), threading.Event(), store

    def slow(*given: object, **named: object) -> EvidenceObject:
        begun.set()
        goes_on.wait()
        return real(*given, **named)  # type: ignore[arg-type]

    keeper = Keeper(queue_bytes=100)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keeping, "store", slow)
        keeper.put([wire(sightings[0])], now)
        assert begun.wait(60)
        keeper.put([wire(sightings[1], bytes(200)), wire(sightings[2], b"2"), wire(sightings[3], b"3")], now)
        assert not Capture.objects.exists()  # it all returned while the first one hangs
        goes_on.set()
        keeper.close()
    assert set(Capture.objects.values_list("sighting", flat=True)) == {each.pk for each in sightings[:2]}
    check = capture_check(now)
    assert check.level == Level.WARN
    assert "2 (More was found" in check.found
    assert len(lost_of(Sighting.objects.all())) == 2
    lost = LostCapture.objects.values_list("sighting", "why")
    assert set(lost) == {(each.pk, Why.QUEUE.value) for each in sightings[2:]}


def test_a_crawler_ends_though_a_capture_hangs(
    make_sighting: MakeSighting, now: dt.datetime, caplog: pytest.LogCaptureFixture
) -> None:
    goes_on, begun = threading.Event(), threading.Event()

    def hangs(*_: object, **__: object) -> EvidenceObject:
        begun.set()
        goes_on.wait()
        raise OSError(errno.EIO, "late")

    keeper = Keeper()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keeping, "store", hangs)
        keeper.put([wire(make_sighting()), wire(make_sighting())], now)
        assert begun.wait(60)
        keeper.close(patience_s=0.01)
        assert "2 captures were not made" in caplog.text
        goes_on.set()
        keeper.close()


def test_a_hanging_disk_is_an_error_within_a_time_and_leaves_nothing_behind(
    hanging: threading.Event, make_sighting: MakeSighting, now: dt.datetime
) -> None:
    sighting = make_sighting()
    assert not keep_one(wire(sighting), now)
    assert not keep_one(wire(sighting), now)  # at once, while the first still hangs
    assert len(disk._hanging) == 1
    hanging.set()
    for thread in list(disk._hanging):
        thread.join()
    assert LostCapture.objects.get().why == Why.DISK
    assert not list(evidence_dir().rglob("*.age"))
    assert keep_one(wire(sighting), now)  # a later visit is captured
    assert not LostCapture.objects.exists()
    note_lost(sighting, Why.QUEUE, now)
    assert not LostCapture.objects.exists()  # nothing is lost of what was captured


def test_what_is_found_on_a_full_disk_is_found_all_the_same_and_archived_later(
    make_sighting: MakeSighting, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        sighting = make_sighting()
    assert sighting.media.evidence is None
    assert missed_counts() == {"waiting": 1}
    assert not list(evidence_dir().rglob("*.part"))


def test_the_capture_that_holds_the_bytes_is_kept_as_long_as_what_refers_to_it(
    make_sighting: MakeSighting, now: dt.datetime
) -> None:
    first, second = make_sighting(), make_sighting()
    assert keep_one(wire(first), now)
    assert keep_one(wire(second), now)
    whole = Capture.objects.get(sighting=first)
    assert Capture.objects.get(sighting=second).refers_to == whole
    assert whole.stored in evidence_in_use()
    EvidenceObject.objects.filter(capture__sighting=second).update(erased_at=now)
    assert whole.stored not in evidence_in_use()


def test_what_a_machine_finds_whose_clock_is_ahead_is_in_the_log_by_the_clock_that_all_share(
    make_sighting: MakeSighting,
) -> None:
    """The log takes no event of the future from a machine: the capture, or all that was found, would be lost."""
    ahead = shared_now() + dt.timedelta(hours=1)
    assert keep_one(wire(make_sighting()), ahead)
    assert Event.objects.get(kind="evidence.captured").at <= shared_now()
