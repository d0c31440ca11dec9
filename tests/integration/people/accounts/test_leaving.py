"""People who go, roles that are taken and passwords that change; somebody always stays who can let others in."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from orbweaver.errors import InvalidInput, NotAllowed
from orbweaver.people.accounts import passwords, services
from orbweaver.people.accounts.agreements import Terms, agree_on
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.rules import Permission, Role

if TYPE_CHECKING:
    from tests.integration.conftest import MakePerson

    from orbweaver.people.accounts.models import Organisation

pytestmark = pytest.mark.django_db
PASSWORD = "a long enough passphrase"
NOW = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)


def test_who_is_switched_off_may_nothing_and_is_signed_out_until_they_are_back(make_person: MakePerson) -> None:
    admin, ann = make_person("Admin", Role.ADMINISTRATOR), make_person("Ann", Role.ANALYST)
    session = ann.get_session_auth_hash()
    services.switch_off(ann, by=admin)
    ann.refresh_from_db()
    assert not ann.is_active
    assert not ann.may(Permission.ITEM_READ)
    assert ann.get_session_auth_hash() != session
    services.switch_on(ann)
    assert ann.may(Permission.ITEM_READ)
    assert ann.check_password(PASSWORD)
    assert ann.get_session_auth_hash() != session  # what was signed in then stays out


def test_nobody_switches_themselves_off(make_person: MakePerson) -> None:
    admin = make_person("Admin", Role.ADMINISTRATOR)
    make_person("Other", Role.ADMINISTRATOR)
    with pytest.raises(NotAllowed, match="your own account"):
        services.switch_off(admin, by=admin)


def test_the_last_administrator_stays_and_keeps_the_role(make_person: MakePerson) -> None:
    admin, ann = make_person("Admin", Role.ADMINISTRATOR), make_person("Ann", Role.ANALYST)
    with pytest.raises(NotAllowed, match="last administrator"):
        services.switch_off(admin, by=ann)
    with pytest.raises(NotAllowed, match="last administrator"):
        services.take_role(admin, Role.ADMINISTRATOR)
    assert admin.may(Permission.PEOPLE_EDIT)


def test_an_administrator_who_is_switched_off_does_not_count_as_one_who_stays(make_person: MakePerson) -> None:
    admin, second = make_person("Admin", Role.ADMINISTRATOR), make_person("Second", Role.ADMINISTRATOR)
    services.switch_off(second, by=admin)
    with pytest.raises(NotAllowed, match="last administrator"):
        services.take_role(admin, Role.ADMINISTRATOR)


def test_a_role_that_is_taken_ends_what_it_allowed_at_once(make_person: MakePerson) -> None:
    ann = make_person("Ann", Role.ANALYST)
    assert ann.may(Permission.ITEM_READ)
    assert services.take_role(ann, Role.ANALYST)
    assert not ann.may(Permission.ITEM_READ)
    assert not services.take_role(ann, Role.ANALYST)


def test_a_password_changes_to_a_strong_one_and_only_while_the_old_one_holds(make_person: MakePerson) -> None:
    ann = make_person("Ann")
    session, elsewhere = ann.get_session_auth_hash(), User.objects.get(pk=ann.pk)
    with pytest.raises(InvalidInput):
        passwords.encoded_for(ann, "password")
    passwords.change_password(ann, passwords.encoded_for(ann, "another long passphrase"))
    with pytest.raises(NotAllowed):
        passwords.change_password(elsewhere, passwords.encoded_for(ann, "whoever took the old password"))
    ann.refresh_from_db()
    assert ann.check_password("another long passphrase")
    assert ann.get_session_auth_hash() != session


def test_an_agreement_cannot_end_before_the_vetting(organisation: Organisation) -> None:
    ends = organisation.agreement_ends_on
    with pytest.raises(InvalidInput):
        agree_on(organisation, Terms("New", ends_on=dt.date(2026, 4, 1)), vetted_on=dt.date(2026, 5, 1), now=NOW)
    assert organisation.agreement_ends_on == ends
    agree_on(organisation, Terms(" New ", ends_on=dt.date(2028, 5, 1)), vetted_on=dt.date(2026, 5, 1), now=NOW)
    organisation.refresh_from_db()
    assert (str(organisation.agreement), organisation.agreement_ends_on) == ("New", dt.date(2028, 5, 1))
