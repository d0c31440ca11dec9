"""A month with a provider that ignores everything, day by day, every mail really sent; and what stops it."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.integration.notify.notices.conftest import Mailbox, mail, mailbox

from orbweaver.errors import InvalidInput
from orbweaver.follow.escalation.models import Escalation, Step
from orbweaver.follow.escalation.selectors import steps_of, steps_past
from orbweaver.follow.escalation.services import escalate_due
from orbweaver.notify.notices.letters.tokens import answer_url
from orbweaver.notify.notices.models import Notice, NoticeUrl
from orbweaver.notify.notices.routing import lookup
from orbweaver.notify.notices.services import (
    answer,
    confirm_removal,
    follow_up_referrals,
    issue_notices,
    mark_reappeared,
    queue_reminders,
    release_held,
    send_due,
)
from orbweaver.notify.providers.models import AsRelation, Provider, ProviderAsn, ProviderLink
from orbweaver.notify.providers.relations import import_relations
from orbweaver.notify.providers.services import add_contact, add_provider

__all__ = ["mail", "mailbox"]

pytestmark = pytest.mark.django_db(transaction=True)
START = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
RELATIONS = ["# as-rel", "64501|64500|-1", "64502|64500|-1", "64500|64599|-1", "64500|64777|0"]


@pytest.fixture(autouse=True)
def offline(set_config: Callable[..., None]) -> None:
    set_config(discover_contacts="false")


def provider(name: str, **facts: Any) -> Provider:
    made = add_provider(name, now=START, **facts)
    add_contact(made, f"abuse@{name.lower()}.example", now=START)
    return made


@pytest.fixture
def silent() -> Provider:
    """A provider in AS 64500, which two networks carry; a payment service works for it."""
    made = provider("Silent", networks=["203.0.113.0/24"], asn=64500)
    for name, asn in (("Transit", 64501), ("Backbone", 64502)):
        ProviderAsn.objects.create(provider=provider(name, kind="network"), asn=asn)
    import_relations(RELATIONS, START)
    ProviderLink.objects.create(provider=made, to=provider("Payments", kind="payment"), kind="payment", seen_at=START)
    return made


def days(first: int, last: int, each: Callable[[dt.datetime], None] = lambda now: None) -> None:
    """Live through these days: what falls due, at noon of each."""
    for day in range(first, last + 1):
        now = START + day * DAY
        issue_notices(now)
        follow_up_referrals(now)
        release_held(now)
        escalate_due(now)
        queue_reminders(now)
        send_due(lambda now=now: now)  # type: ignore[misc]
        each(now)


def received(box: Mailbox) -> Counter[str]:
    return Counter(address for address, _ in box.received)


def test_a_month_of_silence_leads_past_the_provider_step_by_step_and_never_twice(
    world: Any, mail: Mailbox, silent: Provider
) -> None:
    world.verdict("https://203.0.113.9/1.png", "https://203.0.113.9/2.png", decided_at=START)
    seen: dict[str, int] = {}

    def note(now: dt.datetime) -> None:
        for address in received(mail):
            seen.setdefault(address, (now - START).days)

    days(0, 30, note)
    assert seen == {
        "abuse@silent.example": 0,
        "abuse@transit.example": 7,
        "abuse@backbone.example": 7,
        "abuse@payments.example": 21,
    }
    notice = Notice.objects.get(parent=None)
    assert list(Step.objects.order_by("at").values_list("name", "outcome", "told")) == [
        ("upstream", "told", 2),
        ("cdn", "nobody", 0),
        ("registrar", "nobody", 0),
        ("payment", "told", 1),
    ]
    assert sorted(notice.steps.values_list("route", flat=True)) == ["payment", "upstream", "upstream"]
    counts = received(mail)
    assert counts["abuse@silent.example"] == 20  # a notice, a reminder each day for two weeks, then each third
    assert counts["abuse@transit.example"] == 18  # tracked and reminded like any provider
    assert counts["abuse@payments.example"] == 10
    assert {child.urls.count() for child in notice.steps.all()} == {2}
    timeline = steps_of(notice)
    assert [taken.step.name for taken in timeline.taken] == ["upstream", "cdn", "registrar", "payment"]
    assert timeline.following is None
    assert next(step.name for step in steps_past(silent)) == "payment"


def test_it_stops_when_the_material_is_gone(world: Any, mail: Mailbox, silent: Provider) -> None:
    world.verdict("https://203.0.113.9/1.png", decided_at=START)
    days(0, 9)
    assert received(mail)["abuse@transit.example"] == 3
    leading = NoticeUrl.objects.get(follows=None)
    confirm_removal(leading, START + 9 * DAY, START + 10 * DAY)
    assert set(Notice.objects.values_list("state", flat=True)) == {"closed"}
    days(10, 25)
    assert received(mail)["abuse@transit.example"] == 3
    assert Step.objects.count() == 1


@pytest.mark.sweep
def test_an_answer_gives_the_provider_its_days_again(world: Any, mail: Mailbox, silent: Provider) -> None:
    world.verdict("https://203.0.113.9/1.png", decided_at=START)
    days(0, 5)
    notice = Notice.objects.get()
    token = answer_url(notice.public_id).rstrip("/").rpartition("/")[2]
    answer(token, "push_back", "not_a_child", START + 5 * DAY)
    days(6, 11)
    assert not Step.objects.exists()
    days(12, 12)
    assert Step.objects.get().name == "upstream"


@pytest.mark.sweep
def test_what_comes_back_after_a_removal_begins_anew_with_the_provider(
    world: Any, mail: Mailbox, silent: Provider
) -> None:
    world.verdict("https://203.0.113.9/1.png", decided_at=START)
    days(0, 8)
    leading = NoticeUrl.objects.get(follows=None)
    confirm_removal(leading, START + 8 * DAY, START + 9 * DAY)
    mark_reappeared(leading, START + 20 * DAY)
    days(20, 26)
    assert received(mail)["abuse@transit.example"] == 2
    days(27, 28)
    assert list(Step.objects.order_by("at").values_list("name", "round")) == [("upstream", 0), ("upstream", 1)]
    assert received(mail)["abuse@transit.example"] == 4
    assert Notice.objects.filter(route="upstream").count() == 2  # opened again, not written anew


@pytest.mark.sweep
def test_after_a_referral_the_silent_provider_is_passed_as_well(
    world: Any, mail: Mailbox, silent: Provider, set_config: Any
) -> None:
    set_config(referral_deadline_hours=48)
    Provider.objects.filter(pk=silent.pk).update(country="NL")
    provider("Hotline", kind="hotline", country="NL")
    world.verdict("https://203.0.113.9/1.png", decided_at=START)
    days(0, 9)
    direct, upstream = Notice.objects.get(route="provider"), Notice.objects.filter(route="upstream").first()
    assert upstream is not None
    assert (direct.first_sent_at, upstream.parent) == (START + 2 * DAY, direct)
    assert received(mail)["abuse@hotline.example"] == 1


def test_links_kept_by_hand_are_stronger_than_the_data(world: Any, mail: Mailbox, silent: Provider) -> None:
    ProviderLink.objects.create(provider=silent, to=provider("Carrier"), kind="upstream", seen_at=START)
    world.verdict("https://203.0.113.9/1.png", decided_at=START)
    days(0, 7)
    assert set(received(mail)) == {"abuse@silent.example", "abuse@carrier.example"}


def test_an_upstream_without_a_contact_is_asked_of_rdap_and_waits_for_one(
    world: Any, mail: Mailbox, silent: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    ProviderAsn.objects.all().delete()
    found = add_provider("Unreachable", now=START)
    asked: list[int] = []

    def ask(asn: int, now: dt.datetime) -> Provider:
        asked.append(asn)
        return found

    monkeypatch.setattr(lookup, "ask_system", ask)
    world.verdict("https://203.0.113.9/1.png", decided_at=START)
    days(0, 8)
    held = Notice.objects.get(route="upstream")
    assert (asked, held.state, held.held_reason) == ([64501, 64502], "held", "no_contact")
    add_contact(found, "noc@unreachable.example", now=START + 9 * DAY)
    days(9, 9)
    assert received(mail)["noc@unreachable.example"] == 1


@pytest.mark.sweep
def test_the_registrar_and_the_cdn_are_told_of_the_places_that_concern_them(
    world: Any, mail: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider("Silent", domains=["a.example", "b.example"])
    names = provider("Names", kind="registrar")
    monkeypatch.setattr(lookup, "ask_registrar", lambda domain, now: names if domain == "a.example" else None)
    world.verdict("https://x.a.example/1.png", decided_at=START)
    world.verdict("https://b.example/2.png", decided_at=START)
    days(0, 14)
    notice = Notice.objects.get(route="registrar")
    assert (notice.provider, [url.host for url in notice.urls.all()]) == (names, ["x.a.example"])


def test_a_policy_of_the_hotlines_own_is_followed(
    world: Any, mail: Mailbox, silent: Provider, tmp_path: Path, set_config: Any
) -> None:
    own = tmp_path / "policy.toml"
    own.write_text(
        'version = "ours"\n[[steps]]\nname = "pay"\nroute = "payment"\nquiet_days = 2\nmessages = 1\nlatest_days = 9\n'
    )
    set_config(escalation_policy=own)
    world.verdict("https://203.0.113.9/1.png", decided_at=START)
    days(0, 2)
    step = Step.objects.get()
    assert (step.name, step.policy_version, step.at) == ("pay", "ours", START + 2 * DAY)


def test_finding_what_is_due_goes_by_index(db: None) -> None:
    from django.db import connection, transaction

    due = Escalation.objects.filter(due_at__lte=START).order_by("due_at", "pk").values_list("notice_id")[:100]
    sql, values = due.query.sql_with_params()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {sql}", values)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "escalation_due" in plan


def test_relations_are_replaced_as_a_whole_and_bad_lines_are_named() -> None:
    first = import_relations([*RELATIONS, "1|2", "x|2|-1", "3|4|-1|bgp"], START)
    assert (first.kept, first.peers, first.rejected) == (4, 1, 2)
    assert [line for line, _ in first.rejections] == [6, 7]
    again = import_relations(RELATIONS, START + DAY)
    assert (again.kept, again.removed) == (3, 1)
    assert AsRelation.objects.count() == 3
    with pytest.raises(InvalidInput, match="no relation"):
        import_relations(["# nothing", "1|2|0"], START + 2 * DAY)
    assert AsRelation.objects.count() == 3
