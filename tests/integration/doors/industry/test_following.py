"""The scan API by itself keeps look-ups cheap: no other part need be there to merge what is fresh."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable

import httpx
import pytest

from orbweaver.detect.hashlists.models import HashListEntry
from orbweaver.detect.matching import index as matching
from orbweaver.detect.matching.index import ListIndex, open_index
from orbweaver.doors.industry.frame import following
from orbweaver.index import HammingIndex, IndexDiskFull, living

from .conftest import Running
from .things import pdq_of, picture

pytestmark = pytest.mark.django_db(transaction=True)
ASKED = {"kind": "md5", "hashes": ["01" * 16]}


def test_what_is_fresh_is_merged_by_the_scan_api_alone(
    running: Running, browse: httpx.Client, listed: Callable[..., HashListEntry], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(living, "TAIL_ENTRIES", 3)
    for number in range(4):
        listed("pdq", bytes([number]) * 32)
    listed("pdq", pdq_of(picture()))
    running.follow()
    index = open_index()
    try:
        assert not index.needs_merge
    finally:
        index.close()
    assert browse.post("/api/v1/scan", content=picture(60)).json()["classification"] == "csam"


def test_a_long_list_is_ready_to_be_searched_before_the_first_look_up(
    running: Running, listed: Callable[..., HashListEntry], monkeypatch: pytest.MonkeyPatch
) -> None:
    warmed = []
    monkeypatch.setattr(HammingIndex, "warm", lambda segment, radius: warmed.append((segment.count, radius)))
    monkeypatch.setattr(living, "TAIL_ENTRIES", 3)
    for number in range(5):
        listed("pdq", bytes([number]) * 32)
    assert warmed == [], "a short one is searched without the kernels"
    monkeypatch.setattr(matching, "WARM_ENTRIES", 4)
    listed("pdq", bytes([9]) * 32)
    assert warmed, "what a merge made, too"
    assert {radius for _, radius in warmed} == {31}


def test_an_index_that_cannot_be_made_ready_keeps_nobody_from_being_served(
    running: Running, browse: httpx.Client, listed: Callable[..., HashListEntry], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise IndexDiskFull

    monkeypatch.setattr(ListIndex, "warm", fail)
    asyncio.run_coroutine_threadsafe(running.port.shared.following.warm_up(), running.loop).result(20)
    listed("pdq", pdq_of(picture()))
    assert browse.post("/api/v1/scan", content=picture(60)).json()["classification"] == "csam"


def test_nobody_waits_for_an_import_that_has_been_followed_for_a_while_already(
    running: Running, browse: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, ended = threading.Event(), threading.Event()

    def lasts(_: ListIndex) -> int:
        begun.set()
        ended.wait(30)
        return 0

    with monkeypatch.context() as patched:
        patched.setattr(following, "PATIENCE_S", 0.5)
        patched.setattr(ListIndex, "sync", lasts)
        try:
            browse.post("/api/v1/scan/hashes", json=ASKED)
            assert begun.wait(20)
            time.sleep(following.STALE_S)
            before = time.perf_counter()
            for _ in range(5):
                assert browse.post("/api/v1/scan/hashes", json=ASKED).status_code == 200
            took = time.perf_counter() - before
        finally:
            ended.set()
    assert took < 3 * 0.5, "each waited anew"
