"""Three machines, two servers, faults drawn from a seed: nothing is lost or done twice, and nobody holds the others up.

The whole with ``make soak``: ``SOAK_FAULTS`` (200) faults, a failover among each 20 and ``SOAK_REST`` (6) seconds
between two; after ``SOAK_MINUTES``, where that is given, no more are drawn. Figures and a picture of the rates in
build/soak, and all logs where something was not as it must be. A sample of a few short ones runs with ``make sweep``.
``SOAK_SEED`` plays one again.
"""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.soak.fleet.campaign import Campaign, Size
from tests.soak.fleet.conftest import Post, by_mail
from tests.soak.fleet.faults import Span
from tests.soak.fleet.picture import draw

FAULTS = int(os.environ.get("SOAK_FAULTS", "200"))
MINUTES = float(os.environ.get("SOAK_MINUTES", "inf"))
REST_S = float(os.environ.get("SOAK_REST", "6"))
SEED = int(os.environ.get("SOAK_SEED", "0")) or random.SystemRandom().randrange(1, 2**32)
MOST_BELOW_HALF_S = 20.0
RESUMES_WITHIN_S = 30.0
MOST_ORPHANED_S = 60.0
"""Leases of crawlers that are gone are looked for every half a minute."""
REPORT = Path("build/soak")


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_nothing_is_lost_whatever_befalls_three_machines_and_their_servers(room: Path, post: Post) -> None:
    size = Size(faults=FAULTS, failovers=max(1, FAULTS // 20), rest_s=REST_S, minutes=MINUTES)
    campaign = Campaign(room, SEED, size, by_mail(post))
    with logs_kept(room):
        figures = campaign.run() | sent(post)
        REPORT.mkdir(parents=True, exist_ok=True)
        (REPORT / "fleet.json").write_text(json.dumps(figures, indent=2) + "\n")
        draw(campaign, REPORT / "fleet.svg")
        hold(figures)
        assert max(figures["failovers_resumed_after_s"]) <= RESUMES_WITHIN_S
        assert max(figures["longest_below_half_s"].values()) <= MOST_BELOW_HALF_S
        assert figures["longest_orphans_s"] <= MOST_ORPHANED_S
        assert figures["list_changes_above_1_s"] == 0


@contextmanager
def logs_kept(room: Path) -> Iterator[None]:
    """Where it fails, what machines, servers and worker said stays in build/soak."""
    try:
        yield
    except BaseException:
        for log in [*room.glob("*.log"), *room.glob("*/*.log")]:
            kept = REPORT / "fleet-logs" / log.relative_to(room)
            kept.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(log, kept)
        raise


@pytest.mark.sweep
@pytest.mark.timeout(400)
def test_a_sample_of_the_same(room: Path, post: Post) -> None:
    size = Size(faults=6, failovers=1, hosts=8, host_delay_s=0.2, lease_s=4, span=Span(0.2), rest_s=2, quiet_s=8)
    size.backlog = 200
    campaign = Campaign(room, SEED, size, by_mail(post))
    hold(campaign.run() | sent(post))


def sent(post: Post) -> dict[str, Any]:
    """What arrived."""
    return {
        "arrived": len(post.arrived),
        "notices_twice": sum(count > 1 for count in post.arrived.values()),
    }


def hold(figures: dict[str, Any]) -> None:
    """What must be so, whatever was drawn, however busy the computer is."""
    wanted = {
        "lost": 0,
        "not_done": 0,
        "failed": 0,
        "never_asked": 0,
        "leased_at_the_end": 0,
        "sightings_twice": 0,
        "images_counted_beyond_one": 0,
        "messages_committed_and_lost": 0,
        "notices_twice": 0,
        "list_changes_missed": 0,
        "exit_codes": [0, 0, 0],
    }
    assert {name: figures[name] for name in wanted} == wanted, f"seed {figures['seed']}: {figures}"
    assert figures["sightings"] == figures["matches"] == figures["expected_sightings"]
    assert figures["arrived"] == figures["messages"]
