"""People who draft, sign and take criteria into use, and texts of versions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from tests.criteria_keys import signers

from orbweaver.assess.criteria import digest, version_text
from orbweaver.people.accounts.rules import Role

if TYPE_CHECKING:
    from orbweaver.people.accounts.models import User

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
MakeOf = Callable[..., "User"]


def text_of(number: str, *changes: tuple[str, str]) -> str:
    """Version 1 under another number, with some of its words replaced."""
    text = version_text("1").replace('version = "1"', f'version = "{number}"')
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text


WIDER = (
    ("last = 8\n", "last = 9\n"),
    ("prepubescent (0 to 8 years)", "prepubescent (0 to 9 years)"),
    ("first = 9\n", "first = 10\n"),
    ("pubescent (9 to 12 years)", "pubescent (10 to 12 years)"),
)
"""A child of nine counts as prepubescent."""


def use_version_2(by: User, at: dt.datetime, text: str = "") -> None:
    """Signed and in use, without the ways there, which have tests of their own."""
    from orbweaver.assess.governance.models import CriteriaVersion, Signature
    from orbweaver.assess.governance.rules import Capacity
    from orbweaver.people.accounts.models import User
    from orbweaver.people.audit.services import record

    text = text or text_of("2", *WIDER)
    row = CriteriaVersion.objects.create(
        number="2",
        text=text,
        digest=digest(text),
        purpose="A test",
        drafted_by=by,
        drafted_at=at,
        changed_at=at,
        takes_effect_at=at,
        taken_into_use_by=by,
    )
    taken = {"version": "2", "digest": row.digest, "takes_effect_at": at.isoformat()}
    record("criteria.taken_into_use", row.public_id, actor=by, details=taken, at=at)
    gia, _ = User.objects.get_or_create(
        email="gia@state.example", defaults={"display_name": "Gia", "organisation": by.organisation}
    )
    for capacity, person in ((Capacity.GOVERNMENT, gia), (Capacity.HOTLINE, by)):
        Signature.objects.create(
            version=row,
            capacity=capacity,
            signed_by=person,
            organisation=by.organisation,
            digest=row.digest,
            document=signers().document(capacity, "2", text),
            signed_at=at,
        )


def sign(number: str, *, digest: str, by: User, now: dt.datetime) -> object:
    """As the service, with the signature that the person's own key makes of the text as it is now."""
    from orbweaver.assess.governance import selectors, services

    capacity = "government" if by.organisation.kind == "government" else "hotline"
    document = signers().document(capacity, number, selectors.text_of(number))
    return services.sign(number, digest=digest, document=document, by=by, now=now)


@pytest.fixture
def person_of(db: None) -> MakeOf:
    """``person_of("government", "Gia", Role.CRITERIA_EDITOR)``, of an organisation of that kind with an agreement."""
    from orbweaver.people.accounts.models import Organisation
    from orbweaver.people.accounts.services import create_organisation, create_person

    def make(kind: str, name: str, *roles: Role, ends_on: dt.date = dt.date(2027, 12, 31)) -> User:
        home = Organisation.objects.filter(name=f"A {kind}").first() or create_organisation(
            name=f"A {kind}", kind=kind, country="CA", vetted_on=dt.date(2026, 1, 1), agreement_ends_on=ends_on
        )
        return create_person(
            email=f"{name.lower()}@{kind}.example",
            display_name=name,
            organisation=home,
            roles=roles or [Role.CRITERIA_EDITOR],
            password="a long enough passphrase",
            by=None,
            now=NOW,
        )

    return make


@pytest.fixture
def gia(person_of: MakeOf) -> User:
    return person_of("government", "Gia")


@pytest.fixture
def hal(person_of: MakeOf) -> User:
    return person_of("hotline", "Hal")


@pytest.fixture
def mona(person_of: MakeOf) -> User:
    return person_of("hotline", "Mona", Role.HOTLINE_MANAGER)
