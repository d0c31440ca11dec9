"""Two machines, one with a clock that is a minute ahead: neither takes the other for dead, nothing is done twice.

A sweep; a sample is in `test_crawl_given_up.py`, and of senders in `test_wrong_clock.py`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from orbweaver.detect.crawl.models import CrawlWorker, FrontierUrl, Lead
from orbweaver.detect.crawl.services import add_lead
from orbweaver.platform.clock import now

from .conftest import WebSite

pytestmark = [pytest.mark.sweep, pytest.mark.django_db(transaction=True)]

PAGES = 60
AHEAD_S = 60
"""Four times as long as a lease lasts."""
OWN_CLOCK = """
import datetime as dt, time
from orbweaver.platform import clock
right, right_time = clock.real_now, time.time
clock.real_now = lambda: right() + dt.timedelta(seconds={ahead})
time.time = lambda: right_time() + {ahead}
from orbweaver.doors.cli import main
main()
"""
"""The program on a machine whose clock is so many seconds ahead."""


def test_a_crawler_whose_clock_is_ahead_takes_nothing_from_another_that_lives(
    make_site: Callable[..., WebSite], database_url: str, tmp_path: Path
) -> None:
    site = make_site()
    for number in range(PAGES):
        site.page(f"/{number}", f"<a href=/{number + PAGES // 2}>x</a>" if number < PAGES // 2 else "")
        site.answers[f"/{number}"].wait_s = 0.5
    environment = os.environ | {
        "ORBWEAVER_DATABASE_URL": database_url,
        "ORBWEAVER_NETWORK_ALLOW": "127.0.0.1:*",
        "ORBWEAVER_CRAWL_HOST_DELAY_S": "0.1",
        "ORBWEAVER_CRAWL_HOST_CONCURRENCY": "0",
        "ORBWEAVER_DECODE_WORKERS": "1",
    }
    with ExitStack() as stack:
        for ahead in (0, AHEAD_S):
            own = environment | {"ORBWEAVER_DATA_DIR": str(tmp_path / f"machine-{ahead}")}
            command = [sys.executable, "-c", OWN_CLOCK.format(ahead=ahead), "crawl-worker"]
            process = stack.enter_context(subprocess.Popen(command, env=own, stderr=subprocess.DEVNULL))
            stack.callback(process.kill)
        wait_until(lambda: CrawlWorker.objects.count() == 2)  # what follows is work for both
        both = set(CrawlWorker.objects.values_list("pk", flat=True))
        for number in range(PAGES // 2):
            add_lead(site.url(f"/{number}"), source=Lead.Source.LIST, now=now())
        wait_until(lambda: FrontierUrl.objects.filter(state=FrontierUrl.State.DONE).count() == PAGES)
        assert set(CrawlWorker.objects.values_list("pk", flat=True)) == both, "one was given up and began anew"
    pages = [path for path in site.asked if path != "/robots.txt"]
    assert sorted(pages) == sorted(site.answers), "each once"


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that in time"
        time.sleep(0.1)
