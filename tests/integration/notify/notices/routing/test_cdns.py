"""Behind a CDN: it is told beside the host, never judged as one, and asked for the origin, which is then told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from orbweaver.account_for.transparency.models import NotifiedAddress
from orbweaver.detect.matching.models import Front, Sighting
from orbweaver.errors import InvalidInput
from orbweaver.follow.conduct.services import assess_due
from orbweaver.notify.notices.letters.parts import parts_of
from orbweaver.notify.notices.models import Notice, NoticeUrl
from orbweaver.notify.notices.routing.drafting import urls_of
from orbweaver.notify.notices.services import issue_notices, note_origin, preview, send_due
from orbweaver.notify.providers.cdns import adopt_cdns, import_cdns
from orbweaver.notify.providers.hosts import record_lookup
from orbweaver.notify.providers.models import Contact, HostLookup, HostOrigin, Provider, ProviderNetwork
from orbweaver.notify.providers.services import add_contact, add_provider
from orbweaver.people.accounts.rules import Role
from orbweaver.platform.network.cdns import known_cdns

pytestmark = pytest.mark.django_db
transactional = pytest.mark.django_db(transaction=True)
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
FOUND = HostLookup.Outcome.FOUND


@pytest.fixture(autouse=True)
def offline(set_config: Callable[..., None]) -> None:
    """Nobody is asked: what the registry says counts."""
    set_config(discover_contacts="false", hotline_country="CA")


def host(name: str = "Host", **facts: Any) -> Provider:
    made = add_provider(name, now=NOW, **facts)
    add_contact(made, f"abuse@{name.lower()}.example", now=NOW)
    return made


def front(name: str = "cdn.example") -> None:
    Front.objects.create(host=name, cdn="Cloudflare", signs=["cf-ray"], first_seen_at=NOW, last_seen_at=NOW)


def told() -> set[tuple[str, str]]:
    return set(Notice.objects.values_list("route", "provider__name"))


def test_a_cdn_that_publishes_the_address_is_taken_into_the_registry_and_told(world: Any) -> None:
    record_lookup("cdn.example", FOUND, ["104.16.0.9"], NOW)
    adopt_cdns([], ["104.16.0.9"], NOW)
    world.verdict("https://cdn.example/1.png")
    issue_notices(NOW)
    assert told() == {("cdn", "Cloudflare")}
    assert Contact.objects.get(provider__name="Cloudflare").source == "published"


def test_what_a_person_keeps_is_used_and_what_rdap_took_for_a_network_becomes_a_cdn() -> None:
    kept = add_provider("Cloudflare Provider", kind="cdn", now=NOW)
    add_contact(kept, "abuse@cloudflare-party.example", now=NOW)
    named = add_provider("Fastly, Inc.", kind="network", now=NOW)
    import_cdns(known_cdns(), NOW)
    import_cdns(known_cdns(), NOW)
    assert not Provider.objects.filter(name__in=["Cloudflare", "Fastly"]).exists()
    assert kept.contacts.count() == 1
    named.refresh_from_db()
    assert named.kind == "cdn"
    assert ProviderNetwork.objects.filter(provider=named, network="151.101.0.0/16").exists()


def test_a_host_kept_by_hand_that_has_nothing_but_what_a_cdn_publishes_becomes_the_cdn(world: Any) -> None:
    kept = host("Cloudflare", networks=["104.16.0.0/14"])
    record_lookup("cdn.example", FOUND, ["104.16.0.9"], NOW)
    import_cdns(known_cdns(), NOW)
    kept.refresh_from_db()
    assert kept.kind == "cdn"
    assert [each.address for each in kept.contacts.all()] == ["abuse@cloudflare.example"]
    world.verdict("https://cdn.example/1.png")
    issue_notices(NOW)
    assert told() == {("cdn", "Cloudflare")}


def test_one_that_hosts_too_stays_a_host_and_the_cdn_stands_beside_it(world: Any) -> None:
    kept = host("Cloudflare", domains=["pages.example"], networks=["104.16.0.0/13", "203.0.113.0/24"])
    import_cdns(known_cdns(), NOW)
    import_cdns(known_cdns(), NOW)
    kept.refresh_from_db()
    assert kept.kind == "host"
    beside = Provider.objects.get(name="Cloudflare (CDN)", kind="cdn")
    assert ProviderNetwork.objects.get(network="104.16.0.0/13").provider == beside
    assert [str(each.network) for each in kept.networks.all()] == ["203.0.113.0/24"]
    front("a.pages.example")
    world.verdict("https://a.pages.example/1.png")
    issue_notices(NOW)
    assert told() == {("provider", "Cloudflare"), ("cdn", "Cloudflare (CDN)")}


@transactional
@pytest.mark.parametrize(
    ("language", "asked"),
    [
        (
            "en",
            ["who hosts the origin (name and network)", "the name of the hosting provider and the address (IP) of the"],
        ),
        (
            "fr",
            ["qui est l’hébergeur d’origine (nom et réseau)", "le nom de l’hébergeur et l’adresse (IP) de l’origine"],
        ),
    ],
)
def test_the_mail_that_a_cdn_gets_asks_for_the_origin(world: Any, mail: Any, language: str, asked: list[str]) -> None:
    front()
    adopt_cdns(["Cloudflare"], [], NOW)
    Contact.objects.update(language=language)
    world.verdict("https://cdn.example/1.png")
    issue_notices(NOW)
    send_due(lambda: NOW)
    [(address, raw)] = mail.received
    assert address == "abuse@cloudflare.com"
    words = " ".join(parts_of(raw).text.split())
    assert [each for each in asked if each not in words] == []


def test_a_header_alone_tells_the_cdn_beside_the_host_and_never_instead(world: Any) -> None:
    host(domains=["cdn.example"])
    front()
    adopt_cdns(["Cloudflare"], [], NOW)
    world.verdict("https://cdn.example/1.png")
    issue_notices(NOW)
    assert told() == {("provider", "Host"), ("cdn", "Cloudflare")}
    assert NoticeUrl.objects.get(follows=None).notice.route == "provider"


def test_a_front_that_ended_is_kept_and_not_told(world: Any) -> None:
    host(domains=["cdn.example"])
    front()
    Front.objects.update(ended_at=NOW)
    adopt_cdns(["Cloudflare"], [], NOW)
    world.verdict("https://cdn.example/1.png")
    issue_notices(NOW)
    assert told() == {("provider", "Host")}


@transactional
def test_a_cdn_is_asked_for_the_origin_and_the_origin_that_it_names_is_told(
    world: Any, mail: Any, make_person: Any
) -> None:
    manager, origin = make_person("Mona", Role.HOTLINE_MANAGER), host("Origin", networks=["198.51.100.0/24"])
    front()
    adopt_cdns(["Cloudflare"], [], NOW)
    world.verdict("https://cdn.example/1.png")
    issue_notices(NOW)
    notice = Notice.objects.get()
    assert (notice.route, notice.provider.name if notice.provider else "") == ("cdn", "Cloudflare")
    text = preview(notice, NOW).text
    assert "WHO HOSTS THE ORIGIN" in text
    assert "We do not know who hosts" in text
    number = notice.public_id
    for wrong in ({"name": "Cloudflare"}, {"address": "203.0.113.9"}, {"address": "x"}, {}):
        with pytest.raises(InvalidInput):
            note_origin(number, manager, NOW, host="cdn.example", **wrong)
    step = note_origin(number, manager, NOW, host="cdn.example", address="198.51.100.7")
    assert step is not None
    assert (step.route, step.provider, step.parent) == ("provider", origin, notice)
    assert note_origin(number, manager, NOW, host="cdn.example", address="198.51.100.7") is None
    assert HostOrigin.objects.get().noted_by == manager
    send_due(lambda: NOW)
    assert sorted(address for address, _ in mail.received) == ["abuse@cloudflare.com", "abuse@origin.example"]


@transactional
def test_a_cdn_is_not_judged_as_a_host(world: Any, mail: Any) -> None:
    front()
    adopt_cdns(["Cloudflare"], [], NOW)
    world.verdict("https://cdn.example/1.png")
    issue_notices(NOW)
    send_due(lambda: NOW)
    assert Notice.objects.get().told_at == NOW
    assert assess_due(NOW + dt.timedelta(days=60)) == 0
    from orbweaver.account_for.transparency.folding import keep_up

    keep_up()
    assert list(NotifiedAddress.objects.values_list("provider_id", flat=True)) == [0]


def test_where_the_context_harms_the_notice_is_about_the_page_and_not_the_host_of_a_linked_picture(world: Any) -> None:
    host("Album", domains=["album.example"])
    host("Forum", domains=["forum.example"])
    verdict = world.verdict("https://pics.album.example/summer/1.png")
    Sighting.objects.update(page_url="https://forum.example/t/9", page_url_key=b"p" * 32)
    [row] = urls_of(verdict)
    assert (row.host, row.pages) == ("pics.album.example", ["https://forum.example/t/9"])
    verdict.notice_type, verdict.sub_type = "harmful_abusive", "b"
    verdict.save()
    [row] = urls_of(verdict)
    assert (row.url, row.host, row.pages, row.address) == ("https://forum.example/t/9", "forum.example", [], None)
    Sighting.objects.update(page_url="https://www.album.example/summer/")
    [row] = urls_of(verdict)
    assert row.host == "pics.album.example"
