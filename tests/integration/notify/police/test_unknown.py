"""Abuse that no list of police holds is referred by itself, to forces that hear of it, under their agreement (R61)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyrage
import pytest
from django.test import Client
from tests.integration.conftest import World

from orbweaver.assess.review.handovers import VerdictReached
from orbweaver.assess.review.models import Verdict
from orbweaver.assess.series.models import PoliceWord
from orbweaver.assess.series.police_words import Word, hear
from orbweaver.detect.exchanges.models import Exchange
from orbweaver.detect.hashlists.models import HashListEntry
from orbweaver.detect.hashlists.rules import EntryRow
from orbweaver.detect.hashlists.services import get_or_create_list
from orbweaver.detect.hashlists.writing import upsert_entries
from orbweaver.detect.matching.models import Match
from orbweaver.errors import InvalidInput
from orbweaver.notify.police.models import Force, Referral, ToRefer
from orbweaver.notify.police.services import add_force, end_force, refer, send_due
from orbweaver.notify.police.unknown import WAITED_FOR_LISTS, note, refer_unknown
from orbweaver.people.accounts.models import Organisation, User
from orbweaver.people.accounts.rules import Role
from orbweaver.people.accounts.services import create_organisation

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)
State = Referral.State


def new_force(name: str, now: dt.datetime, organisation: Organisation | None = None) -> Force:
    key = str(pyrage.x25519.Identity.generate().to_public())
    return add_force(name, "CA", key, now, hears=Force.Hears.UNKNOWN, organisation=organisation)


@pytest.fixture
def force(hotline: None, now: dt.datetime) -> Force:
    return new_force("Police of Example", now)


@pytest.fixture
def folder(set_config: Callable[..., None], tmp_path: Path) -> Path:
    set_config(police_dir=tmp_path / "out")
    return tmp_path / "out"


def decided(world: World, now: dt.datetime, **facts: Any) -> Verdict:
    """A verdict as review announces it."""
    made = world.verdict("https://images.example/1.png", **facts)
    note(VerdictReached(made, now, now))
    return made


def on_list_of(supplier: str, verdict: Verdict, now: dt.datetime) -> HashListEntry:
    """The picture is on a list of this supplier."""
    known = get_or_create_list(f"List of {supplier}", supplier, now)
    upsert_entries(
        known, [EntryRow("sha256", bytes(verdict.media.sha256), "csam", "unidentified", "", supplier, False)], now
    )
    entry = known.entries.get()
    Match.objects.create(sighting=verdict.item.sightings.get(), entry=entry, kinds=["sha256"], exact=True, found_at=now)
    return entry


def test_what_no_list_of_police_holds_is_referred_once(world: World, force: Force, now: dt.datetime) -> None:
    verdict = decided(world, now)
    on_list_of("A hotline", verdict, now)
    assert [refer_unknown(now) for _ in range(2)] == [1, 0]
    referral = Referral.objects.get()
    assert (referral.item, referral.because, referral.made_by) == (verdict.item, Referral.Because.UNKNOWN, None)


@pytest.mark.parametrize(
    "facts",
    [{"category": "other_harmful", "notice_type": "harmful_abusive", "sub_type": "b"}, {"outcome": "no_action"}],
    ids=["a page's matter", "no action"],
)
def test_a_familys_picture_is_never_referred(
    world: World, force: Force, now: dt.datetime, facts: dict[str, Any]
) -> None:
    decided(world, now, **facts)
    assert not ToRefer.objects.exists()


def test_what_police_know_is_not(world: World, force: Force, now: dt.datetime) -> None:
    on_list_of("RCMP", decided(world, now), now)
    said = decided(world, now)
    hear(said.media, Word(PoliceWord.Said.IDENTIFIED, "Police of Example", "CA", now.date()), by=None, now=now)
    assert refer_unknown(now) == 2
    assert not Referral.objects.exists()


def test_a_list_of_police_is_asked_first_and_a_silent_one_holds_up_for_a_day(
    world: World, force: Force, now: dt.datetime
) -> None:
    Exchange.objects.create(
        name="RCMP",
        protocol="ncmec",
        address="https://lists.example",
        hash_list=get_or_create_list("RCMP", "RCMP", now),
        every_minutes=60,
        pulled_at=now - HOUR,
        next_at=now,
        created_at=now,
    )
    decided(world, now)
    assert refer_unknown(now + HOUR) == 0
    assert refer_unknown(now + WAITED_FOR_LISTS) == 1
    decided(world, now + HOUR)
    Exchange.objects.update(pulled_at=now + 2 * HOUR)
    assert refer_unknown(now + 2 * HOUR) == 1


def test_a_force_that_is_added_later_hears_of_what_waited(hotline: None, world: World, now: dt.datetime) -> None:
    decided(world, now)
    key = str(pyrage.x25519.Identity.generate().to_public())
    add_force("Urgent alone", "CA", key, now)
    assert refer_unknown(now) == 0
    new_force("Police of Example", now)
    assert refer_unknown(now) == 1
    assert Referral.objects.get().force.name == "Police of Example"


def test_nothing_leaves_after_the_last_day_of_the_agreement(
    hotline: None, world: World, folder: Path, now: dt.datetime
) -> None:
    home = create_organisation(
        name="Police", kind="law_enforcement", country="CA", vetted_on=now.date(), agreement_ends_on=now.date()
    )
    new_force("Police of Example", now, home)
    refer(decided(world, now).item, Referral.Because.REQUEST, by=None, now=now)
    tomorrow = now + dt.timedelta(days=1)
    assert send_due(tomorrow) == 0
    with pytest.raises(InvalidInput):
        refer(decided(world, now).item, Referral.Because.REQUEST, by=None, now=tomorrow)
    assert refer_unknown(tomorrow) == 0
    home.agreements.update(ends_on=tomorrow.date())
    assert send_due(tomorrow) == 1
    assert Referral.objects.get().state == State.SENT


def test_a_force_that_is_ended_gets_nothing_that_waits(
    world: World, force: Force, folder: Path, make_person: Callable[..., User], client: Client, now: dt.datetime
) -> None:
    lea = make_person("Lea", Role.LAW_ENFORCEMENT_LIAISON)
    refer(decided(world, now).item, Referral.Because.REQUEST, by=lea, now=now)
    client.force_login(lea)
    client.post(f"/urgent/police/forces/{force.public_id}/end/")
    assert send_due(now) == 0
    assert "may not be told now" in client.get("/urgent/police/").content.decode()
    with pytest.raises(InvalidInput):
        end_force(force.public_id, by=lea, now=now)
