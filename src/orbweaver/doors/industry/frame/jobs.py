"""Videos that take longer than a client waits for an answer: handed in, decoded whole, asked after.

One process decodes them, so that they hold up no picture. Jobs live in this process: a restart forgets them, and the
client hands in again. Whoever handed one in may ask after it, nobody else.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from orbweaver.doors.industry.frame.asked import Count, Refusal
from orbweaver.doors.industry.frame.clients import Client
from orbweaver.doors.industry.frame.scanner import Finding, Scanner
from orbweaver.doors.industry.frame.usage import Usage
from orbweaver.doors.industry.messages import BUSY, NO_SUCH_JOB
from orbweaver.fingerprints.pool import DecoderPool

log = logging.getLogger(__name__)

MOST_ACTIVE: Final = 4
"""Jobs that wait or run; each holds its file."""
MOST_OF_ONE: Final = MOST_ACTIVE // 2
"""The most of them for one organisation, over all its keys, so that others have their turn."""
KEPT_S: Final = 3600.0
"""How long the result of one is kept after it was done."""
RETRY_S: Final = 30


@dataclass(slots=True)
class Job:
    """One video. ``finding`` is None until it is done, and for good where it ``failed``."""

    name: str
    client: str
    organisation: str
    finding: Finding | None = None
    failed: bool = False
    ended_at: float | None = None


class Jobs:
    """Runs jobs one after the other. Make it within a running event loop."""

    def __init__(self, scanner: Scanner, pool: DecoderPool, usage: Usage) -> None:
        self._scanner, self._pool, self._usage = scanner, pool, usage
        self._jobs: dict[str, Job] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def require_free(self, client: Client) -> None:
        """Raise Refusal when there are too many jobs, in all or of this client's organisation. Ask before reading a
        large file."""
        self._forget()
        active = [job for job in self._jobs.values() if job.ended_at is None]
        own = sum(1 for job in active if job.organisation == client.organisation)
        if len(active) >= MOST_ACTIVE or own >= MOST_OF_ONE:
            raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, BUSY, retry_after=RETRY_S)

    def start(self, client: Client, door: str, body: bytes) -> Job:
        """Take a file in. Raises Refusal when there are too many."""
        self.require_free(client)
        job = Job(f"job_{secrets.token_urlsafe(12)}", client.name, client.organisation)
        self._jobs[job.name] = job
        task = asyncio.create_task(self._run(job, client, door, body))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return job

    def of(self, client: Client, name: str) -> Job:
        """A job of this client. Raises Refusal."""
        self._forget()
        job = self._jobs.get(name)
        if job is None or job.client != client.name:
            raise Refusal(HTTPStatus.NOT_FOUND, NO_SUCH_JOB)
        return job

    def progress_of(self, job: Job) -> tuple[str, float]:
        """``waiting``, ``running``, ``done`` or ``failed``; and the share of the video that is decoded, 0.0 to 1.0."""
        if job.ended_at is not None:
            return ("failed", 0.0) if job.failed else ("done", 1.0)
        first = next(each for each in self._jobs.values() if each.ended_at is None)
        return ("running", self._pool.share) if first is job else ("waiting", 0.0)

    async def close(self) -> None:
        """Give up what is not done."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self, job: Job, client: Client, door: str, body: bytes) -> None:
        count = Count(door, client.name)
        try:
            job.finding = await self._scanner.scan(client, count, body)
        except Exception as error:
            log.warning("A job could not be done: %s", type(error).__name__)
            job.failed = True
        finally:
            job.ended_at = time.monotonic()
            self._usage.add(client.name, door, count.used)

    def _forget(self) -> None:
        """Let go of what was done long ago."""
        before = time.monotonic() - KEPT_S
        self._jobs = {name: job for name, job in self._jobs.items() if job.ended_at is None or job.ended_at > before}
