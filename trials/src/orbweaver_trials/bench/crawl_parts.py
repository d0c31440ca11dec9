"""Where a measured crawl spends processor time, by part: read from the kernel, by process and thread.

The crawler gives each kind of work a thread of its own, so that most parts need no timers; what shares a thread is told
apart by reading that thread's clock around a few calls a batch. The decoders' time is split as the same pictures split
it when they are decoded here, one after the other.
"""

from __future__ import annotations

import functools
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any, Final

import psutil

THREADS: Final = {"MainThread": "fetch", "crawl-lease": "frontier", "crawl-tidy": "index", "decoder-": "transport"}
"""Parts by the names of the crawler's threads; ``crawl-record`` is split further."""
READER: Final = "orbweaver.detect.extraction.page_process"
"""What the process that reads pages is started as."""
FRONTIER: Final = ("frontier", "postgres")
"""What counts as frontier work; all of PostgreSQL, though it records findings, too."""


def seconds(process: psutil.Process) -> float:
    """Processor time of a process so far; 0.0 when it is gone."""
    try:
        times = process.cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system)


def memory(process: psutil.Process) -> int:
    """Proportional set size in bytes; 0 when it is gone."""
    try:
        return int(process.memory_full_info().pss)
    except psutil.Error:
        return 0


def _parent(process: psutil.Process) -> int:
    try:
        return int(process.ppid())
    except psutil.Error:
        return 0


def _reads_pages(process: psutil.Process) -> bool:
    try:
        return READER in process.cmdline()
    except psutil.Error:
        return False


class Parts:
    """Processor time so far of a crawl in this process."""

    def __init__(self, site: psutil.Process, postgres: psutil.Process) -> None:
        self._me = psutil.Process()
        self._site = site
        self._postgres = postgres
        self._others = {site.pid, postgres.pid, *(parent.pid for parent in postgres.parents())}
        """Whoever keeps the database is a child of this process, too."""
        self._children: dict[psutil.Process, float] = {}
        """Seconds of each process that was started so far, those that have ended among them."""
        self._readers: set[psutil.Process] = set()
        """Those of them that read pages; the others decode."""
        self._inner: defaultdict[str, float] = defaultdict(float)
        """Seconds within a thread that belong to another part, by ``thread>part``."""

    def own(self) -> list[psutil.Process]:
        """The crawler and the processes that it started, the decoders among them; neither the site nor the database."""
        found = {self._me.pid: self._me}
        for child in self._me.children(recursive=True):  # once, parents first: it reads all processes of the machine
            if child.pid not in self._others and _parent(child) in found:
                found[child.pid] = child
        for child in found.values():
            if child is not self._me:
                if child not in self._readers and _reads_pages(child):
                    self._readers.add(child)
                self._children[child] = max(self._children.get(child, 0.0), seconds(child))
        return list(found.values())

    @property
    def started(self) -> int:
        """How many decoders were seen: more than there are now when some were replaced."""
        return len(self._children) - len(self._readers)

    def follow(self, owner: Any, name: str, within: str, part: str) -> None:
        """Have the calls of ``owner.name``, made in the thread of ``within``, counted as ``part``."""
        call: Callable[..., Any] = getattr(owner, name)

        @functools.wraps(call)
        def timed(*args: Any, **kwargs: Any) -> Any:
            began = time.thread_time()
            try:
                return call(*args, **kwargs)
            finally:
                self._inner[f"{within}>{part}"] += time.thread_time() - began

        setattr(owner, name, timed)

    def spent(self) -> dict[str, float]:
        """Seconds so far by part."""
        found: defaultdict[str, float] = defaultdict(float)
        names = {thread.native_id: thread.name for thread in threading.enumerate()}
        for thread in self._me.threads():
            found[_part(names.get(thread.id, ""))] += thread.user_time + thread.system_time
        found["search"] += max(0.0, seconds(self._me) - sum(found.values()))  # threads that ended searched
        for place, inner in self._inner.items():
            within, _, part = place.partition(">")
            found[within] -= inner
            found[part] += inner
        self.own()
        found["pages"] = sum(self._children[each] for each in self._readers)
        found["decoders"] = sum(self._children.values()) - found["pages"]
        found["site"] = seconds(self._site)
        postgres = [self._postgres, *self._postgres.children(recursive=True)]
        found["postgres"] = sum(seconds(each) for each in postgres)
        return dict(found)


def _part(thread: str) -> str:
    return next((part for name, part in THREADS.items() if thread.startswith(name)), "record")


def decoding_shares(bodies: list[bytes]) -> dict[str, float]:
    """The shares of decoding, digests and PDQ in the fingerprints of these JPEGs."""
    from orbweaver.fingerprints.decode import fingerprint
    from orbweaver.fingerprints.digests import digest_bytes
    from orbweaver.fingerprints.jpeg import decode_luma
    from orbweaver.fingerprints.pdq_hash import hashes_of
    from orbweaver.fingerprints.plane import Plane
    from orbweaver_trials.bench.crawl_site import SIZE

    fingerprint(bodies[0])
    planes = [decode_luma(body, *SIZE)[0] for body in bodies]
    whole = _timed(fingerprint, bodies)
    found = {
        "decoding": _timed(lambda body: decode_luma(body, *SIZE), bodies) / whole,
        "digests": _timed(digest_bytes, bodies) / whole,
        "PDQ": _timed(lambda plane: hashes_of(Plane(plane, *SIZE, SIZE[1] // len(plane))), planes) / whole,
    }
    total = max(1.0, sum(found.values()))
    return {name: share / total for name, share in found.items()}


def _timed(call: Callable[[Any], Any], values: list[Any]) -> float:
    began = time.thread_time()
    for value in values:
        call(value)
    return time.thread_time() - began
