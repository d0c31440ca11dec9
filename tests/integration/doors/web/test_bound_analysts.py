"""An analyst of a partner hotline assesses here what their own organisation reported, under its own agreement.

They find these items alone, and of them what their reports led to. Whatever the hotline's people, other hotlines and
police do, also to the very picture, no page of theirs changes by a byte; with others' numbers nothing is there.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse
from tests.integration.doors.web.test_access import ALLOWED, CHANGED_BY
from tests.integration.doors.web.test_bound import browser, force_of, read

from orbweaver.people.accounts.rules import Bounds, Role

if TYPE_CHECKING:
    from orbweaver.assess.review.models import ReviewItem
    from orbweaver.people.accounts.models import Organisation, User

    MakeItem = Callable[..., ReviewItem]

pytestmark = pytest.mark.django_db
ANSWERS = {
    "is_child": "yes", "is_harmed": "yes", "category": "csam", "age_min": "8", "age_max": "12", "then": "queue",
}  # fmt: skip


@pytest.fixture
def partner(db: None, now: dt.datetime) -> Organisation:
    from orbweaver.people.accounts.services import create_organisation

    today = now.date()
    return create_organisation(
        name="Partner hotline", kind="hotline", country="DE", vetted_on=today - dt.timedelta(9),
        agreement_ends_on=today + dt.timedelta(9),
    )  # fmt: skip


BOUND = [
    pytest.param((Role.ANALYST, "organisation"), id="analyst of an organisation"),
    pytest.param((Role.ANALYST, "country"), id="analyst of a country"),
    pytest.param((Role.SENIOR_ANALYST, "organisation"), id="senior analyst"),
]


@pytest.fixture
def petra(partner: Organisation, now: dt.datetime, request: pytest.FixtureRequest) -> User:
    """Bound to her organisation, or to its country; the test may say to which, and in which role."""
    from orbweaver.people.accounts.services import create_person, grant_role, record_training

    person = create_person(
        email="petra@partner.example", display_name="Petra", organisation=partner, roles=(), by=None, now=now,
        password="long enough a password for Petra",
    )  # fmt: skip
    role, to = getattr(request, "param", (Role.ANALYST, "organisation"))
    bounds = Bounds(partner.pk) if to == "organisation" else Bounds(countries=frozenset({partner.country}))
    grant_role(person, role, by=None, now=now, bounds=bounds)
    record_training(person, "Sexual maturation", now.date() - dt.timedelta(30))
    return person


def reported(item: ReviewItem, by: Organisation | None, now: dt.datetime, comment: str = "") -> None:
    """The item's sightings so far came of a report of this organisation."""
    from orbweaver.detect.intake.models import Report
    from orbweaver.detect.intake.services import submit_report

    sighting = item.sightings.get()
    made = submit_report(
        sighting.url, source=Report.Source.PARTNER, organisation=by, comment=comment or "ours", now=now
    )
    item.sightings.update(report=made)


@pytest.fixture
def theirs(partner: Organisation, make_item: MakeItem, now: dt.datetime) -> ReviewItem:
    item = make_item(1, url="https://own.example/1.png")
    reported(item, partner, now)
    return item


@pytest.fixture
def others(make_item: MakeItem, organisation: Organisation, now: dt.datetime) -> ReviewItem:
    item = make_item(2, url="https://lavender.example/2.png")
    reported(item, organisation, now, "a lavender report")
    return item


