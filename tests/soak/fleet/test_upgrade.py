"""A fleet is brought up to date machine by machine, without a pause: code of before goes on over the new tables.

The former code is that of the last commit over whose migrations all machines must stop (``OF_BEFORE``), out of this
repository's history, or ``SOAK_FORMER``: some twenty migrations further back than what anybody brings up to date.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.soak.fleet.campaign import Campaign, Size
from tests.soak.fleet.conftest import Post, by_mail
from tests.soak.fleet.faults import Struck
from tests.soak.fleet.machines import ROOT
from tests.soak.fleet.test_campaign import MOST_BELOW_HALF_S, SEED, hold, sent

LAST_TO_STOP_FOR = "src/orbweaver/notify/police/migrations/0006_orders.py"
MORE = 60
"""Addresses that a machine goes on to ask for after each step."""
UNTIL_MORE_S = 60.0


def former_code(folder: Path) -> Path:
    """What a program imports of the code of then; skips the test where the history is not there."""
    which = os.environ.get("SOAK_FORMER") or subprocess.run(
        ["git", "log", "--diff-filter=A", "--format=%H", "-1", "--", LAST_TO_STOP_FOR],
        cwd=ROOT, capture_output=True, text=True, check=False,
    ).stdout.strip()  # fmt: skip
    if not which:
        pytest.skip("needs this repository's history")
    folder.mkdir()
    packed = subprocess.run(["git", "archive", which, "src"], cwd=ROOT, capture_output=True, check=True).stdout
    subprocess.run(["tar", "-x", "-C", str(folder)], input=packed, check=True)
    return folder / "src"


class Upgrade(Campaign):
    """The new code comes to the tables first, then to one part after the other, with the others at work."""

    pending = 0

    def strike_all(self) -> None:
        """Each step once those of before it are seen to work on."""
        before = self._migrations()
        self.hotline.source = None
        with self._step("migrate"):
            self.hotline.run("migrate")
        self.pending = self._migrations() - before
        for each in self.machines:
            with self._step("machine", each.name):
                assert each.stop() == 0, each.errors()
                each.source = None
                each.start()
        with self._step("hotline"):
            self.hotline.stop()
            self.hotline.start()

    @contextmanager
    def _step(self, kind: str, machine: str = "") -> Iterator[None]:
        """Within it, one is not as it was; after it all work on. Its time is looked at as that of a fault."""
        step = Struck(kind, machine, time.monotonic())
        self.struck.append(step)
        yield
        step.ended = time.monotonic()
        self.all_go_on(f"after {kind} {machine}")

    def _migrations(self) -> int:
        return int(self.servers.primary.ask("SELECT count(*) FROM django_migrations")[0][0])

    def all_go_on(self, when: str) -> None:
        """Wait until each machine has asked for some more addresses."""
        before = self.asked_by()
        self.wait(
            lambda: all(self.asked_by()[each.name] > before[each.name] + MORE for each in self.machines),
            UNTIL_MORE_S, f"all machines to work {when}",
        )  # fmt: skip


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_nothing_is_lost_and_nobody_stops_while_a_fleet_is_brought_up_to_date(
    room: Path, post: Post, soak_figures: Callable[..., None]
) -> None:
    size = Size(faults=0, failovers=0, hosts=12, host_delay_s=0.2, quiet_s=8, backlog=400)
    upgrade = Upgrade(room, SEED, size, by_mail(post), former_code(room / "former"))
    figures = upgrade.run() | sent(post)
    assert upgrade.pending > 15
    soak_figures(
        migrations=upgrade.pending, migrate_s=round(upgrade.struck[0].ended - upgrade.struck[0].began, 1),
        **{name: figures[name] for name in ("addresses", "sightings", "messages", "longest_below_half_s", "seconds")},
    )  # fmt: skip
    hold(figures)
    assert figures["longest_below_half_s"]["machine"] <= MOST_BELOW_HALF_S
    assert figures["crawlers_that_ended_by_themselves"] == 0
    assert figures["said"] == {each.name: [] for each in upgrade.machines}
