"""Proof of an age was not enough: the person reads why, can disagree and send more, and others decide (R58, R70)."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client

from orbweaver.account_for.transparency import datasets
from orbweaver.assess.review.appeals import supersede
from orbweaver.assess.review.models import Verdict
from orbweaver.doors.alerting import alerts_for
from orbweaver.errors import Conflict, InvalidInput, NotAllowed
from orbweaver.follow.survivors import age_proofs
from orbweaver.follow.survivors.age_proofs import Brought, answer, bring, ready, reasons_of, tie_removal
from orbweaver.follow.survivors.models import AgeProof, AgeProofAnswer, AgeProofDisagreement
from orbweaver.follow.survivors.proof_disagreements import MOST, disagree, may_disagree, proof_disagreements_answered
from orbweaver.people.accounts.rules import Role

from ...conftest import NOW, World

if TYPE_CHECKING:
    from orbweaver.people.accounts.models import User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("hotline")]

URL = "https://images.example/me.png"
PAPER = b"%PDF-1.7 a birth certificate"
MORE = b"%PDF-1.7 a letter of that summer"


@pytest.fixture
def people(make_person: Any) -> dict[str, User]:
    """Sol prepares; the first two decide, and the others may after them."""
    decide = {"Sen": Role.SENIOR_ANALYST, "Mona": Role.HOTLINE_MANAGER}
    anew = {"Sue": Role.SENIOR_ANALYST, "Max": Role.HOTLINE_MANAGER}
    return {name: make_person(name, role) for name, role in {"Sol": Role.SURVIVOR_SUPPORT, **decide, **anew}.items()}


@pytest.fixture
def brought(world: World, people: dict[str, User]) -> tuple[AgeProof, str]:
    """A proof of which two people found that it is not enough, with its secret."""
    removal = world.verdict(URL)
    made, secret = bring(Brought(AgeProof.BroughtBy.PERSON, URL, document=PAPER, form="1"), NOW)
    tie_removal(made, removal.public_id, by=people["Sol"], now=NOW)
    answer(made, proved=False, why="No date on it", reason="time", by=people["Sen"], now=NOW)
    answer(made, proved=False, why="Blurred", reason="unreadable", by=people["Mona"], now=NOW)
    made.refresh_from_db()
    return made, secret


def look(reference: str, secret: str, path: str = "/info/follow/", **more: Any) -> tuple[int, str]:
    """Status and text of the answer to whoever enters these on the page as it is shown now."""
    client = Client()
    [stamp] = re.findall(r'name="form" value="([^"]+)"', client.get("/info/follow/").content.decode())
    answered = client.post(path, {"reference": reference, "secret": secret, "form": stamp, **more})
    return answered.status_code, answered.content.decode()


def test_the_person_reads_each_reason_and_nothing_that_people_of_ours_wrote(brought: tuple[AgeProof, str]) -> None:
    proof, secret = brought
    assert reasons_of(proof) == ["time", "unreadable"]
    _, page = look(proof.reference, secret)
    assert "What you sent is not enough proof for us." in page
    assert "We cannot see when the picture or video was made." in page
    assert "We cannot read the document well enough." in page
    assert "Do you not agree, or can you send something else?" in page
    for inner in ("No date on it", "Blurred", "Mona"):
        assert inner not in page


def test_whoever_says_that_it_is_not_enough_says_which_reason_the_person_reads(
    world: World, people: dict[str, User]
) -> None:
    made, _ = bring(Brought(AgeProof.BroughtBy.PERSON, URL, document=PAPER, form="1"), NOW)
    for reason in ("", "nothing like that"):
        with pytest.raises(InvalidInput, match="Choose why"):
            answer(made, proved=False, why="No", reason=reason, by=people["Sen"], now=NOW)


def test_an_answer_that_is_not_taken_is_still_there_with_what_it_lacks(people: dict[str, User]) -> None:
    made, _ = bring(Brought(AgeProof.BroughtBy.PERSON, URL, document=PAPER, form="1"), NOW)
    desk = Client()
    desk.force_login(people["Sen"])
    given = {"action": "answer", "proved": "no", "why": "Only a school report."}
    refused = desk.post(f"/proofs/{made.public_id}/", given)
    page = refused.content.decode()
    assert refused.status_code == 400
    assert "Choose why it is not enough" in page
    assert 'value="Only a school report."' in page
    assert re.search(r'value="no"[^>]* checked', page)
    assert not made.answers.exists()
    assert desk.post(f"/proofs/{made.public_id}/", {**given, "reason": "time"}).status_code == 302


def test_two_others_decide_anew_about_what_is_sent_by_the_page(
    brought: tuple[AgeProof, str], people: dict[str, User]
) -> None:
    proof, secret = brought
    more = {"words": "It was the summer of 1999.", "document": SimpleUploadedFile("letter.pdf", MORE)}
    status, page = look(proof.reference, secret, "/info/follow/proof/", **more)
    made, day = AgeProofDisagreement.objects.get(), r"You can read our answer here by [^.<]+\d{4}"
    assert (status, made.words) == (200, "It was the summer of 1999.")
    assert re.search(day, page)
    assert made.public_id in page
    assert "Two people in our team look at what you sent." in page
    assert "not enough" not in page
    proof.refresh_from_db()
    assert age_proofs.read_document(proof, by=people["Sue"], now=NOW) == MORE
    assert list(ready()) == [proof]
    for involved in ("Sen", "Mona", "Sol"):
        with pytest.raises(NotAllowed):
            answer(proof, proved=True, why="Now it is", by=people[involved], now=NOW)
    desk = Client()
    desk.force_login(people["Sue"])
    told = desk.get(f"/proofs/{proof.public_id}/").content.decode()
    for words in ("It was the summer of 1999.", "The person does not agree", made.public_id, "0 answers of two"):
        assert words in told
    assert "No date on it" not in told, "who decides anew does not see what the others wrote"
    assert "Does not agree with us" in desk.get("/proofs/").content.decode()
    answer(proof, proved=True, why="Dated", by=people["Sue"], now=NOW)
    answer(proof, proved=True, why="Dated", by=people["Max"], now=NOW)
    proof.refresh_from_db()
    made.refresh_from_db()
    assert (proof.outcome, made.outcome, proof.file_name) == ("proved", "proved", "")
    assert proof.verdict is not None
    assert Verdict.objects.get(pk=proof.verdict.pk).superseded_by is not None
    assert "Your proof is enough." in look(proof.reference, secret)[1]


def test_it_can_stay_the_same_with_new_reasons_and_is_offered_three_times(
    brought: tuple[AgeProof, str], make_person: Any
) -> None:
    proof, secret = brought
    for turn in range(MOST):
        assert may_disagree(proof)
        disagree(proof, f"I was 25: {turn}", b"", NOW)
        proof.refresh_from_db()
        waits = look(proof.reference, secret)[1]
        assert "You sent no document this time." in waits
        assert "We can only decide differently if we have a document from you." in waits
        assert "You do not have to do anything" not in waits
        for name in ("A", "B"):
            person = make_person(f"{name}{turn}", Role.SENIOR_ANALYST)
            answer(proof, proved=False, why="No paper", reason="none", by=person, now=NOW)
        proof.refresh_from_db()
        assert reasons_of(proof) == ["none"]
    _, page = look(proof.reference, secret)
    assert "We looked again, and our decision stays the same." in page
    assert "Other people decided than before." in page
    assert "We have no document from you." in page
    assert "cannot see when" not in page, "the reasons of the first time"
    assert 'id="second-look"' not in page
    with pytest.raises(Conflict):
        disagree(proof, "Once more", b"", NOW)
    assert AgeProofAnswer.objects.count() == 2 + 2 * MOST


def test_it_is_offered_only_where_it_was_not_enough_and_once_at_a_time(
    brought: tuple[AgeProof, str], people: dict[str, User]
) -> None:
    proof, secret = brought
    waiting, _ = bring(Brought(AgeProof.BroughtBy.PERSON, URL, document=PAPER, form="2"), NOW)
    with pytest.raises(Conflict):
        disagree(waiting, "Be quick", b"", NOW)
    first = disagree(proof, "I was 25", b"", NOW)
    assert disagree(proof, "I was 25", b"", NOW) == first
    assert 'id="second-look"' not in look(proof.reference, secret)[1]


def test_what_is_wrong_with_it_is_said_beside_its_field_and_what_was_written_stays(
    brought: tuple[AgeProof, str],
) -> None:
    proof, secret = brought
    for more, field, said in (
        ({}, "words", "tell us in a few words"),
        ({"words": "My words", "document": SimpleUploadedFile("a.gif", b"GIF89a")}, "document", "has to be a JPEG"),
    ):
        status, page = look(proof.reference, secret, "/info/follow/proof/", **more)
        [error] = re.findall(rf'id="id_{field}_error">([^<]+)<', page)
        assert (status, said in error, 'role="alert"><p><strong' in page) == (400, True, True)
        assert str(more.get("words", "")) in page
    assert not AgeProofDisagreement.objects.exists()
    assert AgeProof.objects.get().outcome == "not_proved"
    status, page = look(proof.reference, secret, "/info/follow/proof/", words="Half a sentence", speak="de")
    assert (status, '<html lang="de">' in page, "Half a sentence" in page) == (200, True, True)
    assert not AgeProofDisagreement.objects.exists()


def test_number_and_secret_of_somebody_else_open_nothing(brought: tuple[AgeProof, str]) -> None:
    proof, _ = brought
    for reference in (proof.reference, "0000000000"):
        status, page = look(reference, "aaaa", "/info/follow/proof/", words="It is me.")
        assert (status, "We do not know this number with this secret code." in page) == (400, True)
    assert not AgeProofDisagreement.objects.exists()


def fall(verdict: Verdict, world: World, outcome: str) -> Verdict:
    """Another verdict on the same bytes takes its place."""
    new = world.verdict("https://images.example/again.png", media=verdict.media, outcome=outcome)
    with transaction.atomic():
        supersede([verdict], new, NOW)
    return new


def alerts_of(person: User) -> dict[str, str]:
    return {alert.kind.name: alert.words for alert in alerts_for(person, NOW)}


@pytest.mark.parametrize("before", [True, False])
def test_a_removal_that_another_replaced_is_named_anew_by_survivor_support_who_is_told(
    brought: tuple[AgeProof, str], people: dict[str, User], world: World, before: bool
) -> None:
    proof, _ = brought
    assert proof.verdict is not None
    if before:
        new = fall(proof.verdict, world, "remove")
    disagree(proof, "I was 25", MORE, NOW)
    if not before:
        new = fall(proof.verdict, world, "remove")
    assert "proofs" not in alerts_of(people["Sue"])
    told = alerts_of(people["Sol"])
    assert told == {
        "proofs_promised": "1 person does not agree about a proof of age, and was told a day: "
        "say first which removal it is about."
    }
    desk = Client()
    desk.force_login(people["Sol"])
    assert told["proofs_promised"] in desk.get("/requests/").content.decode()
    assert "Which removal is not said" in desk.get("/proofs/").content.decode()
    assert "It does not stand any more, but another one" in desk.get(f"/proofs/{proof.public_id}/").content.decode()
    with pytest.raises(InvalidInput, match="Nobody has said yet"):
        answer(proof, proved=True, why="Dated", by=people["Sue"], now=NOW)
    tie_removal(proof, new.public_id, by=people["Sol"], now=NOW)
    assert "proofs_promised" not in alerts_of(people["Sol"])
    assert "proofs-promised" not in desk.get("/requests/").content.decode()
    assert "proofs" in alerts_of(people["Sue"])


def test_where_the_removal_fell_and_none_took_its_place_the_person_is_answered_all_the_same(
    brought: tuple[AgeProof, str], people: dict[str, User], world: World
) -> None:
    proof, secret = brought
    assert proof.verdict is not None
    disagree(proof, "I was 25", MORE, NOW)
    fall(proof.verdict, world, "no_action")
    assert alerts_of(people["Sol"]) == {}
    assert "proofs" in alerts_of(people["Sue"])
    desk = Client()
    desk.force_login(people["Sue"])
    assert "and no other one of the same file does" in desk.get(f"/proofs/{proof.public_id}/").content.decode()
    for name in ("Sue", "Max"):
        answer(proof, proved=True, why="Dated", by=people[name], now=NOW)
    proof.refresh_from_db()
    assert proof.outcome == "proved"
    assert "Your proof is enough." in look(proof.reference, secret)[1]


def test_who_chooses_a_reason_hears_what_the_group_asks_and_that_it_is_to_be_chosen(
    brought: tuple[AgeProof, str], people: dict[str, User]
) -> None:
    proof, _ = brought
    disagree(proof, "I was 25", MORE, NOW)
    desk = Client()
    desk.force_login(people["Sue"])
    page = desk.get(f"/proofs/{proof.public_id}/").content.decode()
    assert re.search(r'<legend><span class="label">If it does not: what does the person read\?</span>', page)
    assert "(optional)" not in page


def test_it_is_counted_with_those_of_survivors_by_whether_the_day_was_kept(
    brought: tuple[AgeProof, str], people: dict[str, User]
) -> None:
    proof, _ = brought
    made = disagree(proof, "I was 25", MORE, NOW)
    late, next_month = made.answer_by + dt.timedelta(days=1), made.answer_by + dt.timedelta(days=40)
    assert proof_disagreements_answered(made.answer_by).waiting == 1
    for name in ("Sue", "Max"):
        answer(proof, proved=False, why="No", reason="other", by=people[name], now=late)
    found = proof_disagreements_answered(next_month)
    assert (found.in_time, found.late, found.waiting, found.overdue) == (0, 1, 0, 0)
    [counted] = [row for row in datasets.answered(next_month).rows if row["asked_by"] == "survivor"]
    assert counted["objections"] != 0
