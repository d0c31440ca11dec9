"""Politeness as a server sees it, with several crawler processes at once, and the off switches while they run."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from orbweaver.detect.crawl.models import FrontierUrl, Lead, Site
from orbweaver.detect.crawl.services import add_lead
from orbweaver.detect.crawl.site_settings import By, switch_crawling, switch_site
from orbweaver.platform.clock import now

from .conftest import Answer, WebSite

pytestmark = pytest.mark.django_db(transaction=True)

PAGES = 400
StartWorker = Callable[..., "subprocess.Popen[bytes]"]


@dataclass
class Watched(WebSite):
    """A site that notes when each request began and how many were under way."""

    under_way: int = 0
    most: int = 0
    began: list[float] = field(default_factory=list)
    is_busy: bool = False

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.began.append(time.monotonic())
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            if self.is_busy and request.path != "/robots.txt":
                return web.Response(status=503)
            return await super().handle(request)
        finally:
            self.under_way -= 1


@pytest.fixture
def start_worker(database_url: str, tmp_path: Path) -> Iterator[StartWorker]:
    """Starts ``orbweaver crawl-worker`` processes on the test's database and kills what is left of them."""
    running: list[subprocess.Popen[bytes]] = []

    def start(**settings: str) -> subprocess.Popen[bytes]:
        environment = os.environ | {
            "ORBWEAVER_DATABASE_URL": database_url,
            "ORBWEAVER_DATA_DIR": str(tmp_path / "data"),
            "ORBWEAVER_NETWORK_ALLOW": "127.0.0.1:*",
            "ORBWEAVER_CRAWL_MAX_HOPS": "5",
            "ORBWEAVER_DECODE_WORKERS": "1",
        }
        environment |= {f"ORBWEAVER_{name.upper()}": value for name, value in settings.items()}
        command = [sys.executable, "-c", "from orbweaver.doors.cli import main; main()", "crawl-worker"]
        running.append(subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL))
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.wait()


def make(make_site: Callable[..., WebSite], *, wait_s: float = 0.0) -> Watched:
    site = make_site(kind=Watched)
    assert isinstance(site, Watched)
    site.page("/", "".join(f'<a href="/{number}">x</a>' for number in range(PAGES)))
    for number in range(PAGES):
        site.answers[f"/{number}"] = Answer("<title>x</title>", wait_s=wait_s)
    add_lead(site.url(), source=Lead.Source.LIST, now=now())
    return site


def wait_until(condition: Callable[[], Any], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that in time"
        time.sleep(0.05)


def test_three_processes_together_keep_the_delay_and_the_number_at_once(
    make_site: Callable[..., WebSite], start_worker: StartWorker
) -> None:
    """Answers take longer than the delay, so that requests overlap; the server sees all three processes as one."""
    delay, at_once = 0.25, 3
    site = make(make_site, wait_s=0.4)
    for _ in range(3):
        start_worker(crawl_host_delay_s=str(delay), crawl_host_concurrency=str(at_once))
    wait_until(lambda: len(site.began) >= 25, 60)
    gaps = [later - earlier for earlier, later in itertools.pairwise(site.began)]
    assert site.most <= at_once
    assert site.asked.count("/robots.txt") == 1
    # A busy machine shifts a request by some milliseconds now and then; the rate as a whole is not above it.
    assert sorted(gaps)[len(gaps) // 10] > delay * 0.6
    assert site.began[-1] - site.began[0] > delay * 0.9 * (len(site.began) - 1)


@pytest.mark.sweep
def test_a_server_that_says_it_is_busy_is_asked_less_often_by_all_and_more_often_as_it_recovers(
    make_site: Callable[..., WebSite], start_worker: StartWorker
) -> None:
    site = make(make_site)
    for _ in range(2):
        start_worker(crawl_host_delay_s="0.02", crawl_host_concurrency="4")
    wait_until(lambda: len(site.began) >= 20, 60)
    site.is_busy = True
    wait_until(lambda: Site.objects.get().pace_s >= 2.0, 60)
    time.sleep(1.0)  # what was in hand by then has gone out
    seen = len(site.began)
    time.sleep(3.0)
    assert len(site.began) - seen <= 3
    site.is_busy = False
    slowest = Site.objects.get().pace_s
    wait_until(lambda: Site.objects.get().pace_s < slowest, 90)


def test_off_switches_take_effect_in_seconds_while_a_crawler_runs(
    make_site: Callable[..., WebSite], start_worker: StartWorker
) -> None:
    site = make(make_site)
    start_worker(crawl_host_delay_s="0.05")

    def one_site(off: bool) -> None:
        switch_site(Site.objects.get(), off=off, by=By(), now=now())

    def everything(off: bool) -> None:
        switch_crawling(off=off, by=By(), now=now())

    for switch in (one_site, everything):
        seen = len(site.began)
        wait_until(lambda seen=seen: len(site.began) >= seen + 5, 60)  # type: ignore[misc]
        at = time.monotonic()
        switch(True)
        wait_until(lambda: time.monotonic() - site.began[-1] > 1.5, 30)
        assert site.began[-1] - at < 5  # one or two on a quiet machine
        wait_until(lambda: not FrontierUrl.objects.filter(state=FrontierUrl.State.LEASED).exists(), 10)
        assert FrontierUrl.objects.filter(state=FrontierUrl.State.WAITING).exists()
        switch(False)
