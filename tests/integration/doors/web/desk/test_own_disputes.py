"""A partner hotline disputes an entry of ours: numbered, answered by who was not involved, its own alone (R70)."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client

from orbweaver.assess.review.models import Appeal, Assessment, Verdict
from orbweaver.detect.exchanges import submitting
from orbweaver.detect.exchanges.models import Opinion
from orbweaver.detect.hashlists.models import HashList, HashListEntry
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.rules import Role
from orbweaver.people.accounts.services import create_organisation, create_person
from orbweaver.people.objections import Answered
from orbweaver.platform.clock import now as present

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("hotline")]


@pytest.fixture
def entry(world: Any, now: dt.datetime) -> HashListEntry:
    """An entry of our own list that others may fetch, by a verdict that stands."""
    from orbweaver.assess.review.own_list import update_own_list

    verdict = world.verdict("https://host.example/1.png")
    update_own_list(verdict.media, verdict, now)
    HashList.objects.update(doors=[HashList.Door.EXCHANGE])
    return HashListEntry.objects.get()


def partner_of(name: str) -> Client:
    ends_on = present().date() + dt.timedelta(days=90)
    today = present().date()
    organisation = create_organisation(
        name=name, kind="hotline", country="FR", vetted_on=today, agreement_ends_on=ends_on
    )
    person = create_person(
        email=f"{name.lower()}@partner.example",
        display_name=f"Person of {name}",
        organisation=organisation,
        roles=[Role.HOTLINE_MANAGER],
        password=None,
        by=None,
        now=present(),
    )
    client = Client()
    client.force_login(person)
    return client


def test_a_partner_reads_number_day_and_reasons_of_its_own_dispute_and_nobody_elses(
    entry: HashListEntry, sign_in: Any, world: Any
) -> None:
    sign_in("Ada", Role.ADMINISTRATOR)
    mona = sign_in("Mona", Role.HOTLINE_MANAGER)
    partner, other = partner_of("Partner"), partner_of("Other")
    assert "We share no entry" in partner.post("/disputes/", {"entry": "hle_2", "reason": "A doll."}).content.decode()
    page = partner.post(
        "/disputes/", {"entry": entry.public_id, "reason": "It is a doll."}, follow=True
    ).content.decode()
    said = Opinion.objects.get()
    assert said.answer_by == said.at + dt.timedelta(days=14)
    assert said.public_id in page
    assert "Our answer stands here by" in page
    assert said.public_id not in other.get("/disputes/").content.decode()
    assert "Your organisation runs this hotline" in mona.get("/disputes/").content.decode()
    path, answer = f"/lists/feedback/{said.public_id}/conclude/", {"outcome": "kept", "reason": "A child, we agree."}
    assert "Have it reviewed first" in mona.post(path, answer, follow=True).content.decode()
    shown = mona.get("/lists/feedback/").content.decode()
    assert "Have it reviewed by somebody who was not involved" in shown
    verdict = Verdict.objects.get(media=entry.media)
    mona.post(f"/verdicts/{verdict.public_id}/review/", {"requester": "Partner", "reason": "A doll?"})
    Appeal.objects.update(outcome="upheld", decided_at=present())
    involved = sign_in("Ivy", Role.HOTLINE_MANAGER, Role.SENIOR_ANALYST)
    Assessment.objects.create(
        item=Appeal.objects.get().item,
        analyst=User.objects.get(display_name="Ivy"),
        made_at=present(),
        outcome="remove",
        criteria_version="1",
        answers={},
        training_completed_on=present().date(),
    )
    assert "You took part in this decision" in involved.post(path, answer, follow=True).content.decode()
    mona.post(path, answer)
    assert "<p>A child, we agree.</p>" in partner.get("/disputes/").content.decode()
    assert "A child, we agree." not in other.get("/disputes/").content.decode()


def test_what_was_said_to_an_exchange_further_up_is_no_request_to_us(entry: HashListEntry, now: dt.datetime) -> None:
    from orbweaver.detect.exchanges.opinions import keep_opinion, opinions_answered
    from orbweaver.detect.exchanges.protocols.protocol import Vote

    keep_opinion(entry, Vote("md5", "Elsewhere", confirms=False, reason="No."), now)
    submitting.say([entry], "sha256", "Partner", confirms=False, reason="No.", now=now)
    submitting.say([entry], "sha1", "Partner", confirms=True, reason="", now=now)
    assert opinions_answered(now) == Answered(waiting=1)
    assert opinions_answered(now + dt.timedelta(days=15)) == Answered(overdue=1)
