"""A production order is recorded once, holds what it names, and is answered by what opens offline, under its number."""

from __future__ import annotations

import datetime as dt
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyrage
import pytest
from django.test import Client

from orbweaver.assess.review.models import ReviewItem
from orbweaver.assess.review.services import open_items
from orbweaver.detect.captures.keeping import Wire, keep_one
from orbweaver.detect.evidence.holding import held, hold, lift
from orbweaver.detect.evidence.models import EvidenceObject
from orbweaver.detect.fetching.exchanges import Exchange
from orbweaver.detect.matching.models import Sighting
from orbweaver.errors import Conflict, InvalidInput
from orbweaver.notify.notices.selectors import kept_ends_soon
from orbweaver.notify.police.models import Force, Order, Referral
from orbweaver.notify.police.orders import Ordered, answer_order, hold_what_came_since, record_order, refuse_order
from orbweaver.notify.police.services import add_force, end_force, refer, send_due
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.rules import Role
from orbweaver.people.audit.models import Event

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


@pytest.fixture
def item(hotline: None, make_sighting: Callable[..., Sighting], now: dt.datetime) -> ReviewItem:
    """An item that was captured as it was seen."""
    sighting = make_sighting(b"a picture")
    open_items([sighting], now)
    wire = Exchange(sighting.url, now, None, None, b"GET / HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n", b"a picture")
    keep_one(Wire(sighting, [wire]), now)
    return ReviewItem.objects.get()


@pytest.fixture
def key(now: dt.datetime) -> pyrage.x25519.Identity:
    """The key of a force that is set up."""
    identity = pyrage.x25519.Identity.generate()
    add_force("Police of Example", "CA", str(identity.to_public()), now)
    return identity


@pytest.fixture
def liaison(make_person: Callable[..., User]) -> User:
    return make_person("Lea", Role.LAW_ENFORCEMENT_LIAISON)


def ordered(item: ReviewItem, now: dt.datetime, **other: Any) -> Ordered:
    usual: dict[str, Any] = {
        "force": Force.objects.get().public_id,
        "authority": "Court of Example",
        "reference": "17 Gs 4/26",
        "basis": "Code, section 94",
        "items": [item.public_id],
        "ordered_on": now.date(),
        "answer_by": now.date() + 14 * DAY,
    }
    return Ordered(**(usual | other))


def test_an_order_holds_what_it_names_and_its_answer_opens_with_the_forces_key_under_the_courts_number(
    item: ReviewItem,
    key: pyrage.x25519.Identity,
    liaison: User,
    set_config: Callable[..., None],
    tmp_path: Path,
    now: dt.datetime,
) -> None:
    set_config(police_dir=tmp_path / "out")
    refer(item, Referral.Because.REQUEST, by=liaison, now=now)
    assert send_due(now) == 1, "that it was referred before changes nothing"
    order = record_order(ordered(item, now), by=liaison, now=now)
    assert {each.held_for for each in held()} == {"Court of Example"}
    assert all("17 Gs 4/26" in each.held_because for each in held())
    assert not order.referrals.exists(), "nothing leaves by recording it"
    [made] = answer_order(order.public_id, by=liaison, now=now)
    assert [send_due(now) for _ in range(2)] == [1, 0]
    made.refresh_from_db()
    assert made.state == Referral.State.SENT
    content = pyrage.decrypt((tmp_path / "out" / f"{made.public_id}.tar.age").read_bytes(), [key])
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        files = {each.name: (tar.extractfile(each) or io.BytesIO()).read() for each in tar.getmembers()}
    said = json.loads(files["item.json"])["order"]
    assert (said["authority"], said["reference"], said["basis"]) == (
        "Court of Example",
        "17 Gs 4/26",
        "Code, section 94",
    )
    assert json.loads(files["manifest.json"])["case"] == f"17 Gs 4/26 ({made.public_id})"
    assert "SHA256SUMS" in files
    custody = Event.objects.filter(kind="evidence.exported", details__case=f"17 Gs 4/26 ({made.public_id})")
    assert custody.exists()
    with pytest.raises(Conflict):
        answer_order(order.public_id, by=liaison, now=now)
    with pytest.raises(Conflict):
        record_order(ordered(item, now), by=liaison, now=now)


