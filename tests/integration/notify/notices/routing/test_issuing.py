"""Verdicts become notices: grouped, once, to the right contact, or held and never lost."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from orbweaver.assess.review.models import Verdict
from orbweaver.notify.notices.handovers import urls_notified
from orbweaver.notify.notices.models import HandoverFailure, Notice, NoticeUrl, OutboxMessage, ToNotify
from orbweaver.notify.notices.routing import holding, issuing
from orbweaver.notify.notices.services import issue_notices, preview, release_held
from orbweaver.notify.providers.services import add_contact, add_provider
from orbweaver.people.audit.models import Event

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def host(db: None) -> None:
    provider = add_provider("Host", now=NOW, domains=["host.example"])
    add_contact(provider, "abuse@host.example", now=NOW)


def test_one_contact_gets_one_notice_about_many_urls_of_many_verdicts(world: Any) -> None:
    world.verdict("https://a.host.example/1.png", "https://b.host.example/2.png")
    world.verdict("https://host.example/3.png")
    assert issue_notices(NOW) == 1
    notice = Notice.objects.get(contact__address="abuse@host.example")
    assert (notice.state, notice.urls.count()) == ("open", 3)
    message = OutboxMessage.objects.get()
    assert (message.state, message.number, message.address) == ("queued", 0, "abuse@host.example")
    assert not ToNotify.objects.exists()
    assert not Verdict.objects.filter(handed_over_at__isnull=True).exists()
    assert Event.objects.filter(kind="notice.issued", subject=notice.public_id).count() == 1


def test_types_sub_types_and_contacts_are_told_apart(world: Any) -> None:
    other = add_provider("Other", now=NOW, networks=["127.0.0.9/32"])
    add_contact(other, "desk@other.example", now=NOW)
    world.verdict("https://host.example/1.png", "http://127.0.0.9:8000/1.png")
    harmful = {"notice_type": "harmful_abusive", "category": "other_harmful"}
    world.verdict("https://host.example/2.png", sub_type="b", **harmful)
    world.verdict("https://host.example/3.png", sub_type="c", **harmful)
    assert issue_notices(NOW) == 4
    found = Notice.objects.values_list("contact__address", "notice_type", "sub_type")
    assert set(found) == {
        ("abuse@host.example", "csam", ""),
        ("desk@other.example", "csam", ""),
        ("abuse@host.example", "harmful_abusive", "b"),
        ("abuse@host.example", "harmful_abusive", "c"),
    }


def test_a_verdict_is_handed_over_once_however_often_it_is_tried(world: Any) -> None:
    world.verdict("https://host.example/1.png")
    assert [issue_notices(NOW), issue_notices(NOW), issue_notices(NOW)] == [1, 0, 0]
    assert OutboxMessage.objects.count() == 1


def test_verdicts_without_removal_make_no_notice(world: Any) -> None:
    world.verdict("https://host.example/1.png", outcome="no_action", notice_type="", category="")
    assert issue_notices(NOW) == 0
    assert not Notice.objects.exists()


def test_sub_type_b_covers_only_the_sightings_of_its_item_and_gives_no_hashes(world: Any) -> None:
    media = world.media()
    world.sighting(media, "https://host.example/album.png")
    world.verdict(
        "https://host.example/forum.png",
        media=media,
        page="https://host.example/thread",
        notice_type="harmful_abusive",
        sub_type="b",
        category="other_harmful",
    )
    issue_notices(NOW)
    url = NoticeUrl.objects.get()
    assert (url.url, url.pages) == ("https://host.example/forum.png", ["https://host.example/thread"])
    sent = bytes(OutboxMessage.objects.get().raw)
    assert bytes(media.sha256).hex().encode() not in sent
    assert bytes(media.sha256).hex() not in preview(Notice.objects.get(), NOW).text


def test_what_the_page_says_and_who_the_child_is_never_travels(world: Any) -> None:
    verdict = world.verdict("https://host.example/1.png", identified="identified", identified_source="Police file 77")
    issue_notices(NOW)
    shown = preview(Notice.objects.get(), NOW)
    everything = shown.subject + shown.text + shown.html + str(shown.reports) + shown.raw.decode()
    for secret in ("secret name", "text of the page", "Police file 77", verdict.item.public_id):
        assert secret not in everything
    assert "identified by law enforcement: yes" in shown.text


def test_the_same_url_on_several_pages_is_one_url_with_its_pages(world: Any) -> None:
    media = world.media()
    item = world.item("https://host.example/1.png", media=media, page="https://host.example/p1")
    item.sightings.add(world.sighting(media, "https://host.example/1.png", page="https://host.example/p2"))
    world.verdict(item=item)
    issue_notices(NOW)
    assert NoticeUrl.objects.get().pages == ["https://host.example/p1", "https://host.example/p2"]


def test_a_url_that_a_notice_is_about_already_joins_it_and_makes_no_second_one(world: Any) -> None:
    media = world.media()
    world.verdict("https://host.example/1.png", media=media)
    issue_notices(NOW)
    later = world.item(media=media)
    later.sightings.add(world.sighting(media, "https://host.example/1.png", page="https://host.example/new"))
    second = world.verdict(item=later)
    assert issue_notices(NOW) == 0
    second.refresh_from_db()
    assert second.handed_over_at == NOW
    assert NoticeUrl.objects.get().pages == ["https://host.example/new"]


def test_a_notice_that_nobody_can_be_told_of_is_held_with_the_reason_and_leaves_once_a_contact_is_known(
    world: Any,
) -> None:
    world.verdict("https://nobody.example/1.png", address="198.51.100.7")
    add_provider("Mute", now=NOW, domains=["mute.example"])
    world.verdict("https://mute.example/1.png")
    assert issue_notices(NOW) == 2
    unknown, mute = Notice.objects.order_by("held_reason").reverse()
    assert (unknown.state, unknown.held_reason, unknown.host) == ("held", "no_provider", "nobody.example")
    assert mute.provider is not None
    assert (mute.state, mute.held_reason, mute.provider.name) == ("held", "no_contact", "Mute")
    assert "No contact known" in preview(unknown, NOW).held_reason
    assert not OutboxMessage.objects.exists()
    assert release_held(NOW) == 0
    add_contact(mute.provider, "abuse@mute.example", now=NOW)
    found = add_provider("Found", now=NOW, networks=["198.51.100.0/24"])
    add_contact(found, "abuse@found.example", now=NOW)
    assert release_held(NOW) == 2
    assert set(Notice.objects.values_list("state", flat=True)) == {"open"}
    assert set(OutboxMessage.objects.values_list("address", flat=True)) == {"abuse@mute.example", "abuse@found.example"}
    assert release_held(NOW) == 0


def test_held_notices_are_looked_at_again_only_when_the_registry_changes(world: Any) -> None:
    held = holding.HeldNotices()
    world.verdict("https://nobody.example/1.png")
    issue_notices(NOW)
    assert held.release(NOW) == 0
    provider = add_provider("Found", now=NOW, domains=["nobody.example"])
    assert held.release(NOW) == 0
    add_contact(provider, "abuse@found.example", now=NOW)
    assert [held.release(NOW), held.release(NOW)] == [1, 0]


def test_a_held_notice_whose_host_moved_between_providers_becomes_one_for_each(world: Any) -> None:
    item = world.item("https://cdn.example/1.png", address="198.51.100.1")
    item.sightings.add(world.sighting(item.media, "https://cdn.example/2.png", address="203.0.113.1"))
    world.verdict(item=item)
    assert issue_notices(NOW) == 1
    for name, network in (("One", "198.51.100.0/24"), ("Two", "203.0.113.0/24")):
        add_contact(add_provider(name, now=NOW, networks=[network]), f"abuse@{name.lower()}.example", now=NOW)
    assert release_held(NOW) == 2
    for name in ("one", "two"):
        notice = Notice.objects.get(contact__address=f"abuse@{name}.example")
        assert (notice.urls.count(), notice.messages.count()) == (1, 1)


def test_one_bad_verdict_is_put_aside_for_the_desk_and_the_others_go_out(world: Any) -> None:
    world.verdict("https://host.example/1.png")
    bad = world.verdict("https://host.example/2.png", age_class="adult")
    world.verdict("https://host.example/3.png")
    assert issue_notices(NOW) == 2
    failure = HandoverFailure.objects.get()
    assert (failure.verdict_id, failure.attempts, failure.code) == (bad.pk, 1, "ValueError")
    assert issue_notices(NOW) == 0
    Verdict.objects.filter(pk=bad.pk).update(age_class="pubescent")
    HandoverFailure.objects.update(retry_at=NOW - dt.timedelta(days=9999))
    assert issue_notices(NOW) == 1
    assert not HandoverFailure.objects.exists()


def test_those_who_follow_urls_are_told_in_the_same_transaction(world: Any) -> None:
    def refuse(_: object) -> None:
        raise RuntimeError("no room")

    world.verdict("https://host.example/1.png")
    with urls_notified.heard_by(refuse):
        assert issue_notices(NOW) == 0
    assert not Notice.objects.exists()
    assert not OutboxMessage.objects.exists()


def test_a_very_long_list_is_split_into_notices_that_a_mail_server_takes(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orbweaver.notify.notices.routing.drafting.MAX_URLS", 3)
    world.verdict(*[f"https://host.example/{n}.png" for n in range(7)])
    assert issue_notices(NOW) == 3
    assert sorted(n.urls.count() for n in Notice.objects.all()) == [1, 3, 3]


def test_a_supplier_s_class_counts_for_the_very_bytes_alone(world: Any) -> None:
    from orbweaver.detect.hashlists.models import HashList, HashListEntry
    from orbweaver.detect.matching.models import Match

    known = HashList.objects.create(name="L", supplier="S", created_at=NOW)

    def entry(classification: str, change: int) -> HashListEntry:
        return HashListEntry.objects.create(
            hash_list=known, key=bytes([change]), classification=classification, source="S",
            added_at=NOW, changed_at=NOW, change=change,
        )  # fmt: skip

    for number, kind in enumerate(("pdq", "sha256")):
        item = world.item(f"https://host.example/{kind}.png")
        found = entry("a1", 200 + number)
        Match.objects.create(
            sighting=item.sightings.get(), entry=found, kinds=[kind], exact=kind != "pdq", found_at=NOW
        )
        world.verdict(item=item)
    issue_notices(NOW)
    reports = {report["url"]: report["classification"] for report in preview(Notice.objects.get(), NOW).reports}
    assert reports == {"https://host.example/pdq.png": "A2", "https://host.example/sha256.png": "A1"}


def test_a_complicit_provider_gets_a_reduced_notice_and_is_told_its_own_terms(world: Any) -> None:
    from orbweaver.notify.providers.selectors import get_provider
    from orbweaver.notify.providers.services import set_clause, set_reduced_notices

    provider = get_provider("Host")
    set_clause(provider, "child_exploitation", "7. Children")
    set_reduced_notices(provider, True, now=NOW)
    verdict = world.verdict("https://host.example/1.png", identified="identified", baseline=True)
    issue_notices(NOW)
    shown = preview(Notice.objects.get(), NOW)
    assert "Your terms of service forbid it: 7. Children" in shown.text
    everything = shown.text + shown.html + str(shown.reports)
    for withheld in ("law enforcement", "Age class", "baseline", bytes(verdict.media.sha256).hex()):
        assert withheld not in everything


def test_finding_what_waits_begins_with_a_table_that_holds_nothing_else(world: Any) -> None:
    from django.db import connection

    for number in range(30):
        world.verdict(f"https://host.example/{number}.png", handed_over_at=NOW)
    query, values = issuing._waiting(NOW).query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE review_verdict")
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {query}", values)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "notices_tonotify" in plan
    assert "Seq Scan on review_verdict" not in plan
    assert not ToNotify.objects.exists()
