"""Referrals with their deadline, CDN beside origin, the look before sending, holds by policy: over the clock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from orbweaver.errors import Conflict, InvalidInput, NotAllowed
from orbweaver.follow.recheck.models import RecheckTarget
from orbweaver.follow.recheck.services import check_soon
from orbweaver.notify.notices.handovers import RecheckWanted
from orbweaver.notify.notices.models import Notice, NoticeUrl, OutboxMessage
from orbweaver.notify.notices.selectors import HeldCount, held_by_policy_counts
from orbweaver.notify.notices.services import (
    confirm_removal,
    follow_up_referrals,
    hold,
    issue_notices,
    lift,
    mark_gone_once,
    mark_reappeared,
    queue_reminders,
    release_held,
    send_due,
)
from orbweaver.notify.providers.hosts import last_lookup, record_lookup
from orbweaver.notify.providers.models import HostLookup, Provider
from orbweaver.notify.providers.services import add_contact, add_provider
from orbweaver.people.accounts.rules import Role
from orbweaver.people.audit.models import Event

pytestmark = pytest.mark.django_db
transactional = pytest.mark.django_db(transaction=True)
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)
FOUND = HostLookup.Outcome.FOUND


@pytest.fixture(autouse=True)
def offline(set_config: Callable[..., None]) -> None:
    """Nobody is asked: what the registry says counts."""
    set_config(discover_contacts="false", hotline_country="CA", referral_deadline_hours=72)


def provider(name: str, **facts: Any) -> Provider:
    made = add_provider(name, now=NOW, **facts)
    add_contact(made, f"abuse@{name.lower().replace(' ', '-')}.example", now=NOW)
    return made


def sent_to() -> list[tuple[str, str, int]]:
    rows = OutboxMessage.objects.order_by("pk").exclude(state="cancelled")
    return [(row.notice.route, row.address, row.number) for row in rows.select_related("notice")]


def test_a_hotline_abroad_gets_a_referral_and_past_its_deadline_the_provider_is_told_once(world: Any) -> None:
    provider("Hosted NL", domains=["host.example"], country="NL")
    provider("Hotline NL", kind="hotline", country="NL")
    world.verdict("https://host.example/1.png", "https://host.example/2.png")
    assert issue_notices(NOW) == 1
    referral = Notice.objects.get()
    assert (referral.route, referral.country, referral.deadline_at) == ("referral", "NL", NOW + 72 * HOUR)
    assert referral.provider is not None
    assert referral.provider.kind == "hotline"
    assert follow_up_referrals(NOW + 71 * HOUR) == 0
    assert follow_up_referrals(NOW + 72 * HOUR) == 1
    assert [follow_up_referrals(NOW + hours * HOUR) for hours in (72, 73, 200)] == [0, 0, 0]
    direct = Notice.objects.get(route="provider")
    assert (direct.parent, direct.urls.count(), direct.provider and direct.provider.name) == (referral, 2, "Hosted NL")
    assert sent_to() == [("referral", "abuse@hotline-nl.example", 0), ("provider", "abuse@hosted-nl.example", 0)]
    assert RecheckTarget.objects.count() == 2  # each place is looked at once, whoever is told of it
    assert Event.objects.filter(kind="referral.deadline_passed").count() == 1


def test_what_a_hotline_got_removed_in_time_is_told_to_nobody_else(world: Any) -> None:
    provider("Hosted NL", domains=["host.example"], country="NL")
    provider("Hotline NL", kind="hotline", country="NL")
    world.verdict("https://host.example/1.png", "https://host.example/2.png")
    issue_notices(NOW)
    first, second = NoticeUrl.objects.order_by("pk")
    confirm_removal(first, NOW + HOUR, NOW + 2 * HOUR)
    follow_up_referrals(NOW + 72 * HOUR)
    direct = Notice.objects.get(route="provider")
    assert [row.follows for row in direct.urls.all()] == [second]
    confirm_removal(second, NOW + 80 * HOUR, NOW + 81 * HOUR)
    assert set(Notice.objects.values_list("state", flat=True)) == {"closed"}
    row = direct.urls.get()
    assert (row.state, row.removed_at) == ("removed", NOW + 80 * HOUR)


def test_a_hotline_gets_no_reminders_and_a_provider_does(world: Any) -> None:
    provider("Hosted NL", domains=["host.example"], country="NL")
    provider("Hotline NL", kind="hotline", country="NL")
    world.verdict("https://host.example/1.png")
    issue_notices(NOW)
    follow_up_referrals(NOW + 72 * HOUR)
    Notice.objects.update(remind_at=NOW + 90 * HOUR)
    assert queue_reminders(NOW + 91 * HOUR) == 1
    assert sent_to()[-1] == ("provider", "abuse@hosted-nl.example", 1)


@pytest.mark.parametrize(
    ("country", "type_facts", "hotline_country", "route"),
    [
        ("CA", {}, "CA", "provider"),
        ("", {}, "NL", "provider"),
        ("BR", {}, "BR", "referral"),
        ("GB", {"notice_type": "harmful_abusive", "sub_type": "c", "category": "other_harmful"}, "GB", "provider"),
        ("NL", {"notice_type": "harmful_abusive", "sub_type": "c", "category": "other_harmful"}, "NL", "provider"),
        ("NL", {}, "GB", "provider"),
    ],
)
def test_at_home_unknown_or_where_the_hotline_does_not_take_the_type_the_provider_is_told(
    world: Any, country: str, type_facts: dict[str, str], hotline_country: str, route: str
) -> None:
    provider("Hosted", domains=["host.example"], country=country)
    provider("Hotline", kind="hotline", country=hotline_country)
    world.verdict("https://host.example/1.png", **type_facts)
    issue_notices(NOW)
    notice = Notice.objects.get()
    assert (notice.route, notice.country) == (route, country or "unknown")


def test_the_country_is_that_of_the_network_before_that_of_the_provider(world: Any) -> None:
    host = provider("Host", networks=["203.0.113.0/24"], country="CA")
    host.networks.update(country="DE")
    provider("Hotline DE", kind="hotline", country="DE")
    world.verdict("https://203.0.113.9/1.png")
    issue_notices(NOW)
    assert Notice.objects.get().country == "DE"


def test_behind_a_cdn_both_are_told_of_the_same_places_and_both_are_followed(world: Any) -> None:
    provider("Edge", kind="cdn", networks=["198.51.100.0/24"])
    provider("Origin", domains=["host.example"])
    record_lookup("host.example", FOUND, ["198.51.100.7"], NOW)
    world.verdict("https://host.example/1.png")
    assert issue_notices(NOW) == 2
    assert sorted(sent_to()) == [("cdn", "abuse@edge.example", 0), ("provider", "abuse@origin.example", 0)]
    leading, follower = NoticeUrl.objects.get(follows=None), NoticeUrl.objects.get(follows__isnull=False)
    assert (leading.notice.route, follower.notice.route, follower.follows) == ("provider", "cdn", leading)
    assert RecheckTarget.objects.get().notice_url == leading
    assert check_soon(RecheckWanted([follower], NOW)) == 1
    mark_gone_once(leading)
    follower.refresh_from_db()
    assert follower.state == "gone_once"
    confirm_removal(leading, NOW + HOUR, NOW + 2 * HOUR)
    assert set(Notice.objects.values_list("state", flat=True)) == {"closed"}
    leading.refresh_from_db()
    mark_reappeared(leading, NOW + DAY)
    assert set(Notice.objects.values_list("state", flat=True)) == {"open"}


def test_an_origin_known_from_an_earlier_look_is_told_too(world: Any) -> None:
    provider("Edge", kind="cdn", networks=["198.51.100.0/24"])
    provider("Origin", networks=["203.0.113.0/24"])
    record_lookup("host.example", FOUND, ["203.0.113.4"], NOW - 30 * DAY)
    record_lookup("host.example", FOUND, ["198.51.100.7"], NOW)
    world.verdict("https://host.example/1.png")
    issue_notices(NOW)
    assert sorted(sent_to()) == [("cdn", "abuse@edge.example", 0), ("provider", "abuse@origin.example", 0)]


def test_of_a_hidden_origin_the_cdn_alone_is_told_and_nobody_twice(world: Any) -> None:
    provider("Edge", kind="cdn", networks=["198.51.100.0/24"])
    world.verdict("https://host.example/1.png", address="198.51.100.7")
    assert issue_notices(NOW) == 1
    assert sent_to() == [("cdn", "abuse@edge.example", 0)]
    assert Notice.objects.get().country == "unknown"


def test_a_platform_without_a_contact_is_told_through_the_network_it_is_on(world: Any) -> None:
    add_provider("Platform", now=NOW, domains=["host.example"])
    provider("Network", networks=["203.0.113.0/24"])
    world.verdict("https://host.example/1.png", address="203.0.113.5")
    issue_notices(NOW)
    assert sent_to() == [("provider", "abuse@network.example", 0)]


@transactional
def test_a_host_that_moved_before_the_message_left_is_told_of_to_its_new_provider(world: Any, mail: Any) -> None:
    provider("Old", networks=["203.0.113.0/25"])
    provider("New", networks=["203.0.113.128/25"])
    world.verdict("https://host.example/1.png", address="203.0.113.5")
    issue_notices(NOW)
    before = Notice.objects.get()
    record_lookup("host.example", FOUND, ["203.0.113.200"], NOW)
    send_due(lambda: NOW)
    send_due(lambda: NOW)
    assert [address for address, _ in mail.received] == ["abuse@new.example"]
    notice = Notice.objects.get()
    assert (notice.public_id, notice.provider and notice.provider.name) == (before.public_id, "New")
    assert list(OutboxMessage.objects.order_by("pk").values_list("state", flat=True)) == ["cancelled", "sent"]


@transactional
def test_a_place_that_moved_after_the_notice_gets_a_notice_of_its_own_with_its_own_clock(world: Any, mail: Any) -> None:
    provider("Old", networks=["203.0.113.0/25"])
    provider("New", networks=["203.0.113.128/25"])
    world.verdict("https://a.example/1.png", address="203.0.113.5")
    world.verdict("https://b.example/2.png", address="203.0.113.5")
    issue_notices(NOW)
    send_due(lambda: NOW)
    old = Notice.objects.get()
    record_lookup("a.example", FOUND, ["203.0.113.200"], NOW + DAY)
    queue_reminders(NOW + DAY)
    send_due(lambda: NOW + DAY)
    queue_reminders(NOW + DAY)
    send_due(lambda: NOW + DAY)
    new = Notice.objects.get(parent=old)
    assert (new.provider and new.provider.name, new.first_sent_at) == ("New", NOW + DAY)
    assert [url.host for url in new.urls.all()] == ["a.example"]
    assert [url.host for url in old.urls.all()] == ["b.example"]
    assert [address for address, _ in mail.received] == ["abuse@old.example", "abuse@new.example", "abuse@old.example"]


@transactional
def test_a_host_that_cannot_be_found_any_more_changes_nothing(world: Any, mail: Any) -> None:
    provider("Host", networks=["203.0.113.0/24"])
    world.verdict("https://gone.example/1.png", address="203.0.113.5")
    issue_notices(NOW)
    send_due(lambda: NOW)
    assert [address for address, _ in mail.received] == ["abuse@host.example"]
    assert last_lookup("gone.example") is not None


@transactional
def test_an_origin_that_becomes_known_is_told_with_the_next_message_to_the_cdn(world: Any, mail: Any) -> None:
    provider("Edge", kind="cdn", networks=["198.51.100.0/24"])
    world.verdict("https://host.example/1.png", address="198.51.100.7")
    issue_notices(NOW)
    send_due(lambda: NOW)
    provider("Origin", domains=["host.example"])
    queue_reminders(NOW + DAY)
    send_due(lambda: NOW + DAY)
    send_due(lambda: NOW + DAY)
    assert [address for address, _ in mail.received] == [
        "abuse@edge.example",
        "abuse@edge.example",
        "abuse@origin.example",
    ]


HARMFUL = {"notice_type": "harmful_abusive", "sub_type": "b", "category": "other_harmful"}


def test_a_policy_holds_harmful_notices_into_a_country_until_it_is_lifted(world: Any, make_person: Any) -> None:
    manager = make_person("manager", Role.HOTLINE_MANAGER)
    provider("Host", domains=["host.example"], country="DE")
    policy = hold("No agreement on sub-type b yet", by=manager, now=NOW, country="de", sub_type="b")
    world.verdict("https://host.example/1.png", **HARMFUL)
    world.verdict("https://host.example/2.png")
    issue_notices(NOW)
    held = Notice.objects.get(held_reason="policy")
    assert (held.state, held.notice_type) == ("held", "harmful_abusive")
    assert held_by_policy_counts() == [HeldCount("harmful_abusive", "b", "DE", 1, 1)]
    assert release_held(NOW) == 0
    lift(policy.public_id, by=manager, now=NOW + DAY)
    assert release_held(NOW + DAY) == 1
    held.refresh_from_db()
    assert (held.state, held.held_reason) == ("open", "")
    assert held_by_policy_counts() == []


def test_what_goes_by_itself_while_held_stays_held_and_is_never_sent(world: Any) -> None:
    provider("Host", domains=["host.example"])
    policy = hold("Under discussion", by=None, now=NOW)
    world.verdict("https://host.example/1.png", **HARMFUL)
    issue_notices(NOW)
    confirm_removal(NoticeUrl.objects.get(), NOW + HOUR, NOW + 2 * HOUR)
    notice = Notice.objects.get()
    assert (notice.state, notice.held_reason, notice.closed_at) == ("held", "policy", None)
    release_held(NOW + DAY)
    notice.refresh_from_db()
    assert notice.state == "held"
    lift(policy.public_id, by=None, now=NOW + DAY)
    assert release_held(NOW + DAY) == 0
    notice.refresh_from_db()
    assert (notice.state, OutboxMessage.objects.count()) == ("closed", 0)


@transactional
def test_a_policy_made_while_a_message_waits_holds_it_back(world: Any, mail: Any) -> None:
    host = provider("Host", domains=["host.example"])
    world.verdict("https://host.example/1.png", **HARMFUL)
    issue_notices(NOW)
    policy = hold("Under discussion", by=None, now=NOW, provider=host)
    send_due(lambda: NOW)
    assert mail.received == []
    assert Notice.objects.get().held_reason == "policy"
    lift(policy.public_id, by=None, now=NOW)
    release_held(NOW)
    send_due(lambda: NOW)
    assert len(mail.received) == 1


def test_a_policy_needs_a_reason_a_right_and_is_made_once(make_person: Any) -> None:
    analyst = make_person("analyst", Role.ANALYST)
    with pytest.raises(NotAllowed):
        hold("Because", by=analyst, now=NOW)
    with pytest.raises(InvalidInput, match="why"):
        hold("  ", by=None, now=NOW)
    with pytest.raises(InvalidInput):
        hold("Because", by=None, now=NOW, sub_type="d")
    made = hold("Because", by=None, now=NOW, country="NL")
    with pytest.raises(Conflict):
        hold("Because", by=None, now=NOW, country="nl")
    lift(made.public_id, by=None, now=NOW)
    with pytest.raises(InvalidInput):
        lift(made.public_id, by=None, now=NOW)
    assert hold("Again", by=None, now=NOW, country="NL").public_id != made.public_id


@transactional
def test_places_that_move_to_the_same_provider_one_after_the_other_each_get_a_notice_with_its_own_clock(
    world: Any, mail: Any
) -> None:
    provider("Old", networks=["203.0.113.0/25"])
    provider("New", networks=["203.0.113.128/25"])
    world.verdict("https://a.example/1.png", address="203.0.113.5")
    world.verdict("https://b.example/2.png", address="203.0.113.5")
    issue_notices(NOW)
    send_due(lambda: NOW)
    for day, host in enumerate(("a.example", "b.example"), start=1):
        now = NOW + day * DAY
        record_lookup(host, FOUND, ["203.0.113.200"], now)
        queue_reminders(now)
        for _ in range(2):
            send_due(lambda now=now: now)  # type: ignore[misc]
    moved = Notice.objects.exclude(parent=None).order_by("first_sent_at")
    assert [(each.first_sent_at, each.urls.get().host) for each in moved] == [
        (NOW + DAY, "a.example"),
        (NOW + 2 * DAY, "b.example"),
    ]
    assert Notice.objects.get(parent=None).state == "closed"
    assert "abuse@old.example" not in [address for address, _ in mail.received[3:]]


@transactional
def test_a_place_that_moves_after_its_referral_is_told_of_to_its_new_provider(world: Any, mail: Any) -> None:
    provider("Old", networks=["203.0.113.0/25"], country="NL")
    provider("New", networks=["203.0.113.128/25"], country="NL")
    provider("Hotline NL", kind="hotline", country="NL")
    world.verdict("https://a.example/1.png", address="203.0.113.5")
    issue_notices(NOW)
    late = NOW + 72 * HOUR
    send_due(lambda: NOW)
    follow_up_referrals(late)
    record_lookup("a.example", FOUND, ["203.0.113.200"], late + HOUR)
    for now in (late + HOUR, late + HOUR, late + 25 * HOUR):
        queue_reminders(now)
        send_due(lambda now=now: now)  # type: ignore[misc]
    assert [address for address, _ in mail.received] == [
        "abuse@hotline-nl.example",
        "abuse@new.example",
        "abuse@new.example",
    ]
    record_lookup("a.example", FOUND, ["203.0.113.5"], late + 50 * HOUR)
    for now in (late + 50 * HOUR, late + 50 * HOUR):
        queue_reminders(now)
        send_due(lambda now=now: now)  # type: ignore[misc]
    assert mail.received[-1][0] == "abuse@old.example"
    assert RecheckTarget.objects.count() == 1
