"""The world's own truth: what a person at home would see, and who is responsible for what."""

from __future__ import annotations

import pytest

from orbweaver_trials.wild.drafting import plan
from orbweaver_trials.wild.faces import Visitor, face, seen_at_home
from orbweaver_trials.wild.judgement import may_be_told, must_be_told
from orbweaver_trials.wild.plan import HOSTS_GONE, TRULY_GONE, Answer, End, Fate, Finding, Letterbox, end_of

PLAN = plan()
CRAWLER = Visitor("Orbweaver/0.1 (+http://hotline.example/)", "", "127.0.0.1", host="a.example")
UNUSUAL = {Fate.MEMBERS, Fate.SIGN_IN, Fate.MOVED}
"""Fates of which a person at home has to sign in, or follow the page, to see the picture."""


@pytest.mark.parametrize("fate", list(Fate))
def test_what_is_there_in_the_end_is_what_a_person_at_home_sees(fate: Fate) -> None:
    if fate in HOSTS_GONE or fate in UNUSUAL:
        return
    assert seen_at_home(fate) == (end_of(fate) is End.THERE)


def test_each_host_that_hides_shows_us_something_else_than_a_person_at_home() -> None:
    hiding = [
        fate
        for fate in Fate
        if end_of(fate) is End.THERE and not face(fate, CRAWLER, "en").picture and seen_at_home(fate)
    ]
    assert len(hiding) >= 7


def test_no_two_places_have_one_address_and_every_host_has_its_own_party() -> None:
    whole = plan(3)
    assert len({place.key for place in whole.places}) == len(whole.places)
    assert len({host.party for host in whole.hosts}) == len(whole.hosts)
    assert len({host.address for host in whole.hosts}) == len(whole.hosts)
    mailboxes = [mailbox for party in whole.parties for mailbox in party.mailboxes]
    assert len(set(mailboxes)) == len(mailboxes)


def test_every_fate_answer_letterbox_and_finding_is_played() -> None:
    assert {place.fate for place in PLAN.places} >= TRULY_GONE | HOSTS_GONE | {Fate.CLOAKED, Fate.AWAY}
    assert {party.answer for party in PLAN.parties} == set(Answer)
    assert {party.box for party in PLAN.parties} == set(Letterbox)
    assert {place.finding for place in PLAN.places} == set(Finding)
    assert len({PLAN.host(place.host).tongue for place in PLAN.places if place.fate is Fate.SAID_SO}) >= 8


def test_the_family_album_holds_the_bytes_of_the_forum_and_deserves_no_notice() -> None:
    bad = next(place for place in PLAN.places if place.finding is Finding.SUB_B)
    albums = [place for place in PLAN.places if place.seed == bad.seed and place is not bad]
    assert [place.finding for place in albums] == [Finding.HARMLESS, Finding.HARMLESS]


def test_a_notice_belongs_to_the_host_to_the_cdn_before_it_and_to_nobody_else() -> None:
    fronted = next(place for place in PLAN.places if place.host == "fronted.example")
    assert must_be_told(PLAN, fronted) == ["fronted", "fastedge"]
    assert may_be_told(PLAN, fronted, PLAN.party("fastedge"))
    assert not may_be_told(PLAN, fronted, PLAN.party("plain"))
    assert not may_be_told(PLAN, fronted, PLAN.party("cloudflare"))


def test_past_a_silent_provider_its_network_is_told_and_past_one_that_answers_nobody() -> None:
    mute, objects = (next(p for p in PLAN.places if p.host == f"{name}.example") for name in ("mute", "objects"))
    assert may_be_told(PLAN, mute, PLAN.party("muteline"))
    assert not may_be_told(PLAN, objects, PLAN.party("objectline"))


def test_one_name_with_a_sharp_s_is_not_the_other_with_two() -> None:
    sharp = next(place for place in PLAN.places if place.host == "xn--fa-hia.example")
    assert must_be_told(PLAN, sharp) == ["sharp-s"]
    assert not may_be_told(PLAN, sharp, PLAN.party("fass"))
