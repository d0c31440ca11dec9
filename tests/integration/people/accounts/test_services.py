from __future__ import annotations

import datetime as dt

import pytest

from orbweaver.errors import Conflict, InvalidInput, NotAllowed
from orbweaver.people.accounts import services
from orbweaver.people.accounts.models import ApiKey, Organisation, SetupLink
from orbweaver.people.accounts.rules import Permission, Role

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
DETAILS = {
    "email": "Ada@Hotline.example",
    "display_name": "Ada",
    "password": "a long enough passphrase",
    "organisation": "Our hotline",
    "country": "ca",
}


def test_the_setup_link_makes_one_administrator_once() -> None:
    token = services.create_setup_link(NOW)
    assert token is not None
    person = services.use_setup_link(token, **DETAILS, at=NOW, now=NOW)
    assert person.may(Permission.PEOPLE_EDIT)
    assert person.email == "ada@hotline.example"
    assert person.check_password(DETAILS["password"])
    assert services.create_setup_link(NOW) is None
    with pytest.raises(NotAllowed):
        services.use_setup_link(token, **DETAILS, at=NOW, now=NOW)


def test_only_the_last_link_works_and_only_for_a_week() -> None:
    first, second = services.create_setup_link(NOW), services.create_setup_link(NOW)
    assert first is not None
    assert second is not None
    assert not services.setup_link_is_valid(first, NOW)
    assert services.setup_link_is_valid(second, NOW)
    assert not services.setup_link_is_valid(second, NOW + dt.timedelta(days=8))


def test_a_weak_password_makes_nothing_and_leaves_the_link_good() -> None:
    token = services.create_setup_link(NOW)
    assert token is not None
    with pytest.raises(InvalidInput):
        services.use_setup_link(token, **(DETAILS | {"password": "password"}), at=NOW, now=NOW)
    assert services.setup_link_is_valid(token, NOW)
    assert SetupLink.objects.get().used_at is None


def test_the_password_is_hashed_with_argon2(organisation: Organisation) -> None:
    person = services.create_person(
        email="bo@x.example",
        display_name="Bo",
        organisation=organisation,
        roles=[Role.ANALYST],
        password="a long enough passphrase",
        by=None,
        now=NOW,
    )
    assert person.password.startswith("argon2$argon2id$")
    with pytest.raises(Conflict):
        services.create_person(
            email="BO@x.example",
            display_name="Bo",
            organisation=organisation,
            roles=[],
            password="a long enough passphrase",
            by=None,
            now=NOW,
        )


def test_an_api_key_is_shown_once_kept_as_a_digest_and_can_be_revoked(organisation: Organisation) -> None:
    text = services.create_api_key(organisation, "scanner", [Permission.SCAN_USE], NOW)
    stored = ApiKey.objects.get()
    assert text.split("_", 2)[2].encode() not in bytes(stored.digest)
    found = services.authenticate_api_key(text, NOW)
    assert found is not None
    assert found.scopes == ["scan:use"]
    for wrong in ("", "owk__", text[:-1], text + "x", "owk_none_secret", "owk_\udcff", text + "\udcff"):
        assert services.authenticate_api_key(wrong, NOW) is None
    assert services.find_api_key("owk_\udcff", NOW) is None
    ApiKey.objects.update(revoked_at=NOW)
    assert services.authenticate_api_key(text, NOW) is None
