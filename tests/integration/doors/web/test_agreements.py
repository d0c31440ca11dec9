"""On the day after an agreement ends, its people are let into no page and its keys into no call."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.sessions.backends.db import SessionStore
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.test import RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver

from orbweaver.people.accounts.messages import NO_AGREEMENT
from orbweaver.people.accounts.models import Organisation, User
from orbweaver.people.accounts.rules import KEY_SCOPES, Role
from orbweaver.people.accounts.services import (
    authenticate_api_key,
    create_api_key,
    create_organisation,
    create_person,
    find_api_key,
)
from orbweaver.platform.clock import now as clock_now

pytestmark = pytest.mark.django_db
TODAY = clock_now().date()
DAY = dt.timedelta(days=1)


@pytest.fixture
def partner(make_person: Callable[..., User]) -> Organisation:
    make_person("Ada", Role.ADMINISTRATOR)
    return create_organisation(name="Partner", kind="hotline", country="FR", vetted_on=TODAY, agreement_ends_on=TODAY)


def guarded(patterns: Any) -> Iterator[tuple[str, URLPattern]]:
    """Every address that somebody has to be signed in to open, but those of their own account."""
    for each in patterns:
        if isinstance(each, URLResolver):
            yield from guarded(each.url_patterns)
        elif hasattr(each.callback, "needs") and not str(each.pattern).startswith("account/"):
            yield str(each.pattern), each


def refusal(view: URLPattern, person: User, method: str) -> str:
    """Why the page is not given, or nothing."""
    names = {name: 1 if name == "number" else "x" for name in view.pattern.regex.groupindex}
    request = getattr(RequestFactory(), method)("/")
    request.user, request.session = person, SessionStore()
    request._messages = FallbackStorage(request)
    try:
        view.callback(request, **names)
    except PermissionDenied as error:
        return str(error)
    except Http404:
        return ""
    return ""


def test_no_address_and_no_call_is_left_on_the_day(partner: Organisation) -> None:
    roles = [role for role in Role if role is not Role.ADMINISTRATOR]
    pia = create_person(
        email="pia@partner.example",
        display_name="Pia",
        password="a long enough passphrase",
        organisation=partner,
        roles=roles,
        by=None,
        now=clock_now(),
    )
    key = create_api_key(partner, "all", KEY_SCOPES, clock_now())
    views = list(guarded(get_resolver().url_patterns))
    assert len(views) > 100
    assert refusal(dict(views)["queue/"], pia, "get") == ""
    assert authenticate_api_key(key, clock_now()) is not None
    assert find_api_key("owk_" + key.split("_")[1], clock_now()) is not None
    Organisation.objects.filter(pk=partner.pk).update(agreement_ends_on=TODAY - DAY)
    pia = User.objects.get(pk=pia.pk)
    let_in = [
        path
        for path, view in views
        if not any(refusal(view, pia, method) == str(NO_AGREEMENT) for method in ("get", "post"))
    ]
    assert let_in == []
    assert authenticate_api_key(key, clock_now()) is None
    assert find_api_key("owk_" + key.split("_")[1], clock_now()) is None


def test_the_hotlines_own_people_get_in_to_renew_it(
    make_person: Callable[..., User], organisation: Organisation
) -> None:
    ada = make_person("Ada", Role.ADMINISTRATOR)
    Organisation.objects.filter(pk=organisation.pk).update(agreement_ends_on=TODAY - DAY)
    views = dict(guarded(get_resolver().url_patterns))
    assert refusal(views["people/"], User.objects.get(pk=ada.pk), "get") != str(NO_AGREEMENT)
