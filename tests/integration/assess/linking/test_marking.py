"""Markers, urgent referrals and text flags."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from orbweaver.assess.linking.errors import ReferralTaken
from orbweaver.errors import InvalidInput

from .conftest import NOW, See

if TYPE_CHECKING:
    from orbweaver.people.accounts.models import User

DAY, HOUR = dt.timedelta(days=1), dt.timedelta(hours=1)


def test_a_marker_is_set_once_withdrawn_with_a_reason_and_can_be_set_again(see: See, ann: User) -> None:
    from orbweaver.assess.linking.marking import set_marker, withdraw_marker
    from orbweaver.assess.linking.models import Marker, UrgentReferral

    media = see("a").media
    first = set_marker(media, Marker.Kind.LIVE_STREAM, by=ann, now=NOW)
    assert set_marker(media, Marker.Kind.LIVE_STREAM, by=ann, now=NOW) == first
    assert not UrgentReferral.objects.exists()
    with pytest.raises(InvalidInput):
        withdraw_marker(first.public_id, "", by=ann, now=NOW)
    withdraw_marker(first.public_id, "a recording", by=ann, now=NOW)
    assert set_marker(media, Marker.Kind.LIVE_STREAM, by=ann, now=NOW) != first


def test_urgent_markers_go_to_the_liaison_in_the_same_moment_and_stay_there(see: See, ann: User, lea: User) -> None:
    from orbweaver.assess.linking.marking import hand_over, set_marker, take_referral, withdraw_marker
    from orbweaver.assess.linking.models import Marker, UrgentReferral
    from orbweaver.people.audit.models import Event

    media = see("a").media
    with pytest.raises(InvalidInput, match="sentence"):
        set_marker(media, Marker.Kind.ACCESS_TO_CHILD, by=ann, now=NOW)
    assert not Marker.objects.exists()
    marker = set_marker(media, Marker.Kind.ACCESS_TO_CHILD, "writes of a niece", by=ann, now=NOW)
    referral = UrgentReferral.objects.get(marker=marker)
    take_referral(referral.public_id, by=lea, now=NOW)
    with pytest.raises(ReferralTaken):
        take_referral(referral.public_id, by=ann, now=NOW)
    with pytest.raises(InvalidInput):
        hand_over(referral.public_id, " ", by=lea, now=NOW)
    done = hand_over(referral.public_id, "RCMP, 12-345", by=lea, now=NOW)
    assert (done.state, done.taken_by, done.handed_over_to) == ("handed_over", lea, "RCMP, 12-345")
    with pytest.raises(ReferralTaken):
        hand_over(referral.public_id, "RCMP", by=lea, now=NOW)
    withdraw_marker(marker.public_id, "a mistake", by=ann, now=NOW)
    assert UrgentReferral.objects.count() == 1
    assert "niece" not in " ".join(str(each.details) for each in Event.objects.all())


def test_the_letter_holds_nothing_of_the_case(see: See, ann: User, set_config: Callable[..., None]) -> None:
    from orbweaver.assess.linking.marking import set_marker, urgent_letter
    from orbweaver.assess.linking.models import Marker, UrgentReferral

    set_config(liaison_address="liaison@police.example")
    sighting = see("a", page="https://forum.example/thread/1")
    set_marker(sighting.media, Marker.Kind.SHOWN_TO_CHILD, "shown in a call", by=ann, now=NOW)
    letter = urgent_letter(UrgentReferral.objects.get())
    text = letter.as_string()
    assert letter["To"] == "liaison@police.example"
    assert "/urgent/" in text
    for secret in ("forum.example", "shown in a call", sighting.url, sighting.media.public_id):
        assert secret not in text


def test_terms_around_a_sighting_are_flagged_by_list_and_follow_the_lists(
    see: See, ann: User, set_config: Callable[..., None], tmp_path: Path
) -> None:
    from orbweaver.assess.linking.models import TextFlag
    from orbweaver.assess.linking.sightings import link
    from orbweaver.assess.terms.models import WatchHit, WatchTerm
    from orbweaver.assess.terms.services import import_terms, switch_list, watch_for

    set_config(keys_dir=tmp_path / "keys", data_dir=tmp_path / "data")
    brought = import_terms(
        b"term,forms\nsecret lake,\nmouse,mice\n", "a.csv", name="W", language="en", supplier="We", by=ann, now=NOW
    )
    term = watch_for("Nicolette Brandywine", WatchTerm.Kind.NAME, "req_1", by=ann, now=NOW)
    page = "https://forum.example/thread/1"

    def again() -> None:
        see("a", page=page, title="Secret lakes", after="two mice and n1colette brandywine, more mice")
        link(NOW)

    again()
    flag = TextFlag.objects.get()
    assert (flag.terms, flag.times) == (["mouse", "secret lake"], 3)
    hit = WatchHit.objects.get()
    assert (hit.term, hit.url) == (term, page)
    switch_list(brought.term_list, off=True, by=ann, now=NOW)
    again()
    assert not TextFlag.objects.exists()


def test_terms_that_come_later_are_found_around_what_waits(
    see: See, ann: User, set_config: Callable[..., None], tmp_path: Path
) -> None:
    from orbweaver.assess.linking.models import TextFlag
    from orbweaver.assess.linking.sightings import link
    from orbweaver.assess.review.models import ReviewItem
    from orbweaver.assess.review.services import open_items
    from orbweaver.assess.terms.models import WatchHit, WatchTerm
    from orbweaver.assess.terms.services import import_terms, switch_list, watch_for

    set_config(keys_dir=tmp_path / "keys", data_dir=tmp_path / "data")
    waits, decided = (see(name, page=f"https://{name}.example/1", after="a mouse, n1colette") for name in "ab")
    for sighting in (waits, decided):
        (item,) = open_items([sighting], NOW)
    ReviewItem.objects.filter(pk=item.pk).update(state=ReviewItem.State.DECIDED)
    link(NOW)
    brought = import_terms(b"term,forms\nmice,\n", "a.csv", name="W", language="en", supplier="We", by=ann, now=NOW)
    import_terms(b"term,forms\nmouse,\n", "a.csv", name="W", language="en", supplier="We", by=ann, now=NOW)
    watch_for("Nicolette", WatchTerm.Kind.NAME, "req_1", by=ann, now=NOW)
    assert link(NOW) == 1
    assert [flag.sighting for flag in TextFlag.objects.all()] == [waits]
    assert [hit.url for hit in WatchHit.objects.all()] == [waits.page_url]
    switch_list(brought.term_list, off=True, by=ann, now=NOW)
    link(NOW)
    assert not TextFlag.objects.exists()


def test_urgent_referrals_are_counted_by_what_was_seen_with_how_long_police_waited(
    see: See, ann: User, lea: User
) -> None:
    from orbweaver.assess.linking.marking import hand_over, refer_request, set_marker, take_referral
    from orbweaver.assess.linking.models import Marker
    from orbweaver.assess.linking.urgent_figures import urgent_markers_of, urgent_rows

    long_ago, week_ago = NOW - 400 * DAY, NOW - 7 * DAY
    set_marker(see("old").media, Marker.Kind.ACCESS_TO_CHILD, "a niece", by=ann, now=long_ago)
    for name, hours in (("a", 1), ("b", 3)):
        marker = set_marker(see(name).media, Marker.Kind.ACCESS_TO_CHILD, "a niece", by=ann, now=week_ago)
        take_referral(marker.referral.public_id, by=lea, now=week_ago + hours * HOUR)
        hand_over(marker.referral.public_id, "RCMP, 1", by=lea, now=week_ago + 10 * hours * HOUR)
    set_marker(see("c").media, Marker.Kind.LIVE_STREAM, by=ann, now=NOW)
    refer_request("she lives with him", NOW)
    access, request = urgent_rows(NOW)[1:]
    assert (access.kind, access.in_month, access.in_year) == ("access_to_child", 2, 2)
    assert (access.waiting, access.oldest_since) == (1, long_ago)
    assert (access.taken_s, access.handed_over_s) == (2 * 3600, 20 * 3600)
    assert (request.kind, request.in_month, request.waiting, request.taken_s) == ("survivor_request", 1, 1, None)
    assert urgent_rows(NOW)[0].in_year == 0
    assert urgent_markers_of(2026) == {"access_to_child": 2}
    assert urgent_markers_of(2025) == {"access_to_child": 1}
