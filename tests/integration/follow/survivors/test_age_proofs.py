"""Proof that somebody was 18 or older: who brings it, who decides, what falls, and that the document is gone (R58)."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from orbweaver.assess.review.models import Verdict
from orbweaver.doors.retention import remove_due
from orbweaver.errors import Conflict, InvalidInput, NotAllowed
from orbweaver.follow.survivors import age_proofs
from orbweaver.follow.survivors.age_proofs import Brought, add_document, answer, bring, read_document, tie_removal
from orbweaver.follow.survivors.models import AgeProof, AgeProofAnswer, Request
from orbweaver.follow.survivors.services import Asked, ask, finish
from orbweaver.notify.notices.models import Notice, NoticeUrl
from orbweaver.notify.notices.routing.issuing import issue_notices
from orbweaver.notify.providers.services import add_contact, add_provider
from orbweaver.people.accounts.rules import Role

from ...conftest import NOW, World

if TYPE_CHECKING:
    from orbweaver.people.accounts.models import User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("hotline")]

URL = "https://images.example/me.png"
PAPER = b"%PDF-1.7 a birth certificate"


@pytest.fixture
def people(make_person: Any) -> dict[str, User]:
    """Sol prepares; Sen and Mona may decide; Ann may not."""
    roles = {
        "Sol": Role.SURVIVOR_SUPPORT,
        "Sen": Role.SENIOR_ANALYST,
        "Mona": Role.HOTLINE_MANAGER,
        "Ann": Role.ANALYST,
    }
    return {name: make_person(name, role) for name, role in roles.items()}


@pytest.fixture
def removal(world: World) -> Verdict:
    """A picture whose host was told."""
    add_contact(add_provider("Lakeside", now=NOW, domains=["images.example"]), "abuse@lakeside.example", now=NOW)
    made = world.verdict(URL)
    issue_notices(NOW)
    return made


@pytest.fixture
def proof(removal: Verdict, people: dict[str, User]) -> AgeProof:
    """Brought with its document, and tied to the removal by Sol."""
    made, _ = bring(Brought(AgeProof.BroughtBy.PERSON, URL, document=PAPER, form="1"), NOW)
    tie_removal(made, removal.public_id, by=people["Sol"], now=NOW)
    made.refresh_from_db()
    return made


def files() -> list[str]:
    folder = age_proofs.documents_dir()
    return [each.name for each in folder.iterdir()] if folder.exists() else []


def test_two_uninvolved_people_find_it_proved_and_the_removal_falls_and_the_document_is_gone(
    proof: AgeProof, removal: Verdict, people: dict[str, User]
) -> None:
    assert read_document(proof, by=people["Sen"], now=NOW) == PAPER
    assert PAPER not in (age_proofs.documents_dir() / proof.file_name).read_bytes()
    answer(proof, proved=True, why="Dated 1990", by=people["Sen"], now=NOW)
    assert Verdict.objects.get(pk=removal.pk).superseded_by is None
    answer(proof, proved=True, why="I agree", by=people["Mona"], now=NOW)
    new = Verdict.objects.get(pk=removal.pk).superseded_by
    assert new is not None
    assert (new.outcome, new.decided_by) == ("no_action", "proof")
    assert NoticeUrl.objects.get().state == "withdrawn"
    assert Notice.objects.get().state == "closed"
    proof.refresh_from_db()
    assert (proof.outcome, proof.file_name, proof.key, files()) == ("proved", "", None, [])
    assert bytes(proof.digest or b"") == hashlib.sha256(PAPER).digest()
    with pytest.raises(InvalidInput):
        read_document(proof, by=people["Sen"], now=NOW)
    with pytest.raises(Conflict):
        answer(proof, proved=False, why="Too late", reason="time", by=people["Sen"], now=NOW)


def test_one_who_is_not_convinced_is_enough_for_the_removal_to_stand(
    proof: AgeProof, removal: Verdict, people: dict[str, User]
) -> None:
    answer(proof, proved=True, why="Dated 1990", by=people["Sen"], now=NOW)
    answer(proof, proved=False, why="Another person", reason="whose", by=people["Mona"], now=NOW)
    assert Verdict.objects.get(pk=removal.pk).superseded_by is None
    assert NoticeUrl.objects.get().state != "withdrawn"
    assert (AgeProof.objects.get().outcome, files()) == ("not_proved", [])


def test_nobody_decides_who_prepared_it_or_answered_about_the_picture_or_lacks_the_right(
    proof: AgeProof, removal: Verdict, people: dict[str, User], make_person: Any
) -> None:
    from orbweaver.assess.review.models import Assessment

    both = make_person("Bo", Role.SURVIVOR_SUPPORT, Role.SENIOR_ANALYST)
    add_document(proof, PAPER + b" again", by=both, now=NOW)
    assert len(files()) == 1
    Assessment.objects.create(
        item=removal.item, analyst=people["Sen"], answers={}, outcome="remove", criteria_version="1", made_at=NOW,
        training_completed_on=NOW.date(),
    )  # fmt: skip
    for person in (both, people["Sol"], people["Ann"], people["Sen"]):
        with pytest.raises(NotAllowed):
            answer(proof, proved=True, why="Yes", by=person, now=NOW)
    answer(proof, proved=True, why="Yes", by=people["Mona"], now=NOW)
    answer(proof, proved=True, why="Yes, again", by=people["Mona"], now=NOW)
    assert AgeProofAnswer.objects.count() == 1
    assert not AgeProof.objects.get().outcome


def test_two_accounts_of_one_person_decide_as_one_and_are_involved_as_one(
    proof: AgeProof, removal: Verdict, people: dict[str, User], make_person: Any
) -> None:
    twin, aide = make_person("Twin", Role.SENIOR_ANALYST), make_person("Aide", Role.SENIOR_ANALYST)
    for account, maker in ((twin, people["Mona"]), (aide, people["Sol"])):  # Sol tied it
        account.made_alone_by = maker
        account.save()
    with pytest.raises(NotAllowed):
        answer(proof, proved=True, why="Yes", by=aide, now=NOW)
    answer(proof, proved=True, why="Yes", by=people["Mona"], now=NOW)
    assert not answer(proof, proved=True, why="Yes", by=twin, now=NOW).outcome
    assert Verdict.objects.get(pk=removal.pk).superseded_by is None
    assert answer(proof, proved=True, why="Yes", by=people["Sen"], now=NOW).outcome == "proved"


def test_nothing_is_proved_without_a_document_or_a_removal(people: dict[str, User]) -> None:
    bare, _ = bring(Brought(AgeProof.BroughtBy.AGENT, URL, form="2"), NOW)
    with pytest.raises(InvalidInput, match="which removal"):
        answer(bare, proved=True, why="Yes", by=people["Sen"], now=NOW)
    with pytest.raises(InvalidInput, match="no such removal"):
        tie_removal(bare, "vdt_2222222222222222", by=people["Sol"], now=NOW)
    for document, words in ((b"MZ a program", "PDF"), (b"%PDF-" + bytes(10 * 2**20), "10 MB")):
        with pytest.raises(InvalidInput, match=words):
            add_document(bare, document, by=people["Sol"], now=NOW)


def test_a_providers_objection_that_it_is_an_adult_never_comes_here_and_changes_nothing(
    removal: Verdict, client: Any
) -> None:
    from orbweaver.notify.notices.answers.replies import answer_notice

    answer_notice(Notice.objects.get().pk, "push_back", "not_a_child", NOW, comment="She is 25: her passport.")
    assert not AgeProof.objects.exists()
    assert Verdict.objects.get(pk=removal.pk).superseded_by is None
    assert client.post("/info/proof/", {"brought_by": "provider", "words": "x", "form": "1"}).status_code == 400


def test_a_document_that_nobody_decides_about_and_words_that_nobody_needs_are_gone_in_time(
    proof: AgeProof, people: dict[str, User], set_config: Callable[..., None]
) -> None:
    set_config(age_proof_days=10, survivor_words_days=20)
    asked = Asked(Request.Capacity.ADULT, Request.Aim.TEXT, at_risk=False, words="My name", safe_contact="By post")
    ended, _ = ask(asked, NOW)
    going_on, _ = ask(Asked(Request.Capacity.ADULT, Request.Aim.TEXT, at_risk=False, words="Still open"), NOW)
    finish(ended, done=True, by=people["Sol"], now=NOW)
    remove_due(NOW + dt.timedelta(days=9))
    assert len(files()) == 1
    remove_due(NOW + dt.timedelta(days=21))
    assert files() == []
    assert AgeProof.objects.get().destroyed_at is not None
    ended.refresh_from_db()
    going_on.refresh_from_db()
    assert (ended.words, ended.safe_contact, going_on.words) == ("", "", "Still open")


def test_the_person_brings_it_by_the_page_and_follows_it_and_two_decide_on_theirs(
    removal: Verdict, people: dict[str, User], client: Any
) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    sent = {"brought_by": "person", "urls": URL, "words": "I was 25", "form": "1"}
    told = client.post("/info/proof/", {**sent, "document": SimpleUploadedFile("me.pdf", PAPER)}).content.decode()
    unknown = {**sent, "urls": "https://nobody.example/x", "form": "2"}
    other = client.post("/info/proof/", {**unknown, "document": SimpleUploadedFile("me.pdf", PAPER)}).content.decode()
    shown = re.compile(r'(class="mono keep" id="\w+">)([^<]+)')
    in_language = re.compile(r'(name="(?:reference|secret|form)" value=")[^"]+')  # the buttons to the other languages
    assert shown.sub(r"\1", in_language.sub(r"\1", told)) == shown.sub(r"\1", in_language.sub(r"\1", other))
    reference, secret = (found for _, found in shown.findall(told))
    made = AgeProof.objects.order_by("pk")[0]
    for name, action in (("Sol", {"action": "tie", "verdict": removal.public_id}), ("Sen", {}), ("Mona", {})):
        client.force_login(people[name])
        listed = client.get("/proofs/").content.decode()
        assert made.public_id in listed
        assert ">Proof of age, " in listed
        saved = client.post(f"/proofs/{made.public_id}/document/")
        assert (saved.content, saved.headers["Content-Disposition"]) == (
            PAPER, f"attachment; filename={made.public_id}.pdf",
        )  # fmt: skip
        client.post(f"/proofs/{made.public_id}/", action or {"action": "answer", "proved": "yes", "why": "Dated 1990"})
    assert "Proved: the removal is taken back" in client.get(f"/proofs/{made.public_id}/").content.decode()
    client.logout()
    [stamp] = re.findall(r'name="form" value="([^"]+)"', client.get("/info/follow/").content.decode())
    page = client.post("/info/follow/", {"reference": reference, "secret": secret, "form": stamp}).content.decode()
    assert "Your proof is enough." in page
    assert "We have destroyed your document." in page


def test_whoever_follows_a_proof_that_was_not_decided_in_time_reads_that_it_can_be_sent_again(
    client: Any, people: dict[str, User], set_config: Callable[..., None]
) -> None:
    set_config(age_proof_days=10)
    made, secret = bring(Brought(AgeProof.BroughtBy.PERSON, URL, document=PAPER, form="1"), NOW)

    def page() -> str:
        [stamp] = re.findall(r'name="form" value="([^"]+)"', client.get("/info/follow/").content.decode())
        sent = {"reference": made.reference, "secret": secret, "form": stamp}
        return str(client.post("/info/follow/", sent).content.decode())

    assert "Your document is locked away" in page()
    remove_due(NOW + dt.timedelta(days=11))
    assert "We did not decide in time" in page()
    assert "Two people in our team look" not in page()
    assert "You can send it again" in page()
    add_document(made, PAPER, by=people["Sol"], now=NOW + dt.timedelta(days=12))
    assert "Your document is locked away" in page()


def test_whoever_prepares_it_picks_the_removal_from_those_at_its_addresses(
    removal: Verdict, people: dict[str, User], world: World
) -> None:
    other = world.verdict("https://elsewhere.example/other.png")
    made, _ = bring(Brought(AgeProof.BroughtBy.PERSON, f"not an address\n{URL}", form="1"), NOW)
    assert age_proofs.removals_named(made) == [removal]
    client = signed_in(people["Sol"])
    page = client.get(f"/proofs/{made.public_id}/").content.decode()
    assert removal.public_id in page
    assert other.public_id not in page
    client.post(f"/proofs/{made.public_id}/", {"action": "tie", "verdict": removal.public_id})
    assert AgeProof.objects.get(pk=made.pk).verdict == removal
    who_decides = signed_in(people["Mona"]).get(f"/proofs/{made.public_id}/").content.decode()
    assert 'id="removals"' not in who_decides


def signed_in(person: User) -> Any:
    from django.test import Client

    client = Client()
    client.force_login(person)
    return client
