"""All that the doors share, made and closed together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Final

from orbweaver.detect.fetching.fetch import Fetcher
from orbweaver.detect.fetching.settings import FetchingSettings
from orbweaver.detect.media.decoders import decoder_pool, patient_pool
from orbweaver.doors.industry.frame.addresses import Addresses
from orbweaver.doors.industry.frame.clients import Clients
from orbweaver.doors.industry.frame.database import Database
from orbweaver.doors.industry.frame.following import Following
from orbweaver.doors.industry.frame.jobs import Jobs
from orbweaver.doors.industry.frame.rates import Rates
from orbweaver.doors.industry.frame.scanner import Scanner
from orbweaver.doors.industry.frame.usage import Usage
from orbweaver.doors.industry.settings import IndustrySettings, Network, networks_of

TOGETHER: Final = 2
"""Files that a decoder gets at once. One more of them waits less for others: with 16 clients, the longest of a hundred
waits took 1.4 to 1.8 times the median and not 2.4, for 0.1 ms of processor time a picture."""


@dataclass(frozen=True, slots=True)
class Service:
    """What a door needs to answer. ``largest_file`` in bytes."""

    database: Database
    clients: Clients
    rates: Rates
    following: Following
    scanner: Scanner
    addresses: Addresses
    usage: Usage
    jobs: Jobs
    largest_file: int
    trusted_networks: tuple[Network, ...] = ()


@asynccontextmanager
async def service() -> AsyncIterator[Service]:
    """As the settings say; within a running event loop."""
    settings = IndustrySettings.current()
    async with AsyncExitStack() as stack:
        database = Database()
        stack.callback(database.close)
        following = Following(database)
        stack.push_async_callback(following.close)
        usage = Usage(database)
        stack.push_async_callback(usage.close)
        pool = stack.enter_context(decoder_pool(workers=settings.api_decoders, ready=0, batch=TOGETHER))
        patient = stack.enter_context(patient_pool(settings.api_job_timeout_s))
        jobs = Jobs(Scanner(patient, following, database, usage), patient, usage)
        stack.push_async_callback(jobs.close)
        yield Service(
            database,
            Clients(database),
            Rates(settings.api_scans_per_minute, usage, database),
            following,
            Scanner(pool, following, database, usage),
            Addresses(await stack.enter_async_context(Fetcher.from_settings())),
            usage,
            jobs,
            FetchingSettings.current().crawl_max_bytes,
            networks_of(settings.hma_trusted_networks),
        )
