"""The desk finds notices by what checks found, and says what to do about each address."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client

from orbweaver.follow.recheck.models import RecheckTarget
from orbweaver.notify.notices.models import Notice, NoticeUrl
from orbweaver.people.accounts.rules import Role

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)


@pytest.fixture
def followed(world: Any) -> NoticeUrl:
    from orbweaver.notify.notices.services import issue_notices
    from orbweaver.notify.providers.services import add_contact, add_provider

    add_contact(add_provider("Host", now=NOW, domains=["host.example"]), "abuse@host.example", now=NOW)
    world.verdict("http://host.example/1.png", decided_at=NOW)
    issue_notices(NOW)
    return NoticeUrl.objects.get()


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("check", "outcome", "reason", "words"),
    [
        ("person_saw", "unclear", "person_saw", "Look again in the same way"),
        ("cloaked", "present", "hidden_from_us", "reminders go on"),
        ("moved_away", "present", "moved_on_page", "Look for the new address in the queue"),
        ("sign_in", "blocked", "login", "Ask the provider"),
        ("expired_link", "unclear", "signed", "Open the page where it was found"),
        ("blocked_here", "unclear", "by_country", "from another network"),
        ("blocked_here", "blocked", "geo", "from another network"),
        ("front_page", "unclear", "front_page", "Open the page where it was found"),
        ("silent", "unreachable", "refused", "it is tried again"),
        ("not_understood", "unclear", "page", "Open the address in a browser"),
    ],
)
def test_notices_are_found_by_what_checks_found(
    followed: NoticeUrl, sign_in: Any, check: str, outcome: str, reason: str, words: str
) -> None:
    RecheckTarget.objects.update(outcome=outcome, reason=reason, checked_at=NOW)
    client: Client = sign_in("Ann", Role.HOTLINE_MANAGER)
    number = Notice.objects.get().public_id
    assert number in client.get("/notices/", {"check": check}).content.decode()
    other = "person_saw" if check != "person_saw" else "cloaked"
    assert number not in client.get("/notices/", {"check": other}).content.decode()
    assert words in client.get(f"/notices/{number}/").content.decode()


def test_a_picture_that_took_the_place_of_others_too_is_known_as_one(
    followed: NoticeUrl, sign_in: Any, world: Any
) -> None:
    from orbweaver.follow.recheck.models import InsteadPicture
    from orbweaver.notify.notices.services import issue_notices

    world.verdict("http://host.example/2.png", decided_at=NOW)
    issue_notices(NOW)
    RecheckTarget.objects.update(outcome="unclear", reason="other_picture", checked_at=NOW)
    client: Client = sign_in("Ann", Role.HOTLINE_MANAGER)
    first, second = RecheckTarget.objects.order_by("pk")
    page = f"/notices/{followed.notice.public_id}/"
    InsteadPicture.objects.create(target=first, site=first.site, sha256=b"a" * 32)
    InsteadPicture.objects.create(target=second, site=second.site, sha256=b"b" * 32)
    assert "The same picture stands" not in client.get(page).content.decode()
    InsteadPicture.objects.create(target=second, site=second.site, sha256=b"a" * 32)
    shown = client.get(page).content.decode()
    assert "The same picture stands at 1 other address" in shown
    assert (b"a" * 32).hex() in shown


def test_a_picture_that_took_the_place_of_others_at_other_hosts_is_known_as_one_unless_it_is_known_material(
    followed: NoticeUrl, sign_in: Any, world: Any, make_sighting: Any
) -> None:
    from orbweaver.follow.recheck.models import InsteadPicture
    from orbweaver.notify.notices.services import issue_notices

    for number in (2, 3):
        world.verdict(f"http://host{number}.example/1.png", decided_at=NOW)
    issue_notices(NOW)
    RecheckTarget.objects.update(outcome="unclear", reason="other_picture", checked_at=NOW)
    client: Client = sign_in("Ann", Role.HOTLINE_MANAGER)
    known = bytes(make_sighting(b"known").media.sha256)
    page = f"/notices/{followed.notice.public_id}/"
    for sha256, hosts in ((known, ""), (b"a" * 32, "2 other hosts, too")):
        InsteadPicture.objects.all().delete()
        for each in RecheckTarget.objects.all():
            InsteadPicture.objects.create(target=each, site=each.site, sha256=sha256)
        shown = client.get(page).content.decode()
        assert ("It replaces other pictures" in shown) is bool(hosts)
        assert hosts in shown


def test_who_may_not_look_says_nothing_of_an_address(followed: NoticeUrl, sign_in: Any) -> None:
    from orbweaver.follow.recheck.models import Saying

    address = f"/notices/{followed.notice.public_id}/addresses/{followed.pk}/"
    for role in (Role.GOVERNMENT_OBSERVER, Role.INDUSTRY_CLIENT, Role.CRITERIA_EDITOR, Role.SURVIVOR_SUPPORT):
        client: Client = sign_in(f"P{role.value[:8]}", role)
        assert client.post(address, {"said": "gone", "reason": "I saw it"}).status_code in (403, 404)
    assert not Saying.objects.exists()


def test_offline_ones_are_found_and_say_that_nothing_is_to_do(followed: NoticeUrl, sign_in: Any) -> None:
    NoticeUrl.objects.update(state="offline", offline_at=NOW)
    client: Client = sign_in("Ann", Role.HOTLINE_MANAGER)
    number = Notice.objects.get().public_id
    assert number in client.get("/notices/", {"check": "offline"}).content.decode()
    page = client.get(f"/notices/{number}/").content.decode()
    assert "Offline" in page
    assert "When it answers, the notice is open again" in page
