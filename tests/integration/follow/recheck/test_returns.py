"""What a provider had removed and shows again is found and counted, at the same address and at others."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from orbweaver.detect.media.models import Media
from orbweaver.follow.recheck.models import Return, ToCompare
from orbweaver.follow.recheck.returns import count_returns
from orbweaver.notify.notices.models import NoticeUrl
from orbweaver.notify.notices.routing.issuing import issue_notices
from orbweaver.notify.providers.services import add_contact, add_provider

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def medium(world: Any) -> Media:
    """A medium that the provider removed a day after its notice."""
    for name in ("one", "two"):
        add_contact(add_provider(name, domains=[f"{name}.example"], now=NOW), f"abuse@{name}.example", now=NOW)
    media: Media = world.media()
    notify(world, "https://one.example/1.png", media)
    NoticeUrl.objects.update(state="removed", removed_at=NOW + DAY)
    assert count_returns(NOW + DAY) == 1
    assert not Return.objects.exists()
    return media


def notify(world: Any, url: str, media: Media, seen_at: dt.datetime = NOW) -> NoticeUrl:
    item = world.item(url, media=media)
    item.sightings.update(last_seen_at=seen_at)
    world.verdict(url, item=item, decided_at=seen_at)
    issue_notices(seen_at)
    return NoticeUrl.objects.latest("pk")


def near(world: Any, media: Media, bits: int) -> Media:
    copy: Media = world.media()
    value = int.from_bytes(bytes(media.pdq or b""), "big") ^ ((1 << bits) - 1)
    Media.objects.filter(pk=copy.pk).update(pdq=value.to_bytes(32, "big"))
    copy.refresh_from_db()
    return copy


def test_the_same_bytes_at_another_address_of_the_provider_have_come_back(world: Any, medium: Media) -> None:
    url = notify(world, "https://cdn.one.example/9.png", medium, NOW + 2 * DAY)
    assert count_returns(NOW + 2 * DAY) == 1
    found = Return.objects.get()
    assert (found.kind, found.url, found.provider) == ("same_medium", url, url.notice.provider)
    assert found.removed.url == "https://one.example/1.png"
    assert count_returns(NOW + 3 * DAY) == 0


@pytest.mark.parametrize(("bits", "kinds"), [(31, ["near_medium"]), (32, [])])
def test_a_near_copy_has_come_back_within_31_bits(world: Any, medium: Media, bits: int, kinds: list[str]) -> None:
    notify(world, "https://one.example/2.png", near(world, medium, bits), NOW + 2 * DAY)
    count_returns(NOW + 2 * DAY)
    assert list(Return.objects.order_by("pk").values_list("kind", flat=True)) == kinds
    assert all(each.distance == bits for each in Return.objects.all())


def test_another_provider_has_nothing_to_do_with_it(world: Any, medium: Media) -> None:
    notify(world, "https://two.example/1.png", medium, NOW + 2 * DAY)
    count_returns(NOW + 2 * DAY)
    assert not Return.objects.exists()


def test_what_was_seen_before_the_removal_has_not_come_back(world: Any, medium: Media) -> None:
    notify(world, "https://one.example/2.png", medium, NOW + DAY / 2)
    count_returns(NOW + 2 * DAY)
    assert not Return.objects.exists()


def test_while_no_provider_is_known_the_host_stands_for_it(world: Any) -> None:
    media = world.media()
    notify(world, "https://nobody.example/1.png", media)
    NoticeUrl.objects.update(state="removed", removed_at=NOW + DAY)
    notify(world, "https://nobody.example/2.png", media, NOW + 2 * DAY)
    notify(world, "https://other.example/2.png", media, NOW + 2 * DAY)
    assert count_returns(NOW + 2 * DAY) == 3
    found = Return.objects.get()
    assert (found.provider, found.url.url) == (None, "https://nobody.example/2.png")
    assert not ToCompare.objects.exists()
