"""Who is found for a host, and which contact is taken."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection

from orbweaver.notify.providers.errors import ProviderInvalid, ProviderTaken
from orbweaver.notify.providers.models import Contact, Provider, TermsClause
from orbweaver.notify.providers.selectors import clause_for, contact_for, provider_for, summaries
from orbweaver.notify.providers.services import add_contact, add_provider, retire_contact, set_clause

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


def test_the_most_specific_domain_wins_over_a_shorter_one_and_over_any_network() -> None:
    add_provider("Platform", now=NOW, domains=["platform.example"])
    shop = add_provider("Shop", now=NOW, domains=["shop.platform.example"])
    add_provider("Network", now=NOW, networks=["192.0.2.0/24"])
    assert provider_for("img.shop.platform.example", "192.0.2.7") == shop
    assert provider_for("platform.example", None) == Provider.objects.get(name="Platform")


def test_an_address_belongs_to_the_smallest_network_that_covers_it() -> None:
    add_provider("Upstream", now=NOW, networks=["127.0.0.0/8", "2001:db8::/32"], asn=64500)
    small = add_provider("Small", now=NOW, networks=["127.0.0.9/32"])
    assert provider_for("127.0.0.9", "127.0.0.9") == small
    assert provider_for("unknown.example", "127.0.0.10") == Provider.objects.get(name="Upstream")
    assert provider_for("[2001:db8::1]", None) == Provider.objects.get(name="Upstream")
    assert provider_for("127.0.0.9", None) == small


def test_an_unknown_host_has_no_provider() -> None:
    assert provider_for("nobody.example", "198.51.100.1") is None
    assert provider_for("nobody.example", None) is None


@pytest.mark.sweep
def test_looking_up_an_address_uses_the_index_of_networks() -> None:
    add_provider("Many", now=NOW, networks=[f"10.{n // 256}.{n % 256}.0/24" for n in range(2_000)])
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN SELECT 1 FROM providers_providernetwork WHERE network >>= '10.1.2.3'::inet")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "network_covers" in plan


def test_a_contact_kept_by_hand_wins_and_a_retired_one_is_not_used() -> None:
    provider = add_provider("Host", now=NOW)
    assert contact_for(provider) is None
    add_contact(provider, "found@host.example", now=NOW, source=Contact.Source.SECURITY_TXT)
    registered = add_contact(provider, "abuse@host.example", now=NOW, source=Contact.Source.RDAP)
    assert contact_for(provider) == registered
    by_hand = add_contact(provider, "person@host.example", now=NOW - HOUR)
    assert contact_for(provider) == by_hand
    retire_contact(by_hand, now=NOW)
    assert contact_for(provider) == registered


def test_adding_again_changes_nothing_and_new_facts_are_taken() -> None:
    first = add_provider("Host", now=NOW, country="ca", domains=["host.example"], networks=["192.0.2.0/24"])
    again = add_provider("Host", now=NOW, domains=["host.example"], networks=["192.0.2.0/24"])
    assert again == first
    assert (again.country, again.kind) == ("CA", "host")
    moved = add_provider("Host", now=NOW, country="FR")
    assert Provider.objects.get(pk=moved.pk).country == "FR"
    [summary] = summaries()
    assert (summary.domains, summary.networks) == (["host.example"], ["192.0.2.0/24"])


def test_two_providers_never_share_a_domain_or_a_network() -> None:
    add_provider("One", now=NOW, domains=["one.example"], networks=["192.0.2.0/24"])
    with pytest.raises(ProviderTaken):
        add_provider("Two", now=NOW, domains=["one.example"])
    with pytest.raises(ProviderTaken):
        add_provider("Two", now=NOW, networks=["192.0.2.0/24"])
    assert not Provider.objects.filter(name="Two").exists()


@pytest.mark.parametrize("wrong", [{"country": "Canada"}, {"kind": "hoster"}, {"domains": ["co.uk"]}])
def test_what_cannot_be_used_is_refused_and_nothing_is_kept(wrong: dict[str, object]) -> None:
    with pytest.raises(ProviderInvalid):
        add_provider("Host", now=NOW, **wrong)  # type: ignore[arg-type]
    assert not Provider.objects.exists()


def test_the_clause_on_the_first_ground_that_the_terms_cover_is_taken() -> None:
    provider = add_provider("Host", now=NOW)
    grounds = (TermsClause.Ground.CHILD_EXPLOITATION.value, TermsClause.Ground.SEXUAL_EXPLOITATION.value)
    assert clause_for(provider, grounds) == ""
    set_clause(provider, TermsClause.Ground.SEXUAL_EXPLOITATION, "7. Sexual content")
    assert clause_for(provider, grounds) == "7. Sexual content"
    set_clause(provider, TermsClause.Ground.CHILD_EXPLOITATION, "4.2 Children")
    assert clause_for(provider, grounds) == "4.2 Children"
