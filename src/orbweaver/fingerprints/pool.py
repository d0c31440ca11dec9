"""Decoder processes for many files: a bomb, a crash or a hang costs that one file its picture, never the run."""

from __future__ import annotations

import logging
import math
import threading
from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, Self

from orbweaver.fingerprints.decoder import Decoder, DecoderDied, DecoderNotStarted
from orbweaver.fingerprints.digests import digest_bytes
from orbweaver.fingerprints.errors import REASONS, DecodersUnavailable, DecodersUnprotected, PoolClosed
from orbweaver.fingerprints.limits import DEFAULT_LIMITS, Limits
from orbweaver.fingerprints.result import STEADY, Fingerprints, Frames, Rate, Sized, Still, StillPosition, Views, Wanted
from orbweaver.fingerprints.sniff import sniff
from orbweaver.fingerprints.track import NO_FRAMES, Track
from orbweaver.fingerprints.wire import MAX_BATCH, Result

BATCH_BYTES = 16 * 2**20
"""Bodies of one batch together, unless one alone is longer: a decoder holds the whole batch."""
SOFT_SHARE = 0.6
"""Share of the timeout after which a long animation or video is left where it is, so that its part is kept."""
MAX_TRIES = 8
"""Processes that may die with a body in their batch, whoever is to blame, before that body is given up."""
START_ATTEMPTS = 3
"""Times in a row that a decoder may fail to start before the work at hand is given up."""
CONFINED_BY = "system_calls"
"""The protection without which nothing foreign is decoded, unless told so: with it a decoder that was taken over has no
socket, file, program or other process."""
REST_S = 300.0
"""Seconds without work after which a process that comes up when it is needed is ended again."""

logger = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Job:
    data: bytes
    future: Future[Any]
    """Of what ``wanted`` asks for."""
    wanted: Wanted = None
    suspect: bool = False
    """It was being decoded when a process died. It is tried once more, alone, as another may have done the harm."""
    tries: int = 0
    """Processes that died before it was done."""


