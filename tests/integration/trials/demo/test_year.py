"""Sixty days of three providers, every mail really sent: of the simulated year, which is a campaign as a whole.

``make test`` has as a sample how its ledger is judged (`test_year_outcome.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from orbweaver.platform.config import forget
from orbweaver_trials.demo.surroundings import free_port
from orbweaver_trials.demo.year.campaign import EPOCH, QUIET, Scale, Year, settings_for, web_server
from orbweaver_trials.demo.year.characters import Character, Host, parties_of
from orbweaver_trials.demo.year.outcome import Outcome, compare
from orbweaver_trials.demo.year.world import World

SCALE = Scale(days=60, batches=1, batch=5, reminder_hours=120)
HOSTS = [
    Host(1, Character.PROMPT, "404", "CA"),
    Host(2, Character.ARGUING, "placeholder", "CA"),
    Host(3, Character.DEAF, "410", "PA"),
]


@contextmanager
def installed(data_dir: Path, world: World, port: int) -> Iterator[None]:
    """The settings of the campaign, for as long as it plays."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings_for(data_dir, world, port, SCALE).items():
            patch.setenv(name, value)
        forget()
        yield
    forget()


def played(data_dir: Path) -> Outcome:
    parties, port = parties_of(HOSTS), free_port()
    last = EPOCH + dt.timedelta(days=SCALE.days) - QUIET
    with (
        World(HOSTS, parties, SCALE.seed, EPOCH, last) as world,
        installed(data_dir, world, port),
        web_server(port),
    ):
        end = Year(world, SCALE, lambda done, steps: None).run()
        return compare(world.ledger, HOSTS, parties, end)


@pytest.mark.sweep
@pytest.mark.timeout(1500)  # a whole year, on a machine that may do much else
@pytest.mark.django_db(transaction=True)
def test_a_prompt_an_arguing_and_a_deaf_provider_are_told_apart_and_every_mail_is_accounted_for(
    tmp_path: Path,
) -> None:
    outcome = played(tmp_path)
    assert [each for each in outcome.comparisons if not each.agrees] == []
    words = {each.character: sorted(each.words) for each in outcome.judged}
    assert words == {
        "prompt": ["reactive"],
        "arguing": ["resistant"],
        "deaf": ["non_compliant"],
        "Network Two": ["non_compliant"],
    }
    said = {each.what: each.system for each in outcome.comparisons}
    assert (said["addresses told"], said["removed"], said["objections"]) == (15, 10, 1)
    assert said["told past a silent provider"] == 1
    assert outcome.mails == said["mails sent"] > said["addresses told"]  # reminders and those behind the provider, too
