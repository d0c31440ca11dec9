"""No lead, host or domain fills the disk; what is known there makes room, and so does a person."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from orbweaver.detect.crawl import extents
from orbweaver.detect.crawl.models import Extent
from orbweaver.detect.crawl.site_settings import By, follow_further
from orbweaver.people.audit.models import Event

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
LEAD, HOST, DOMAIN = NAMES = extents.names_of(7, "a.trap.example")


def test_an_address_counts_for_its_lead_its_host_and_the_domain_that_somebody_registered() -> None:
    assert NAMES == ("lead:7", "host:a.trap.example", "domain:trap.example")
    assert extents.names_of(7, "[2001:db8::1]")[2] == "domain:[2001:db8::1]"


def test_each_has_a_bound_of_its_own(set_config: Any) -> None:
    set_config(crawl_lead_addresses=10, crawl_host_addresses=20, crawl_domain_addresses=0)
    extents.grow(dict.fromkeys(NAMES, 9), {}, NOW)
    assert extents.full(NAMES) == set()
    extents.grow(dict.fromkeys(NAMES, 1), {}, NOW)
    assert extents.full(NAMES) == {LEAD}
    extents.grow(dict.fromkeys(NAMES, 10**6), {}, NOW)
    assert extents.full(NAMES) == {LEAD, HOST}


def test_what_is_known_makes_room_for_as_many_again(set_config: Any) -> None:
    set_config(crawl_lead_addresses=10)
    extents.grow({LEAD: 10}, {}, NOW)
    extents.grow({LEAD: 5}, {LEAD: 1}, NOW)
    assert extents.full([LEAD]) == set()
    extents.grow({LEAD: 5}, {}, NOW)
    assert extents.full([LEAD]) == {LEAD}


def test_one_known_picture_at_addresses_without_end_makes_no_room_without_end(set_config: Any) -> None:
    set_config(crawl_lead_addresses=10)
    for _ in range(100):
        extents.grow({LEAD: 20}, {LEAD: 20}, NOW)
        if extents.full([LEAD]):
            break
    assert extents.full([LEAD]) == {LEAD}
    assert Extent.objects.get().addresses < 10 * 12


def test_a_person_makes_as_much_room_again_however_much_was_found(set_config: Any) -> None:
    set_config(crawl_lead_addresses=10)
    extents.grow({LEAD: 80}, {LEAD: 127}, NOW)
    [extent] = extents.full_ones()
    follow_further(extent, by=By(), now=NOW)
    extents.grow({LEAD: 9}, {}, NOW)
    assert extents.full([LEAD]) == set()
    extents.grow({LEAD: 1}, {}, NOW)
    assert extents.full([LEAD]) == {LEAD}


def test_a_person_makes_room_and_the_log_says_so_without_the_name(set_config: Any) -> None:
    set_config(crawl_lead_addresses=10)
    extents.grow({LEAD: 10}, {}, NOW)
    [extent] = extents.full_ones()
    follow_further(extent, by=By(), now=NOW)
    follow_further(extent, by=By(), now=NOW)
    assert extents.full([LEAD]) == set()
    assert Extent.objects.get().finds == 1
    assert [event.details for event in Event.objects.filter(kind="crawl.bound_raised")] == [{"extent": extent.pk}]
