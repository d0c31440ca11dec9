"""The database from an event loop: Django's calls in a few threads of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import DEFAULT_DB_ALIAS, close_old_connections, connections
from django.db.backends.base.base import BaseDatabaseWrapper

P = ParamSpec("P")
T = TypeVar("T")

THREADS = 4


class Database:
    """``await database(function, …)`` calls it in a thread with a connection that is kept."""

    def __init__(self) -> None:
        self._opened: list[BaseDatabaseWrapper] = []
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="api-database", initializer=self._begin)

    async def __call__(self, function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """What the function returns or raises."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, lambda: _within(function, *arguments, **named))

    def close(self) -> None:
        """End the threads, then their connections. Not by them: one may take the order that is meant for another."""
        self._threads.shutdown(wait=True)
        with ThreadPoolExecutor(1) as outside_of_the_loop:
            list(outside_of_the_loop.map(BaseDatabaseWrapper.close, self._opened))

    def _begin(self) -> None:
        own = connections[DEFAULT_DB_ALIAS]
        own.inc_thread_sharing()
        self._opened.append(own)


def _within(function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    close_old_connections()
    return function(*arguments, **named)
