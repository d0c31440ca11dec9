"""Drafting, signing and taking criteria into use (R66)."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from tests.integration.assess.governance.conftest import NOW, WIDER, MakeOf, sign, text_of

from orbweaver.assess.criteria import CriteriaInvalid, digest, loading
from orbweaver.errors import Conflict, InvalidInput, NotAllowed
from orbweaver.people.accounts.rules import Role

if TYPE_CHECKING:
    from orbweaver.assess.governance.models import CriteriaVersion
    from orbweaver.people.accounts.models import User

pytestmark = pytest.mark.django_db
LATER = NOW + dt.timedelta(days=30)


def drafted(by: User, number: str = "12") -> CriteriaVersion:
    from orbweaver.assess.governance.services import draft

    return draft(text_of(number, *WIDER), purpose="Nine is young.", by=by, now=NOW)


def signed(gia: User, hal: User, number: str = "12") -> CriteriaVersion:
    row = drafted(hal, number)
    for person in (gia, hal):
        sign(number, digest=row.digest, by=person, now=NOW)
    return row


def test_without_any_the_version_of_the_program_is_in_force() -> None:
    from orbweaver.assess.governance import selectors

    assert selectors.in_force(NOW).version == "1"
    (only,) = selectors.versions(NOW)
    assert (only.number, only.state, only.comes_with_the_program) == ("1", "in_force", True)


def test_a_draft_that_breaks_a_law_or_carries_a_taken_number_is_not_kept(hal: User) -> None:
    from orbweaver.assess.governance.models import CriteriaVersion
    from orbweaver.assess.governance.services import draft

    both_conditions = ('needs = [["nude", "sexualised_context"], [', 'needs = [["nude"], [')
    with pytest.raises(CriteriaInvalid, match="both conditions"):
        draft(text_of("12", both_conditions), purpose="Less is more.", by=hal, now=NOW)
    with pytest.raises(Conflict, match="new number"):
        draft(text_of("1"), purpose="The same.", by=hal, now=NOW)
    drafted(hal)
    with pytest.raises(Conflict, match="new number"):
        drafted(hal)
    assert CriteriaVersion.objects.count() == 1


def test_it_takes_a_government_and_a_hotline_and_only_then_a_manager(gia: User, hal: User, mona: User) -> None:
    from orbweaver.assess.governance import selectors
    from orbweaver.assess.governance.services import take_into_use
    from orbweaver.people.audit.models import Event

    row = drafted(hal)
    sign("12", digest=row.digest, by=hal, now=NOW)
    with pytest.raises(InvalidInput, match="not signed by a government"):
        take_into_use("12", at=None, by=mona, now=NOW)
    sign("12", digest=row.digest, by=gia, now=NOW)
    with pytest.raises(NotAllowed):
        take_into_use("12", at=None, by=hal, now=NOW)
    take_into_use("12", at=None, by=mona, now=NOW)
    assert selectors.in_force(NOW).version == "12"
    assert selectors.in_force(NOW - dt.timedelta(seconds=1)).version == "1"
    states = {each.number: each.state for each in selectors.versions(NOW)}
    assert states == {"12": "in_force", "1": "replaced"}
    kinds = ["criteria.drafted", "criteria.signed", "criteria.signed", "criteria.taken_into_use"]
    events = Event.objects.filter(subject=row.public_id).order_by("pk")
    assert [event.kind for event in events] == kinds
    assert {event.details["digest"] for event in events} == {digest(row.text)}


def test_a_version_that_comes_with_the_program_is_drafted_as_it_stands_and_signed_like_any(
    gia: User, hal: User, mona: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from orbweaver.assess.governance import selectors
    from orbweaver.assess.governance.services import change_draft, draft, take_into_use

    (tmp_path / "versions").mkdir()
    for number, text in (("1", text_of("1")), ("12", text_of("12", *WIDER))):
        (tmp_path / "versions" / f"{number}.toml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(loading, "resources", SimpleNamespace(files=lambda _: tmp_path))
    assert selectors.in_force(NOW).version == "1"
    with pytest.raises(Conflict, match="new number"):
        draft(text_of("12"), purpose="Other words under its number.", by=hal, now=NOW)
    row = signed(gia, hal)
    with pytest.raises(Conflict, match="new number"):
        change_draft("12", text_of("12"), seen_digest=row.digest, by=hal, now=NOW)
    take_into_use("12", at=None, by=mona, now=NOW)
    assert selectors.in_force(NOW).version == "12"


def test_a_changed_text_has_to_be_signed_anew(gia: User, hal: User, mona: User) -> None:
    from orbweaver.assess.governance import selectors
    from orbweaver.assess.governance.services import change_draft, take_into_use

    row = signed(gia, hal)
    text = row.text.replace('title = "Removal criteria"', 'title = "Other words"')
    changed = change_draft("12", text, seen_digest=row.digest, by=hal, now=NOW)
    assert selectors.view("12", NOW).state == "draft"
    with pytest.raises(InvalidInput, match="not signed by a government and a hotline"):
        take_into_use("12", at=None, by=mona, now=NOW)
    with pytest.raises(Conflict, match="read it again"):
        sign("12", digest=row.digest, by=gia, now=NOW)
    with pytest.raises(Conflict, match="after you opened it"):
        change_draft("12", row.text, seen_digest=row.digest, by=hal, now=NOW)
    sign("12", digest=changed.digest, by=gia, now=NOW)
    assert [each.counts for each in selectors.view("12", NOW).signatures] == [False, False, True]


def test_nobody_signs_for_industry_nor_without_a_valid_agreement(person_of: MakeOf, hal: User) -> None:
    row = drafted(hal)
    with pytest.raises(NotAllowed, match="for a government or for a hotline"):
        sign("12", digest=row.digest, by=person_of("industry", "Ivy"), now=NOW)
    lapsed = person_of("government", "Lea", ends_on=NOW.date() - dt.timedelta(days=1))
    with pytest.raises(NotAllowed, match="no agreement that is valid"):
        sign("12", digest=row.digest, by=lapsed, now=NOW)
    with pytest.raises(NotAllowed, match="Only criteria editors"):
        sign("12", digest=row.digest, by=person_of("hotline", "Ann", Role.ANALYST), now=NOW)
    assert row.signatures.count() == 0


def test_signing_twice_is_one_signature_and_one_hotline_is_not_two(person_of: MakeOf, hal: User) -> None:
    from orbweaver.assess.governance import selectors

    row = drafted(hal)
    for person in (hal, hal, person_of("hotline", "Hugo")):
        sign("12", digest=row.digest, by=person, now=NOW)
    found = selectors.view("12", NOW)
    assert (len(found.signatures), found.missing) == (2, ("government",))


def test_a_version_can_take_effect_later_and_be_called_off_until_then(gia: User, hal: User, mona: User) -> None:
    from orbweaver.assess.governance import selectors
    from orbweaver.assess.governance.services import call_off, take_into_use

    signed(gia, hal)
    with pytest.raises(InvalidInput, match="has passed"):
        take_into_use("12", at=NOW - dt.timedelta(seconds=1), by=mona, now=NOW)
    take_into_use("12", at=LATER, by=mona, now=NOW)
    assert (selectors.in_force(NOW).version, selectors.in_force(LATER).version) == ("1", "12")
    assert selectors.view("12", NOW).state == "scheduled"
    call_off("12", by=mona, now=NOW)
    assert selectors.in_force(LATER).version == "1"
    take_into_use("12", at=LATER, by=mona, now=NOW)
    with pytest.raises(Conflict, match="has taken effect"):
        call_off("12", by=mona, now=LATER)


def test_a_version_in_use_is_kept_as_it_was_signed(gia: User, hal: User, mona: User) -> None:
    from orbweaver.assess.governance.errors import NotADraft
    from orbweaver.assess.governance.services import change_draft, take_into_use

    row = signed(gia, hal)
    take_into_use("12", at=None, by=mona, now=NOW)
    with pytest.raises(NotADraft):
        change_draft("12", text_of("12"), seen_digest=row.digest, by=hal, now=NOW)
    with pytest.raises(NotADraft):
        sign("12", digest=row.digest, by=gia, now=NOW)
    with pytest.raises(NotADraft):
        take_into_use("12", at=None, by=mona, now=NOW)


def test_of_two_versions_the_one_that_took_effect_last_is_in_force(gia: User, hal: User, mona: User) -> None:
    from orbweaver.assess.governance import selectors
    from orbweaver.assess.governance.services import take_into_use

    for number in ("12", "13"):
        signed(gia, hal, number)
    take_into_use("13", at=None, by=mona, now=NOW)
    take_into_use("12", at=LATER, by=mona, now=NOW)
    assert (selectors.in_force(NOW).version, selectors.in_force(LATER).version) == ("13", "12")
    assert [each.number for each in selectors.versions(LATER)] == ["12", "13", "1"]
