"""The database from an event loop: Django's calls in a few threads of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import close_old_connections, connections

P = ParamSpec("P")
T = TypeVar("T")

THREADS = 4


class Database:
    """``await database(function, …)`` calls it in a thread with a connection that is kept."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="api-database")

    async def __call__(self, function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """What the function returns or raises."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, lambda: _within(function, *arguments, **named))

    def close(self) -> None:
        """End the threads and their connections."""
        for _ in range(THREADS):
            self._threads.submit(connections.close_all)
        self._threads.shutdown(wait=True)


def _within(function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    close_old_connections()
    return function(*arguments, **named)
