"""Questions to the system's resolver, of which none can be called back: name servers that do not answer hold up only
their own names.

``getaddrinfo`` blocks its thread for as long as the system likes (5 seconds, twice, for each name server of
resolv.conf(5)). So the threads are counted, those of one registered domain too, whose owner can make any number of
names that never resolve; and they are daemons, for a process that is told to stop waits for none of them.
"""

from __future__ import annotations

import asyncio
import resource
import socket
import threading
from contextlib import suppress
from typing import Final
from weakref import WeakValueDictionary

from orbweaver.platform.network.domains import registrable_domain

LONGEST_S: Final = 10.0
"""Seconds that anybody waits for an answer, its turn included."""
AT_ONCE: Final = 512
"""Look-ups at once. A crawler has 128 URLs in hand, each for ``LONGEST_S`` at most; what it leaves behind may keep the
system busy for three times as long. A thread that waits takes some 50 kB, and a file for each name server it asks."""
FILES_SHARE: Final = 8
"""Look-ups at once are at most so small a part of the files that the process may open."""
AT_ONCE_OF_A_DOMAIN: Final = 16
"""A platform has many names that resolve; the owner of one domain, any number that do not."""

Found = tuple[int, str, int]
"""Family, address and scope of one answer."""
_Key = tuple[str, int, int]


class LookUps:
    """Look-ups of one event loop. Whoever asks for what is being looked up waits for the same answer."""

    def __init__(self) -> None:
        self._slots = asyncio.Semaphore(at_once())
        self._domains: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        self._running: dict[_Key, asyncio.Task[list[Found]]] = {}

    async def ask(self, host: str, port: int, family: int) -> list[Found]:
        """The addresses of a host. Raises OSError, also when no answer came in time."""
        key = (host, port, family)
        task = self._running.get(key)
        if task is None:
            task = self._running[key] = asyncio.create_task(self._in_turn(key))
            task.add_done_callback(lambda done: self._forget(key, done))
        try:
            async with asyncio.timeout(LONGEST_S):
                return await asyncio.shield(task)
        except TimeoutError:
            raise socket.gaierror(socket.EAI_AGAIN, "The name servers did not answer in time.") from None

    def _forget(self, key: _Key, done: asyncio.Task[list[Found]]) -> None:
        del self._running[key]
        if not done.cancelled():
            done.exception()  # whoever asked may have gone

    async def _in_turn(self, key: _Key) -> list[Found]:
        domain = registrable_domain(key[0]) or key[0]
        own = self._domains.setdefault(domain, asyncio.Semaphore(AT_ONCE_OF_A_DOMAIN))
        async with asyncio.timeout(LONGEST_S) as patience, own, self._slots:
            patience.reschedule(None)  # its place is taken until the system answers, whoever still waits
            return await _in_a_thread(key)


def at_once() -> int:
    """How many look-ups this process makes at once."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return AT_ONCE if files == resource.RLIM_INFINITY else max(AT_ONCE_OF_A_DOMAIN, min(AT_ONCE, files // FILES_SHARE))


def _in_a_thread(key: _Key) -> asyncio.Future[list[Found]]:
    loop = asyncio.get_running_loop()
    future: asyncio.Future[list[Found]] = loop.create_future()

    def tell(found: list[Found] | Exception) -> None:
        if future.done():
            return
        if isinstance(found, Exception):
            future.set_exception(found)
        else:
            future.set_result(found)

    def work() -> None:
        found: list[Found] | Exception
        try:
            found = _ask(*key)
        except Exception as error:
            found = error
        with suppress(RuntimeError):  # the loop was closed meanwhile
            loop.call_soon_threadsafe(tell, found)

    try:
        threading.Thread(target=work, name="look-up", daemon=True).start()
    except RuntimeError:
        tell(socket.gaierror(socket.EAI_AGAIN, "The system gives this process no more threads."))
    return future


def _ask(host: str, port: int, family: int) -> list[Found]:
    try:
        infos = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    except UnicodeError:
        raise socket.gaierror(socket.EAI_NONAME, "The name has a label that no name may have.") from None
    return [(kind, str(where[0]), int(where[3]) if len(where) > 3 else 0) for kind, _, _, _, where in infos]
