"""Sessions of the database that a crawler keeps: each costs the server's machine 3 MB."""

from __future__ import annotations

import asyncio

import pytest
from django.db import connection

from orbweaver.assess.terms.page_watch import PageWatch
from orbweaver.detect.visiting.database import CrawlDatabase

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_crawler_that_has_recorded_nothing_yet_keeps_none_for_recording() -> None:
    async def sessions() -> list[bool]:
        async with CrawlDatabase("resting", PageWatch().read) as database:
            threads = (database._leasing, database._recording)
            return [thread.submit(lambda: connection.connection is not None).result() for thread in threads]

    assert asyncio.run(sessions()) == [True, False]