class DecoderPool:
    """Fingerprints of hostile files, made in processes that hold nothing worth taking.

    Use it as a context manager. Each of ``workers`` processes gets batches of up to 32 bodies. A body on which a
    process dies gets digests and ``error`` (``decoder_crashed``, ``decoder_timeout`` or ``out_of_memory``); the others
    of its batch are decoded by the process that takes the dead one's place. All methods may be called from any thread.
    """

    def __init__(
        self,
        workers: int = 2,
        memory_mb: int = 2048,
        timeout_s: float = 20.0,
        max_pixels: int | None = None,
        limits: Limits = DEFAULT_LIMITS,
        *,
        ready: int | None = None,
        batch: int = MAX_BATCH,
        rest_s: float = REST_S,
        unprotected: bool = False,
    ) -> None:
        """``memory_mb`` is what decoding may take beyond the loaded process; ``timeout_s`` holds for one body.

        Returns at once; ``ready`` processes, or all, come up in the background (in about a second). Each of the others
        comes up when more waits than those that are free can take, and ends when nothing came for ``rest_s`` seconds:
        some 90 to 150 MB that an installation at rest does not hold. ``batch``, 1 to 32: a process gets at most so many
        bodies at once; of few each waits less for others, many cost less. ``unprotected``: decode even where the kernel
        does not keep the processes to it (``CONFINED_BY``).
        """
        if workers < 1 or memory_mb < 1 or timeout_s <= 0:
            raise ValueError("workers, memory_mb and timeout_s must be positive")
        if not 1 <= batch <= MAX_BATCH:
            raise ValueError("batch must be from 1 to 32")
        self._batch = batch
        self._unprotected, self._is_refused = unprotected, False
        self._is_absence_said = False
        self._rest_s = rest_s
        self._ready = workers if ready is None else ready
        self._memory_mb = memory_mb
        self._timeout_s = timeout_s
        self._limits = replace(
            limits,
            max_pixels=max_pixels or limits.max_pixels,
            max_decode_s=min(limits.max_decode_s, timeout_s * SOFT_SHARE),
        )
        self._jobs: deque[_Job] = deque()
        lock = threading.Lock()
        self._condition = threading.Condition(lock)
        self._too_much = threading.Condition(lock)
        self._free = self._ready
        """Threads that have a process, or start one, and nothing to do for it."""
        self._stopping = threading.Event()
        self._protections: dict[str, bool] = {}
        self._deaths: dict[str, int] = {}
        self._pids: dict[int, int] = {}
        self._last: Decoder | None = None
        self._threads = [
            threading.Thread(target=self._run, args=(slot,), name=f"decoder-{slot}", daemon=True)
            for slot in range(workers)
        ]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def submit(self, data: bytes) -> Future[Fingerprints]:
        """Queue one body. For async callers: ``await asyncio.wrap_future(pool.submit(data))``.

        The future never fails for what the body holds. It raises PoolClosed or DecodersUnavailable. The queue has no
        bound: hold back on ``waiting``.
        """
        return self._queue(_Job(data, Future()))

    def submit_still(self, data: bytes, position: StillPosition) -> Future[Still]:
        """Queue one body of which somebody wants to see a picture. As with ``submit``, what it holds is no failure."""
        return self._queue(_Job(data, Future(), position))

    def submit_track(self, data: bytes, rate: Rate = STEADY) -> Future[Track]:
        """Queue one film whose frames are wanted with their times. As with ``submit``, what it holds is no failure."""
        return self._queue(_Job(data, Future(), rate))

    def submit_views(self, data: bytes, wanted: Sized | Frames) -> Future[Views]:
        """Queue one body whose pixels are wanted. As with ``submit``, what it holds is no failure."""
        return self._queue(_Job(data, Future(), wanted))

    def _queue(self, job: _Job) -> Future[Any]:
        with self._condition:
            if self._closed:
                raise PoolClosed
            self._jobs.append(job)
            self._condition.notify()
            if len(self._jobs) > self._free:
                self._too_much.notify()
        return job.future

    def fingerprint_many(self, bodies: Iterable[bytes]) -> list[Fingerprints]:
        """Fingerprints of all bodies, in their order. Blocks."""
        futures = [self.submit(body) for body in bodies]
        return [future.result() for future in futures]

    @property
    def _closed(self) -> bool:
        return self._stopping.is_set()

    @property
    def waiting(self) -> int:
        """Bodies that no process has taken yet."""
        return len(self._jobs)

    @property
    def protections(self) -> dict[str, bool]:
        """What holds in the processes, by name (``network``, ``memory``, ``not_root`` ...); empty before the first."""
        return dict(self._protections)

    @property
    def deaths(self) -> dict[str, int]:
        """How many processes were lost so far, by reason."""
        return dict(self._deaths)

    @property
    def pids(self) -> list[int]:
        """The processes that are up."""
        return list(self._pids.values())

    @property
    def share(self) -> float:
        """How much of the body in hand is decoded, 0.0 to 1.0, in a pool of one process; only videos tell."""
        decoder = self._last
        return 0.0 if decoder is None else decoder.share

    def close(self) -> None:
        """End all processes; work that is not done fails with PoolClosed. May be called again."""
        with self._condition:
            self._stopping.set()
            abandoned = list(self._jobs)
            self._jobs.clear()
            self._condition.notify_all()
            self._too_much.notify_all()
        for job in abandoned:
            _fail(job, PoolClosed())
        for thread in self._threads:
            thread.join()

    def _run(self, slot: int) -> None:
        """One thread: start a process, feed it, start the next when it dies; end it at rest."""
        decoder: Decoder | None = None
        try:
            while not self._closed:
                if decoder is None and slot >= self._ready:
                    self._wait_for_need()
                decoder = decoder or self._start(slot)
                batch = self._take(math.inf if slot < self._ready else self._rest_s)
                if batch is None:
                    self._end(slot, decoder)
                    decoder = None
                    continue
                if batch and decoder is None:
                    for job in batch:
                        _fail(job, DecodersUnprotected() if self._is_refused else DecodersUnavailable())
                elif batch and decoder is not None and not self._feed(decoder, batch):
                    decoder = None
                with self._condition:
                    self._free += decoder is not None or slot < self._ready
        finally:
            self._end(slot, decoder)

    def _end(self, slot: int, decoder: Decoder | None) -> None:
        if decoder is not None:
            decoder.close()
        self._pids.pop(slot, None)

    def _start(self, slot: int) -> Decoder | None:
        for _ in range(START_ATTEMPTS):
            if self._closed:
                return None
            try:
                decoder = Decoder(self._memory_mb, self._timeout_s, self._limits, self._stopping)
            except (DecoderNotStarted, OSError):
                continue
            self._protections = decoder.protections
            self._is_refused = not (self._unprotected or decoder.protections.get(CONFINED_BY))
            if self._is_refused:
                decoder.close()
                self._say_absent("are not kept to decoding here")
                return None
            self._is_absence_said = False
            self._pids[slot] = decoder.pid
            self._last = decoder
            return decoder
        self._say_absent("do not start")
        return None

    def _say_absent(self, what: str) -> None:
        """Say it in the log: once, until one comes up."""
        with self._condition:
            is_said, self._is_absence_said = self._is_absence_said, True
        if not is_said:
            logger.error("Decoders %s: nothing is decoded. Run: orbweaver doctor", what)

    def _wait_for_need(self) -> None:
        """Until there is more to do than those that are free can take, or the pool is closed."""
        with self._too_much:
            while len(self._jobs) <= self._free and not self._closed:
                self._too_much.wait()
            self._free += 1

    def _take(self, rest_s: float) -> list[_Job] | None:
        """A fair share of what waits, at most 32 bodies and 16 MB; a suspect comes alone. Empty when closed, None when
        nothing came for so many seconds."""
        with self._condition:
            came = self._condition.wait_for(lambda: self._jobs or self._closed, None if math.isinf(rest_s) else rest_s)
            self._free -= 1
            if not came:
                return None
            share = min(self._batch, math.ceil(len(self._jobs) / len(self._threads)))
            batch: list[_Job] = []
            size = 0
            while self._jobs and len(batch) < share:
                job = self._jobs[0]
                size += len(job.data)
                if batch and (job.suspect or size > BATCH_BYTES):
                    break
                self._jobs.popleft()
                if job.future.running() or job.future.set_running_or_notify_cancel():
                    batch.append(job)
                if job.suspect:
                    break
            return batch

    def _feed(self, decoder: Decoder, batch: list[_Job]) -> bool:
        """Have a batch decoded. False when the process is gone; the jobs it left undone are queued again."""
        answered = 0

        def done(index: int, result: Result) -> None:
            nonlocal answered
            answered = index + 1
            batch[index].future.set_result(result)

        try:
            decoder.work([job.data for job in batch], [job.wanted for job in batch], done)
        except DecoderDied as died:
            self._deaths[died.code] = self._deaths.get(died.code, 0) + 1
            self._requeue(batch, answered, died)
            return False
        return True

    def _requeue(self, batch: list[_Job], answered: int, died: DecoderDied) -> None:
        """Give up on the culprit (at once when it hung, else when it did harm alone too), queue the others again."""
        again = batch[answered:]
        culprit = None if died.culprit is None else batch[min(died.culprit, len(batch) - 1)]
        for job in again:
            job.tries += 1
        given_up = [job for job in again if job.tries >= MAX_TRIES]
        if culprit is not None and (culprit.suspect or died.code == "decoder_timeout"):
            given_up.append(culprit)
        if culprit is not None:
            culprit.suspect = True
        with self._condition:
            if not self._closed:
                # Those that did no harm go first, so that they do not wait for the suspect.
                left = sorted((job for job in again if job not in given_up), key=lambda job: job.suspect)
                self._jobs.extendleft(reversed(left))
                self._condition.notify_all()
                again = given_up
        for job in again:
            if self._closed:
                _fail(job, PoolClosed())
            elif not job.future.done():
                job.future.set_result(_without_picture(job, died.code))


def _fail(job: _Job, error: Exception) -> None:
    if job.future.running() or job.future.set_running_or_notify_cancel():
        job.future.set_exception(error)


def _without_picture(job: _Job, code: str) -> Result:
    if isinstance(job.wanted, StillPosition):
        return Still(error=code)
    if isinstance(job.wanted, Rate):
        return NO_FRAMES._replace(note=code)
    if isinstance(job.wanted, Sized | Frames):
        return Views(error=code)
    digests = digest_bytes(job.data)
    return Fingerprints(
        digests.sha256,
        digests.sha1,
        digests.md5,
        digests.size,
        sniff(job.data),
        error=code,
        error_text=REASONS[code],
    )
