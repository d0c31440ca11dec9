"""The database from the event loop of the port: threads that keep their connections until the port ends."""

from __future__ import annotations

import asyncio
import threading

import pytest
from django.db import connection

from orbweaver.doors.industry.frame.database import THREADS, Database


@pytest.mark.django_db(transaction=True)
def test_every_thread_has_given_its_connection_back_when_it_ends(own_sessions: None) -> None:
    together = threading.Barrier(THREADS)
    kept: list[object] = []

    def ask() -> None:
        together.wait(60)
        connection.ensure_connection()
        kept.append(connection.connection)

    async def all_of_it() -> None:
        database = Database()
        await asyncio.gather(*(database(ask) for _ in range(THREADS)))
        database.close()

    asyncio.run(all_of_it())
    assert len({id(each) for each in kept}) == THREADS
    assert all(each.closed for each in kept)  # type: ignore[attr-defined]
