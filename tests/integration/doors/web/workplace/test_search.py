"""Search finds whatever a person has in hand, and of it only what they may open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from orbweaver.people.accounts.rules import Role

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from django.test import Client

    from orbweaver.people.accounts.models import Organisation

    SignIn = Callable[..., Client]

URL = "https://images.example/album/one.jpg"
PAGE = "https://forum.example/thread/7"


@pytest.fixture
def world(hotline: None, make_sighting: Any, organisation: Organisation, now: dt.datetime) -> dict[str, Any]:
    """An item whose notice went to a provider, a series, a list with an entry of it, and a lead."""
    from orbweaver.assess.review.services import open_items
    from orbweaver.assess.series.services import open_series
    from orbweaver.detect.crawl.services import add_lead
    from orbweaver.notify.notices.models import Notice, NoticeUrl
    from orbweaver.notify.providers.services import add_provider

    sighting = make_sighting(b"one", url=URL)
    sighting.page_url, sighting.page_url_key = PAGE, _key(PAGE)
    sighting.save(update_fields=["page_url", "page_url_key"])
    [item] = open_items([sighting], now)
    provider = add_provider("Lakeside Hosting", country="CA", domains=["images.example"], now=now)
    series = open_series("Red boat", by=None, now=now)
    lead = add_lead("https://images.example/", source="operator", now=now)
    return {"item": item, "provider": provider, "series": series, "lead": lead, "sighting": sighting,
            "models": (Notice, NoticeUrl)}  # fmt: skip


def _key(url: str) -> bytes:
    from orbweaver.platform.network.urls import parse

    return parse(url).key


def found(client: Client, words: str) -> str:
    answer = client.get("/search/", {"q": words})
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_item_is_found_by_everything_that_names_it(world: dict[str, Any], sign_in: SignIn) -> None:
    media, address = world["item"].media, f"/items/{world['item'].public_id}/"
    client = sign_in("Ann", Role.ANALYST)
    names = [
        world["item"].public_id, media.public_id, URL, PAGE, "hxxps://images[.]example/album/one.jpg",
        "images.example/album/one.jpg", "images.example", bytes(media.sha256).hex(), bytes(media.sha1).hex().upper(),
        bytes(media.md5).hex(), bytes(media.pdq).hex(),
    ]  # fmt: skip
    assert [name for name in names if address not in found(client, name)] == []
    assert address not in found(client, "https://images.example/album/two.jpg")
    assert address not in found(client, "remove")


def test_other_kinds_are_found_by_name_exact_ones_first(world: dict[str, Any], sign_in: SignIn) -> None:
    ann = sign_in("Ann", Role.ANALYST)
    assert f"/providers/{world['provider'].public_id}/" in found(ann, "lakeside")
    assert f"/providers/{world['provider'].public_id}/" in found(ann, "cdn.images.example")
    assert f"/series/{world['series'].public_id}/" in found(ann, "red BOAT")
    assert f"/leads/{world['lead'].public_id}/" in found(ann, "images.example")
    assert "/lists/" in found(ann, bytes(world["item"].media.sha256).hex())
    ada = sign_in("Ada", Role.ADMINISTRATOR)
    assert "ann@hotline.example" in found(ada, "ann")
    both = found(sign_in("Both", Role.ADMINISTRATOR, Role.ANALYST), "red boat")
    assert "exact" in both


def test_nobody_finds_what_they_may_not_open(world: dict[str, Any], sign_in: SignIn) -> None:
    addresses = {
        f"/items/{world['item'].public_id}/": {Role.ANALYST, Role.SENIOR_ANALYST},
        f"/series/{world['series'].public_id}/": {
            Role.ANALYST, Role.SENIOR_ANALYST, Role.HOTLINE_MANAGER, Role.LAW_ENFORCEMENT_LIAISON,
        },
        f"/providers/{world['provider'].public_id}/": {
            Role.ANALYST, Role.SENIOR_ANALYST, Role.HOTLINE_MANAGER, Role.ADMINISTRATOR, Role.GOVERNMENT_OBSERVER,
        },
    }  # fmt: skip
    words = (world["item"].public_id, URL, "images.example", "Red boat", "Lakeside Hosting", world["series"].public_id)
    for role in Role:
        client = sign_in(f"P{role.value}", role)
        seen = "".join(found(client, each) for each in words)
        assert {address for address in addresses if address in seen} == {
            address for address, roles in addresses.items() if role in roles
        }, role


def test_items_with_known_answers_are_found_neither_by_others_nor_beside_what_they_copy(
    world: dict[str, Any], sign_in: SignIn, now: dt.datetime
) -> None:
    from orbweaver.assess.review.models import KnownAnswer, ReviewItem
    from orbweaver.people.accounts.models import User

    ann, ben = sign_in("Ann", Role.ANALYST), sign_in("Ben", Role.ANALYST)
    original = world["item"]
    ReviewItem.objects.filter(pk=original.pk).update(state="decided")
    person = User.objects.get(display_name="Ann")
    known = KnownAnswer.objects.create(item=original, designated_by=person, designated_at=now)
    given = ReviewItem.objects.create(
        media=original.media, reason="match", rank_at=now, required=1, created_at=now, known_answer=known,
        given_to=person,
    )  # fmt: skip
    given.sightings.set(original.sightings.all())
    assert given.public_id in found(ann, URL)
    assert original.public_id not in found(ann, URL)
    assert given.public_id not in found(ben, URL)
    assert original.public_id in found(ben, URL)


def test_odd_words_find_nothing_and_break_nothing(world: dict[str, Any], sign_in: SignIn) -> None:
    client = sign_in("Ann", Role.ANALYST)
    for words in (
        "%",
        "_",
        "\0x",
        "http://",
        "https://[",
        "'; --",
        "a" * 5_000,
        "🙂",
        "itm_zzzzzzzzzzzzzzzz",
        "1" * 64,
    ):
        assert "Nothing that you may open" in found(client, words) or words in ("%", "_"), words
    assert "Look for" in found(client, "")


@pytest.mark.parametrize(
    "typed",
    [
        "نامه\u200cای.example",
        "bu\u0308cher.example",
        "faß。example",
        "क्\u200dष.example",
        "https://faß.example/",
        "ＦＡß.example",
    ],
)
def test_a_host_of_any_script_is_found_as_it_is_typed(typed: str, sign_in: SignIn, now: dt.datetime) -> None:
    from orbweaver.detect.crawl.services import add_lead
    from orbweaver.notify.providers.models import HostLookup
    from orbweaver.notify.providers.services import add_provider
    from orbweaver.platform.network.urls import parse

    host = parse(typed if "://" in typed else f"https://{typed}/").host
    provider = add_provider("Lakeside Hosting", country="CA", domains=[host], now=now)
    HostLookup.objects.create(host=host, outcome=HostLookup.Outcome.FOUND, at=now, first_at=now)
    lead = add_lead(f"https://{host}/", source="operator", now=now)
    text = found(sign_in("Mia", Role.HOTLINE_MANAGER), typed)
    assert provider.public_id in text
    assert lead.public_id in text
    assert f"({host.replace('.', '[.]')})" in text  # beside the name as people write it


def test_names_of_one_look_are_told_apart_by_their_ascii_form(sign_in: SignIn, now: dt.datetime) -> None:
    from orbweaver.detect.crawl.services import add_lead

    add_lead("https://pаypal.example/", source="operator", now=now)  # of Cyrillic letters
    client = sign_in("Mia", Role.HOTLINE_MANAGER)
    assert "pаypal[.]example/ (xn--pypal-4ve[.]example)" in client.get("/leads/").content.decode()
    assert "pаypal[.]example/ (xn--pypal-4ve[.]example)" in found(client, "pаypal.example")
    assert "xn--pypal-4ve" not in found(client, "paypal.example")