def meanwhile(theirs: ReviewItem, others: ReviewItem, ann: User, now: dt.datetime) -> list[str]:
    """What everybody else does, to the very picture and beside it; what of that a partner may not read."""
    from orbweaver.assess.linking.marking import set_marker
    from orbweaver.assess.linking.models import Marker
    from orbweaver.assess.review.notes import write_note
    from orbweaver.assess.series.rules import LinkReason
    from orbweaver.assess.series.services import link_item, open_series
    from orbweaver.detect.matching.models import Sighting
    from orbweaver.notify.police.models import Referral
    from orbweaver.notify.police.services import queue
    from orbweaver.notify.police.words import take

    series = open_series("The lavender field", by=ann, now=now)
    for each in (theirs, others):
        link_item(series, each.media, reason=LinkReason.PLACE, words="a lavender field", by=ann, now=now)
        set_marker(each.media, Marker.Kind.ACCESS_TO_CHILD, "a lavender car", item=each, by=ann, now=now)
        write_note(each, "lavender, I think", by=ann, now=now)
    force = force_of("Gendarmerie of the Lavender", "FR", now)
    queue(theirs, [force], Referral.Because.REQUEST, None, ann, now)
    word = {"item": theirs.public_id, "said": "identified", "on": now.date().isoformat(), "reference": "LAVENDER-1"}
    assert take([word], force, by=None, now=now).new == 1
    elsewhere = Sighting.objects.get(review_items=others)
    elsewhere.pk, elsewhere.public_id, elsewhere.media = None, "sgt_2222222222222222", theirs.media
    elsewhere.url, elsewhere.url_key = "https://lavender.example/again.png", b"x" * 32
    elsewhere.first_seen_at = now - dt.timedelta(days=900)
    elsewhere.save()
    theirs.sightings.add(elsewhere)
    return [others.public_id, others.media.public_id, series.public_id, force.public_id]


def pages_of(client: Any, item: ReviewItem) -> dict[str, str]:
    at = f"/items/{item.public_id}/"
    found = {each: read(client, each) for each in ("/queue/", "/queue/waiting/", at, "/alerts/", "/account/")}
    found["filtered"] = read(client, "/queue/", host="lavender", known="listed")
    for words in ("lavender", "lavender.example", item.public_id):
        found[f"search {words}"] = read(client, "/search/", q=words)
    return found


@pytest.mark.parametrize("petra", BOUND, indirect=True)
@pytest.mark.parametrize("held", [False, True])
@pytest.mark.sampled(2)
def test_no_page_of_a_partners_analyst_changes_by_what_others_do(
    held: bool, theirs: ReviewItem, others: ReviewItem, petra: User, make_person: Callable[..., User], now: dt.datetime
) -> None:
    client, ann = browser(petra), make_person("Ann", Role.ANALYST)
    if held:
        assert client.post(f"/items/{theirs.public_id}/take/").status_code == 302
    before = pages_of(client, theirs)
    assert "1 item waits for you" in " ".join(before["/queue/"].split()) or held
    assert "own[.]example/1.png" in before[f"/items/{theirs.public_id}/"]
    assert "lavender" not in "".join(page for name, page in before.items() if name.startswith("/"))
    meanwhile(theirs, others, ann, now)
    after = pages_of(client, theirs)
    for name, page in before.items():
        lines = [re.sub(r"\d+ minutes from", "", each).splitlines() for each in (after[name], page)]
        assert lines[0] == lines[1], name
    assert "lavender" in browser(ann).get(f"/items/{theirs.public_id}/").content.decode()


@pytest.mark.sweep
@pytest.mark.parametrize("petra", BOUND, indirect=True)
def test_with_others_numbers_every_address_says_that_nothing_is_there(
    theirs: ReviewItem, others: ReviewItem, petra: User, make_person: Callable[..., User], now: dt.datetime
) -> None:
    from orbweaver.people.audit.models import Event

    secrets = meanwhile(theirs, others, make_person("Ann", Role.ANALYST), now)
    client = browser(petra)
    for name, (method, arguments, _) in ALLOWED.items():
        texts = [each for each, value in arguments.items() if isinstance(value, str) and "_" in value]
        for secret in secrets if texts else ():
            address = reverse(name, kwargs=arguments | dict.fromkeys(texts, secret))
            for sent in {method, "post"} if name in CHANGED_BY else {method}:
                was = Event.objects.exclude(kind__in=("page.refused", "search.asked")).count()
                answer = getattr(client, sent)(address)
                gives_back = name in {"item-release", "item-undo"}  # of what one does not have: nothing happens
                assert answer.status_code in {400, 404} or gives_back, f"{name} {secret}: {answer.status_code}"
                unknown = secret[:4] + "2" * 16
                nobodys = getattr(client, sent)(reverse(name, kwargs=arguments | dict.fromkeys(texts, unknown)))
                assert nobodys.status_code == answer.status_code, name
                assert Event.objects.exclude(kind__in=("page.refused", "search.asked")).count() == was, name


