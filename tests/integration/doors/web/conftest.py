"""People signed in at the pages, and work for them; dates follow the real clock, which the pages read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from django.test import Client

    from orbweaver.assess.review.models import ReviewItem
    from orbweaver.people.accounts.models import Organisation, User
    from orbweaver.people.accounts.rules import Role

PASSWORD = "a long enough passphrase"

SignIn = Callable[..., "Client"]
MakeItem = Callable[..., "ReviewItem"]


@pytest.fixture
def now() -> dt.datetime:
    from orbweaver.platform.clock import now

    return now()


@pytest.fixture
def organisation(db: None, now: dt.datetime) -> Organisation:
    from orbweaver.people.accounts.services import create_organisation

    today = now.date()
    return create_organisation(
        name="Test hotline",
        kind="hotline",
        country="CA",
        vetted_on=today - dt.timedelta(days=9),
        agreement_ends_on=today + dt.timedelta(days=99),
    )


@pytest.fixture
def make_person(organisation: Organisation, now: dt.datetime) -> Callable[..., User]:
    """``make_person("Ann", Role.ANALYST)``, with training of last month."""
    from orbweaver.people.accounts.services import create_person, record_training

    def make(name: str, *roles: Role, trained: bool = True) -> User:
        person = create_person(
            email=f"{name.lower()}@hotline.example",
            display_name=name,
            organisation=organisation,
            roles=roles,
            password=PASSWORD,
            by=None,
            now=now,
        )
        if trained:
            record_training(person, "Sexual maturation", now.date() - dt.timedelta(days=30))
        return person

    return make


@pytest.fixture
def sign_in(make_person: Callable[..., User]) -> SignIn:
    """A browser in which somebody with these roles is signed in: ``sign_in("Ann", Role.ANALYST)``."""
    from django.test import Client

    def signed_in(name: str, *roles: Role, trained: bool = True) -> Client:
        client = Client()
        client.force_login(make_person(name, *roles, trained=trained))
        return client

    return signed_in


@pytest.fixture
def make_item(hotline: None, make_sighting: Callable[..., object], now: dt.datetime) -> MakeItem:
    """An item of a picture that can be drawn: ``make_item(url=…, identified="identified")``."""
    from orbweaver.assess.review.models import ReviewItem
    from orbweaver.assess.review.services import open_items
    from orbweaver_trials.demo.pictures import edited

    def make(seed: int = 1, **options: object) -> ReviewItem:
        sighting = make_sighting(edited(seed), now=now, **options)
        open_items([sighting], now)  # type: ignore[list-item]
        return ReviewItem.objects.latest("pk")

    return make
