"""The leader of two servers under Patroni is killed, and one of three etcds with it, while a crawler and a worker run:
all goes on by itself.

Needs Debian's ``patroni`` and ``etcd-server``; without them, it is skipped, loudly.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import psycopg
import pytest
from tests.acceptance.system import wait_for
from tests.soak.fleet.conftest import Post, by_mail
from tests.soak.fleet.machines import Hotline, environment
from tests.soak.fleet.servers import Servers
from tests.soak.fleet.site import PAGES_OF_ROOM, Site, picture
from tests.soak.fleet.watched import ETCD, PATRONI, Node, Watched

from orbweaver.fingerprints import pdq

pytestmark = [
    pytest.mark.soak,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not (PATRONI and ETCD), reason="not here: apt-get install patroni etcd-server"),
]
ROOMS, MESSAGES = 3, 150
RESUMES_WITHIN_S = 30.0
DONE = "SELECT count(*) FROM crawl_frontierurl WHERE state = 3"
SEEN_TWICE = "SELECT count(*) - count(DISTINCT url) FROM matching_sighting"
REPORT = Path("build/soak")


@pytest.fixture
def watched(room: Path) -> Iterator[Watched]:
    made = Watched(room)
    try:
        made.start()
        yield made
    finally:
        made.stop()


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site(12)
    with made.serve():
        yield made


@pytest.fixture
def hotline(room: Path, watched: Watched, post: Post, site: Site) -> Iterator[Hotline]:
    """Its commands, a worker, a desk and a crawler."""
    settings = {
        **by_mail(post),
        "network_allow": ",".join(f"{host}:*" for host in site.hosts),
        "decode_workers": 1,
        "crawl_host_delay_s": 0.4,
        "crawl_max_hops": 50,
    }
    made = Hotline(room, cast(Servers, watched), settings)
    made.run("migrate")
    made.start()
    command = [sys.executable, "-m", "orbweaver", "crawl-worker"]
    with (room / "crawler.log").open("wb") as log:
        crawler = subprocess.Popen(
            command, env=environment(made.settings), stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield made
    finally:
        os.killpg(crawler.pid, signal.SIGKILL)
        crawler.wait()
        made.stop()


def done(node: Node) -> int:
    try:
        return int(node.ask(DONE)[0][0])
    except psycopg.OperationalError:  # it has only just become the leader
        return 0


def test_work_goes_on_by_itself_and_nothing_that_was_committed_is_lost(
    watched: Watched, hotline: Hotline, site: Site, post: Post
) -> None:
    for number in range(ROOMS):
        known = [pdq(picture(each))[0] for each in site.known(number)]
        hotline.tell("room", url=site.url(site.pages(number)[0]), known=known)
    confirmed = set(hotline.tell("messages", count=MESSAGES))
    leader = watched.leader()
    wait_for(lambda: done(leader) > PAGES_OF_ROOM // 4 and len(post.arrived) > 5, what="crawler and worker to work")

    before = done(leader)
    watched.members[0].kill()  # the machine below both
    leader.kill()
    killed = time.monotonic()
    other = watched.leader(but=leader)
    led = time.monotonic() - killed
    at_first = wait_for(lambda: done(other), pause=0.1)
    assert at_first >= before, "what was committed is there"
    wait_for(lambda: done(other) > at_first, pause=0.1, what="work to go on")
    resumed = time.monotonic() - killed
    confirmed |= set(hotline.tell("messages", count=10))
    leader.start()
    watched.wait_for_standby()
    REPORT.mkdir(parents=True, exist_ok=True)
    figures = {"led_after_s": round(led, 1), "resumed_after_s": round(resumed, 1)}
    (REPORT / "patroni.json").write_text(json.dumps(figures) + "\n")

    wait_for(lambda: done(other) == 2 * PAGES_OF_ROOM * ROOMS, seconds=300, what="all addresses to be done")
    wait_for(lambda: len(post.arrived) >= len(confirmed), seconds=200, what="all messages to leave")
    kept = {row[0] for row in other.ask("SELECT message_id FROM notices_outboxmessage")}
    assert confirmed <= kept
    assert max(post.arrived.values()) == 1
    assert other.ask(SEEN_TWICE) == [(0,)]
    assert other.ask("SELECT count(*) FROM matching_sighting") == [(sum(len(site.known(n)) for n in range(ROOMS)),)]
    assert resumed <= RESUMES_WITHIN_S, figures