@pytest.mark.parametrize("petra", BOUND, indirect=True)
def test_they_assess_what_is_theirs_and_are_never_given_what_is_not(
    theirs: ReviewItem, others: ReviewItem, petra: User, make_person: Callable[..., User]
) -> None:
    from orbweaver.assess.review.models import Assessment, Look

    client = browser(petra)
    assert client.post("/queue/next/").headers["Location"] == f"/items/{theirs.public_id}/"
    page = client.get(f"/items/{theirs.public_id}/").content.decode()
    version = page.split('name="version" value="')[1].split('"')[0]
    assert client.post(f"/items/{theirs.public_id}/look/").status_code == 200
    assert Look.objects.get().person == petra
    said = client.post(f"/items/{theirs.public_id}/assess/", ANSWERS | {"version": version})
    assert said.status_code == 302, said.content.decode()
    assert Assessment.objects.get().analyst == petra
    assert client.post("/queue/next/").headers["Location"] == "/queue/"
    for verb in ("take", "look", "assess", "release"):
        client.post(f"/items/{others.public_id}/{verb}/", ANSWERS)
    assert Assessment.objects.count() == Look.objects.count() == 1
    others.refresh_from_db()
    assert others.leased_to is None


def test_on_the_day_after_their_agreement_they_find_nothing(
    theirs: ReviewItem, petra: User, partner: Organisation, make_person: Callable[..., User], now: dt.datetime
) -> None:
    from orbweaver.people.accounts.models import Agreement

    make_person("Ada", Role.ADMINISTRATOR)
    client = browser(petra)
    assert client.post(f"/items/{theirs.public_id}/take/").status_code == 302
    Agreement.objects.filter(organisation=partner).update(ends_on=now.date() - dt.timedelta(1))
    for method, name in (("get", ""), ("post", "look/"), ("post", "assess/"), ("post", "renew/")):
        assert getattr(client, method)(f"/items/{theirs.public_id}/{name}").status_code == 403
    assert client.get("/queue/").status_code == 403


def test_a_bound_senior_settles_what_is_theirs_blind_and_hears_of_no_other_disagreement(
    theirs: ReviewItem, others: ReviewItem, partner: Organisation, make_person: Callable[..., User], now: dt.datetime
) -> None:
    from orbweaver.assess.review.models import Assessment, ReviewItem
    from orbweaver.people.accounts.services import create_person, grant_role, record_training

    senior = create_person(
        email="sen@partner.example", display_name="Sen", organisation=partner, roles=(), by=None, now=now,
        password="long enough a password for Sen",
    )  # fmt: skip
    grant_role(senior, Role.SENIOR_ANALYST, by=None, now=now, bounds=Bounds(countries=frozenset({"DE"})))
    record_training(senior, "Sexual maturation", now.date() - dt.timedelta(30))
    ReviewItem.objects.update(state=ReviewItem.State.DISAGREED)
    client = browser(senior)
    assert client.post("/queue/next/").headers["Location"] == f"/items/{theirs.public_id}/"
    page = client.get(f"/items/{theirs.public_id}/").content.decode()
    version = page.split('name="version" value="')[1].split('"')[0]
    said = client.post(f"/items/{theirs.public_id}/assess/", ANSWERS | {"version": version})
    assert said.status_code == 302
    assert Assessment.objects.get().item == theirs
    assert client.post("/queue/next/").headers["Location"] == "/queue/"
    assert client.get(f"/items/{others.public_id}/").status_code == 404
    for address in ("/age-proofs/", "/leads/", "/series/", "/urgent/"):
        assert client.get(address).status_code == 404, address


def test_an_analyst_is_bound_to_no_case(petra: User, make_person: Callable[..., User], now: dt.datetime) -> None:
    from orbweaver.errors import InvalidInput
    from orbweaver.people.accounts.services import grant_role

    cases = Bounds(petra.organisation_id, cases=frozenset({"prf_2"}))
    for number, role in enumerate((Role.ANALYST, Role.SENIOR_ANALYST)):
        with pytest.raises(InvalidInput):
            grant_role(make_person(f"Al-{number}"), role, by=None, now=now, bounds=cases)
    for number, role in enumerate(set(Role) - {Role.ANALYST, Role.SENIOR_ANALYST, Role.LAW_ENFORCEMENT_LIAISON}):
        with pytest.raises(InvalidInput):
            grant_role(make_person(f"Ot-{number}"), role, by=None, now=now, bounds=Bounds(petra.organisation_id))
