"""Decoder processes: what dies in them harms nothing else."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import psutil
import pytest
from PIL import Image

from orbweaver.fingerprints import fingerprint
from orbweaver.fingerprints.errors import PoolClosed
from orbweaver.fingerprints.pool import DecoderPool


@pytest.fixture(scope="module")
def pool() -> Iterator[DecoderPool]:
    with DecoderPool(workers=2, memory_mb=512, timeout_s=20) as pool:
        yield pool


def test_a_pool_gives_what_decoding_in_process_gives(pool: DecoderPool, photo_jpeg: bytes) -> None:
    bodies = [photo_jpeg, b"", b"no picture at all", photo_jpeg[: len(photo_jpeg) // 2]]
    assert pool.fingerprint_many(bodies) == [fingerprint(body) for body in bodies]


@pytest.mark.sweep
def test_processes_that_need_not_come_up_at_once_come_up_with_the_first_body(photo_jpeg: bytes) -> None:
    with DecoderPool(workers=1, memory_mb=512, timeout_s=20, ready=0) as pool:
        time.sleep(0.05)
        assert (pool.pids, pool.protections) == ([], {})
        assert pool.fingerprint_many([photo_jpeg]) == [fingerprint(photo_jpeg)]
        assert len(pool.pids) == 1
    with DecoderPool(workers=1, memory_mb=512, timeout_s=20, ready=0) as pool:
        pass  # closed without any work, it ends


@pytest.mark.sweep
def test_a_process_that_nothing_comes_for_ends_and_the_next_body_brings_another(photo_jpeg: bytes) -> None:
    with DecoderPool(workers=1, memory_mb=512, timeout_s=20, ready=0, rest_s=0.05) as pool:
        first = fingerprint(photo_jpeg)
        assert pool.fingerprint_many([photo_jpeg]) == [first]
        deadline = time.monotonic() + 60
        while pool.pids and time.monotonic() < deadline:
            time.sleep(0.01)
        assert pool.pids == []
        assert pool.fingerprint_many([photo_jpeg]) == [first]
    assert pool.deaths == {}


@pytest.mark.sweep
def test_more_processes_come_up_when_there_is_more_than_those_at_rest_can_take(photo_jpeg: bytes) -> None:
    with DecoderPool(workers=2, memory_mb=512, timeout_s=20, ready=1) as pool:
        for _ in range(3):  # one at a time: one process is enough
            pool.submit(photo_jpeg).result()
        assert len(pool.pids) == 1
        wanted = fingerprint(photo_jpeg)
        deadline = time.monotonic() + 60
        while len(pool.pids) < 2 and time.monotonic() < deadline:
            assert pool.fingerprint_many([photo_jpeg] * 40) == [wanted] * 40
        assert len(pool.pids) == 2


def test_many_bodies_come_back_in_their_order(pool: DecoderPool) -> None:
    bodies = [f"text {number}".encode() for number in range(500)]
    assert [result.sha256 for result in pool.fingerprint_many(bodies)] == [fingerprint(body).sha256 for body in bodies]


def test_async_callers_await_a_future(pool: DecoderPool, photo_jpeg: bytes) -> None:
    async def ask() -> list[object]:
        return await asyncio.gather(*(asyncio.wrap_future(pool.submit(photo_jpeg)) for _ in range(40)))

    assert asyncio.run(ask()) == [fingerprint(photo_jpeg)] * 40


def test_a_killed_process_costs_no_result(pool: DecoderPool, photo_jpeg: bytes) -> None:
    pool.fingerprint_many([photo_jpeg])
    futures = [pool.submit(photo_jpeg) for _ in range(300)]
    for pid in pool.pids:
        os.kill(pid, signal.SIGKILL)
    assert {future.result().error for future in futures} == {None}
    assert sum(pool.deaths.values()) >= 1


@pytest.mark.sweep
def test_a_stopped_process_is_replaced_and_only_its_item_is_lost(photo_jpeg: bytes) -> None:
    with DecoderPool(workers=1, timeout_s=1.0) as pool:
        pool.fingerprint_many([photo_jpeg])
        futures = [pool.submit(photo_jpeg) for _ in range(200)]
        os.kill(pool.pids[0], signal.SIGSTOP)
        errors = [future.result().error for future in futures]
    assert errors.count("decoder_timeout") <= 1
    assert {error for error in errors if error} <= {"decoder_timeout"}


def kill_whoever_works_on_it(pool: DecoderPool, future: Future[Any], how: signal.Signals) -> None:
    """Kill each new process a moment after it came up, until the future is done."""
    killed: set[int] = set()
    while not future.done():
        for pid in set(pool.pids) - killed:
            time.sleep(0.1)
            os.kill(pid, how)
            killed.add(pid)
        time.sleep(0.01)


@pytest.mark.sampled(1)
@pytest.mark.parametrize(("how", "code"), [(signal.SIGSEGV, "decoder_crashed"), (signal.SIGKILL, "out_of_memory")])
def test_a_file_that_kills_its_process_twice_gets_the_reason_and_the_others_their_hashes(
    photo_jpeg: bytes, scene: Callable[..., Image.Image], encoded: Callable[..., bytes], how: signal.Signals, code: str
) -> None:
    slow = encoded(scene(640, 480).resize((9000, 9000)), "PNG", compress_level=1)
    with DecoderPool(workers=1) as pool:
        before = [pool.submit(photo_jpeg) for _ in range(3)]
        poison = pool.submit(slow)
        after = [pool.submit(photo_jpeg) for _ in range(3)]
        for future in before:
            future.result()
        kill_whoever_works_on_it(pool, poison, how)
        result = poison.result()
        assert {future.result().error for future in before + after} == {None}
    assert result.error == code
    assert result.sha256 == hashlib.sha256(slow).digest()
    assert (result.mime, result.pdq) == ("image/png", None)


def test_a_bomb_runs_into_the_limits_and_the_run_goes_on(photo_jpeg: bytes, encoded: Callable[..., bytes]) -> None:
    many_pixels = encoded(Image.new("1", (30_000, 30_000)), "PNG")
    much_memory = encoded(Image.new("RGB", (9_000, 9_000)), "PNG")
    assert len(many_pixels) < 200_000
    with DecoderPool(workers=1, memory_mb=128) as pool:
        results = pool.fingerprint_many([photo_jpeg, many_pixels, much_memory, photo_jpeg])
    assert [result.error for result in results] == [None, "too_many_pixels", "out_of_memory", None]
    assert results[0].pdq == results[3].pdq


def test_the_processes_hold_no_secret_of_the_environment(monkeypatch: pytest.MonkeyPatch, photo_jpeg: bytes) -> None:
    monkeypatch.setenv("ORBWEAVER_DATABASE_URL", "postgresql://secret")
    with DecoderPool(workers=1) as pool:
        pool.fingerprint_many([photo_jpeg])
        environment = Path(f"/proc/{pool.pids[0]}/environ").read_bytes()
    assert b"ORBWEAVER" not in environment


def test_the_processes_are_limited(pool: DecoderPool, photo_jpeg: bytes) -> None:
    pool.fingerprint_many([photo_jpeg])
    assert {"memory", "open_files", "no_core", "no_writing", "no_new_privileges", "parent_death"} <= {
        name for name, held in pool.protections.items() if held
    }


@pytest.mark.sweep
def test_closing_leaves_no_process_and_no_handle(photo_jpeg: bytes) -> None:
    me = psutil.Process()
    before = me.num_fds()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with DecoderPool(workers=2) as pool:
            pool.fingerprint_many([photo_jpeg] * 50)
            family = [each for pid in pool.pids for each in (psutil.Process(pid), *psutil.Process(pid).children(True))]
    assert family
    assert me.num_fds() == before
    # other tests' servers live below this process too, and come and go as they like: only the pool's own are asked for
    assert not any(each.is_running() for each in family)


@pytest.mark.sweep
def test_work_left_when_a_pool_closes_fails_and_says_so(photo_jpeg: bytes) -> None:
    pool = DecoderPool(workers=1)
    futures = [pool.submit(photo_jpeg) for _ in range(500)]
    pool.close()
    assert any(isinstance(future.exception(), PoolClosed) for future in futures)
    with pytest.raises(PoolClosed):
        pool.submit(photo_jpeg)


@pytest.mark.sweep
def test_processes_die_with_their_parent() -> None:
    script = (
        "import sys, time\n"
        "from orbweaver.fingerprints.pool import DecoderPool\n"
        "pool = DecoderPool(workers=2)\n"
        "pool.fingerprint_many([b'x'] * 64)\n"
        "print(*pool.pids, flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pids = [int(word) for word in parent.stdout.readline().split()]
        parent.kill()
    deadline = time.monotonic() + 10
    while any(psutil.pid_exists(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert pids
    assert not any(psutil.pid_exists(pid) for pid in pids)