def test_an_order_that_cannot_be_is_refused_in_words_and_holds_nothing(
    item: ReviewItem, key: pyrage.x25519.Identity, liaison: User, now: dt.datetime
) -> None:
    wrongs: list[dict[str, Any]] = [
        {"items": []},
        {"items": ["itm_2222222222222222"]},
        {"items": [item.public_id] * 2 + ["itm_x"]},
        {"answer_by": now.date() - DAY},
        {"keep_until": now.date() - DAY},
        {"force": "pol_2222222222222222"},
    ]
    for wrong in wrongs:
        with pytest.raises(InvalidInput):
            record_order(ordered(item, now, **wrong), by=liaison, now=now)
    assert not Order.objects.exists()
    assert not held().exists()
    order = record_order(ordered(item, now), by=liaison, now=now)
    end_force(Force.objects.get().public_id, by=liaison, now=now)
    with pytest.raises(InvalidInput):
        answer_order(order.public_id, by=liaison, now=now)
    with pytest.raises(InvalidInput):
        refuse_order(order.public_id, " ", by=liaison, now=now)
    refuse_order(order.public_id, "The force is dissolved.", by=liaison, now=now)
    assert Order.objects.get().state == Order.State.REFUSED


def test_an_order_holds_beside_another_authority_and_goes_on_when_that_one_ends(
    item: ReviewItem, key: pyrage.x25519.Identity, liaison: User, now: dt.datetime
) -> None:
    stored = item.sightings.get().capture.stored
    hold(stored.public_id, "Another case", now, authority="Another court", until=None)
    record_order(ordered(item, now, keep_until=now.date() + DAY), by=liaison, now=now)
    stored.refresh_from_db()
    assert (stored.held_for, stored.held_until) == ("Another court", None)
    lift(stored.public_id, now, authority="Another court")
    stored.refresh_from_db()
    assert (stored.held_for, stored.held_until) == ("Court of Example", now.date() + DAY)


def test_what_is_captured_after_an_order_is_held_for_it_until_it_is_lifted_or_over(
    item: ReviewItem, key: pyrage.x25519.Identity, liaison: User, make_sighting: Callable[..., Sighting],
    now: dt.datetime,
) -> None:  # fmt: skip
    order = record_order(ordered(item, now, keep_until=now.date() + 9 * DAY), by=liaison, now=now)

    def captured_later() -> EvidenceObject:
        sighting = make_sighting(b"a picture")
        open_items([sighting], now)
        item.sightings.add(sighting)
        wire = Exchange(sighting.url, now, None, None, b"GET / HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n", b"new")
        keep_one(Wire(sighting, [wire]), now)
        return EvidenceObject.objects.latest("pk")

    later = captured_later()
    assert (hold_what_came_since(now), hold_what_came_since(now)) == (1, 0)
    later.refresh_from_db()
    assert (later.held_for, later.held_until) == ("Court of Example", order.keep_until)
    captured_later()
    assert hold_what_came_since(now + 10 * DAY) == 0, "the order is over"
    lift(later.public_id, now)
    assert hold_what_came_since(now) == 0, "somebody lifted it"


def test_the_liaison_records_answers_and_refuses_by_the_page_which_shows_ends(
    item: ReviewItem, key: pyrage.x25519.Identity, liaison: User, world: Any, set_config: Any, now: dt.datetime
) -> None:
    from orbweaver.notify.notices.models import KeptOnRequest, Notice
    from orbweaver.notify.notices.services import issue_notices
    from orbweaver.notify.providers.services import add_contact, add_provider

    set_config(notice_preservation_days=30, notice_preservation_basis="Act, section 4")
    add_contact(add_provider("Host", now=now, domains=["host.example"]), "abuse@host.example", now=now)
    world.verdict("https://host.example/1.png")
    issue_notices(now)
    kept = KeptOnRequest.objects.get()
    assert kept.ends_at == now + 30 * DAY
    assert not kept_ends_soon(now + 20 * DAY).exists(), "its message has not left"
    Notice.objects.update(first_sent_at=now)
    assert kept_ends_soon(now + 20 * DAY).get() == kept
    client = Client()
    client.force_login(liaison)
    said = ordered(item, now)
    form = {
        "force": said.force, "authority": said.authority, "reference": said.reference, "basis": said.basis,
        "items": f"{item.public_id}\n", "ordered_on": "2026-11-20", "answer_by": "2026-12-20", "document": "ab" * 32,
    }  # fmt: skip
    assert client.post("/urgent/police/orders/add/", {**form, "items": "itm_x"}).status_code == 400
    assert not Order.objects.exists()
    page = client.post("/urgent/police/orders/add/", form, follow=True).content.decode()
    order = Order.objects.get()
    for words in (order.public_id, "17 Gs 4/26", "Act, section 4", "Court of Example", "Hand it over"):
        assert words in page
    assert bytes(order.document_sha256 or b"") == b"\xab" * 32
    client.post(f"/urgent/police/orders/{order.public_id}/answer/", {"action": "answer"})
    order.refresh_from_db()
    assert order.state == Order.State.ANSWERED
    assert order.referrals.get().public_id in client.get("/urgent/police/orders/").content.decode()
