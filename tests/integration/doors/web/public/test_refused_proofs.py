"""A form about a proof of age that is not taken: nothing that was written is lost, and it says what to do (R58).

Written from what the pages and docs promise, without their code.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from selectolax.lexbor import LexborHTMLParser
from tests.integration.conftest import World

from orbweaver.assess.review.appeals import supersede
from orbweaver.doors.alerting import alerts_for
from orbweaver.follow.survivors.age_proofs import Brought, answer, bring, tie_removal
from orbweaver.follow.survivors.models import AgeProof
from orbweaver.follow.survivors.proof_disagreements import disagree
from orbweaver.people.accounts.rules import Role

if TYPE_CHECKING:
    from orbweaver.assess.review.models import Verdict
    from orbweaver.people.accounts.models import User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("hotline")]

URL = "https://images.example/me.png"
PAPER = b"%PDF-1.7 a birth certificate"
WRITTEN = {
    "brought_by": "agent",
    "urls": "https://images.example/me.png\nhttps://images.example/me-too.png",
    "words": "It was <my> birthday & I was 23.\n\nA second line.",
    "mandate": "A paper of 2 May, signed",
    "safe_contact": "me@mail.example, mornings",
}
TOO_LARGE = b"%PDF-" + b"a" * 10 * 2**20
LANGUAGES = {"en": "Please", "fr": "Regardez", "de": "Bitte"}


def shown(page: str) -> dict[str, str]:
    """What stands in the fields of a page: text, and what is chosen."""
    tree = LexborHTMLParser(page)
    texts = {each.attributes["name"] or "": each.text().strip() for each in tree.css("main textarea")}
    inputs = {
        each.attributes["name"] or "": each.attributes.get("value") or ""
        for each in tree.css("main input[type=text], main input:not([type]), main input[type=radio][checked]")
    }
    chosen = {
        each.parent.attributes["name"] or "": each.attributes.get("value") or ""
        for each in tree.css("main option[selected]")
        if each.parent
    }
    return {**texts, **inputs, **chosen}


def errors(page: str) -> list[str]:
    """What stands beside fields that are marked, each by the way that a screen reader finds it."""
    tree = LexborHTMLParser(page)
    told = []
    for field in tree.css("[aria-invalid=true], fieldset:has(.error)"):
        if field.tag == "fieldset":
            told += [each.text().strip() for each in field.css("legend .error")]
            continue
        ids = (field.attributes.get("aria-describedby") or "").split()
        told += [each.text().strip() for part in ids if part.endswith("_error") for each in tree.css(f"#{part}")]
    return told


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "wrong",
    [
        {"mandate": ""},
        {"brought_by": ""},
        {"document": b"GIF89a"},
        {"document": b""},
        {"document": TOO_LARGE},
    ],
    ids=["no mandate", "nobody", "a GIF", "an empty file", "too large"],
)
@pytest.mark.sampled(4)
def test_a_proof_that_is_not_taken_keeps_every_word_and_says_what_to_do(
    client: Any, language: str, wrong: dict[str, Any]
) -> None:
    given = {**WRITTEN, **wrong, "language": language, "form": "1"}
    if isinstance(given.get("document"), bytes):
        given["document"] = SimpleUploadedFile("a.pdf", given["document"])
    answered = client.post("/info/proof/", given)
    page = answered.content.decode()
    assert answered.status_code == 400
    assert f'<html lang="{language}"' in page
    kept = shown(page)
    for name, value in {**WRITTEN, **wrong}.items():
        if name != "document" and value:
            assert kept.get(name) == value, name
    told = errors(page)
    assert len(told) == 1, told
    assert told[0].endswith("."), "a sentence, not a word"
    [top] = LexborHTMLParser(page).css("form [role=alert]:not([hidden])")
    assert LANGUAGES[language] in top.text()
    assert not AgeProof.objects.exists()


def test_what_is_no_address_is_taken_as_it_stands_and_read_by_people(client: Any, people: dict[str, User]) -> None:
    answered = client.post("/info/proof/", {**WRITTEN, "urls": "the page of my school", "form": "1"})
    assert answered.status_code == 200
    [made] = AgeProof.objects.all()
    client.force_login(people["Sol"])
    assert "the page of my school" in client.get(f"/proofs/{made.public_id}/").content.decode()


@pytest.fixture
def people(make_person: Any) -> dict[str, User]:
    roles = {"Sol": Role.SURVIVOR_SUPPORT, "Sen": Role.SENIOR_ANALYST, "Mona": Role.HOTLINE_MANAGER}
    return {name: make_person(name, role) for name, role in (roles | {"Sue": Role.SENIOR_ANALYST}).items()}


@pytest.fixture
def removal(world: World) -> Verdict:
    return world.verdict(URL)


@pytest.fixture
def brought(people: dict[str, User], removal: Verdict, now: dt.datetime) -> AgeProof:
    """By the person, with a document, tied to the removal: a day was promised."""
    made, _ = bring(Brought(AgeProof.BroughtBy.PERSON, URL, document=PAPER, form="1"), now)
    tie_removal(made, removal.public_id, by=people["Sol"], now=now)
    made.refresh_from_db()
    return made


@pytest.mark.parametrize(
    ("who", "given"),
    [
        ("Sen", {"action": "answer", "proved": "no", "why": "Only a school report, of 1999 & later."}),
        ("Sen", {"action": "answer", "proved": "", "why": "Only a school report, of 1999 & later.", "reason": "time"}),
        ("Sen", {"action": "answer", "proved": "yes", "why": ""}),
        ("Sol", {"action": "tie", "verdict": "ver_nobody_has_this"}),
    ],
    ids=["no reason", "no answer", "no why", "no such removal"],
)
def test_what_people_of_ours_say_of_a_proof_is_kept_where_it_is_not_taken(
    client: Any, people: dict[str, User], brought: AgeProof, who: str, given: dict[str, str]
) -> None:
    client.force_login(people[who])
    answered = client.post(f"/proofs/{brought.public_id}/", given)
    assert answered.status_code == 400
    page = answered.content.decode()
    kept = shown(page)
    for name, value in given.items():
        if name != "action" and value:
            assert kept.get(name) == value, (name, kept)
    assert len(errors(page)) == 1, "beside what is missing"
    assert not brought.answers.exists()


def alerted(person: User, now: dt.datetime) -> list[str]:
    return [alert.words for alert in alerts_for(person, now) if "proof" in alert.kind.name]


def fall(verdict: Verdict, world: World, now: dt.datetime) -> Verdict:
    """Another verdict on the same bytes takes its place."""
    new = world.verdict("https://images.example/again.png", media=verdict.media, outcome="remove")
    with transaction.atomic():
        supersede([verdict], new, now)
    return new


@pytest.mark.parametrize("when", ["nobody answered", "one answered"])
def test_a_removal_that_falls_while_the_first_decision_waits_is_told_to_survivor_support(
    people: dict[str, User], brought: AgeProof, removal: Verdict, world: World, now: dt.datetime, when: str
) -> None:
    if when == "one answered":
        answer(brought, proved=True, why="Dated", by=people["Sen"], now=now)
    before = alerted(people["Sol"], now)
    new = fall(removal, world, now)
    after = alerted(people["Sol"], now)
    assert before == []
    assert after, "the person was told a day, and nobody can decide"
    tie_removal(brought, new.public_id, by=people["Sol"], now=now)
    assert alerted(people["Sol"], now) == []


def test_a_removal_that_falls_while_a_second_decision_waits_is_told_to_survivor_support(
    people: dict[str, User], brought: AgeProof, removal: Verdict, world: World, now: dt.datetime
) -> None:
    for name in ("Sen", "Mona"):
        answer(brought, proved=False, why="Blurred", reason="unreadable", by=people[name], now=now)
    brought.refresh_from_db()
    disagree(brought, "I was 25", PAPER, now)
    assert alerted(people["Sol"], now) == []
    fall(removal, world, now)
    assert alerted(people["Sol"], now)
