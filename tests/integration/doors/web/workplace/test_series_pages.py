"""Pages of series, suggestions, markers and terms: what they let in, what they show and what they never repeat."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from orbweaver.people.accounts.rules import Role

if TYPE_CHECKING:
    from django.test import Client

    from orbweaver.detect.matching.models import Sighting

    SignIn = Callable[..., Client]
    MakeSighting = Callable[..., Sighting]


@pytest.fixture
def ann(hotline: None, sign_in: SignIn) -> Client:
    return sign_in("Ann", Role.ANALYST)


def opened(client: Client, title: str) -> Any:
    from orbweaver.assess.series.models import VictimSeries

    client.post("/series/open/", {"title": title})
    return VictimSeries.objects.get(title=title)


def item_of(sighting: Sighting) -> Any:
    from tests.integration.conftest import NOW

    from orbweaver.assess.review.services import open_items

    return open_items([sighting], NOW)[0]


def test_an_item_goes_into_a_series_is_placed_and_taken_out_with_a_reason(
    ann: Client, make_sighting: MakeSighting
) -> None:
    item, series = item_of(make_sighting(b"one")), opened(ann, "The lake")
    said = {"series": series.public_id, "position": "before", "reason": "clothing", "words": ""}
    ann.post(f"/items/{item.public_id}/link/", said)
    link = series.items.get()
    assert (link.position, link.reason) == ("before", "clothing")
    assert "The lake" in ann.get(f"/items/{item.public_id}/").content.decode()
    media, page = link.media, ann.get(f"/series/{series.public_id}/").content.decode()
    named = f"1. Picture at images[.]example, {media.first_seen_at:%-d %b}"
    assert f'{named} <span class="quiet small mono nowrap">{media.public_id}</span>' in page, "it can be said"
    ann.post(f"/series/{series.public_id}/items/{link.pk}/", {"position": "after"})
    assert ann.post(f"/series/{series.public_id}/items/{link.pk}/", {"end": "1", "why": ""}).status_code == 400
    ann.post(f"/series/{series.public_id}/items/{link.pk}/", {"end": "1", "why": "another lake"})
    assert "another lake" in ann.get(f"/series/{series.public_id}/").content.decode()
    link.refresh_from_db()
    assert link.position == "after"


def test_each_reason_for_which_an_item_was_put_into_a_series_is_shown(ann: Client, make_sighting: MakeSighting) -> None:
    item, series = item_of(make_sighting(b"one")), opened(ann, "The lake")
    for reason, words in (("clothing", "the red coat"), ("place", "the same pier")):
        said = {"series": series.public_id, "position": "unknown", "reason": reason, "words": words}
        ann.post(f"/items/{item.public_id}/link/", said)
    page = ann.get(f"/series/{series.public_id}/").content.decode()
    assert "the red coat" in page
    assert "the same pier" in page
    assert "The same clothing · The same place" in ann.get(f"/items/{item.public_id}/").content.decode()


def test_a_stale_merge_says_so_and_changes_nothing(ann: Client) -> None:
    one, two = opened(ann, "One"), opened(ann, "Two")
    said = {"into": two.public_id, "why": "same", "version": one.version - 1}
    answer = ann.post(f"/series/{one.public_id}/merge/", said)
    assert answer.status_code == 400
    assert "changed after this page was opened" in answer.content.decode()
    one.refresh_from_db()
    assert one.merged_into is None


def test_an_urgent_marker_without_words_is_refused_and_with_them_waits_for_the_liaison(
    ann: Client, make_sighting: MakeSighting, sign_in: SignIn
) -> None:
    item = item_of(make_sighting(b"one"))
    where = f"/items/{item.public_id}/markers/"
    assert ann.post(where, {"kind": "access_to_child", "words": ""}).status_code == 400
    ann.post(where, {"kind": "access_to_child", "words": "writes of a niece"})
    page = sign_in("Lea", Role.LAW_ENFORCEMENT_LIAISON).get("/urgent/").content.decode()
    assert "writes of a niece" in page
    assert "hxxps://images[.]example/1.png" in page
    for path, role in (("/urgent/", Role.LAW_ENFORCEMENT_LIAISON), ("/team/", Role.HOTLINE_MANAGER)):
        rows = sign_in(f"{role.value} 2", role).get(path).content.decode().split('id="urgent-figures"')[1]
        access = rows.split("Claimed access to a child (urgent)")[1].split("</tr>")[0]
        assert [each.split("<")[0] for each in access.split('">')[1:4]] == ["1", "1", "1"]


def test_another_picture_is_looked_at_once_only_beside_the_item_in_hand(
    ann: Client, make_sighting: MakeSighting
) -> None:
    from orbweaver.assess.review.models import Look
    from orbweaver.people.audit.models import Event
    from orbweaver_trials.demo.pictures import edited

    item, other = item_of(make_sighting(edited(1))), make_sighting(edited(2)).media
    stranger = make_sighting(edited(3)).media
    series = opened(ann, "The lake")
    for media in (item.media, other):
        link(series, media)
    beside = f"/items/{item.public_id}/beside/{other.public_id}/"

    def ask(where: str = beside) -> Any:
        page = ann.post(where)
        if page.status_code != 200:
            return page, where
        token = page.content.decode().split(where)[1].split("/")[0]
        return ann.get(f"{where}{token}/"), f"{where}{token}/"

    assert ask()[0].status_code == 409
    ann.post(f"/items/{item.public_id}/take/")
    shown, address = ask()
    assert shown.headers["Content-Type"] == "image/jpeg"
    assert ann.get(address).status_code == 404
    assert ask(f"/items/{item.public_id}/beside/{stranger.public_id}/")[0].status_code == 400
    assert Look.objects.filter(item=item).count() == 1
    assert Event.objects.filter(kind="item.looked_beside", subject=item.public_id).count() == 1


def test_a_picture_is_looked_at_on_the_page_of_its_series_once_and_counted(
    ann: Client, make_sighting: MakeSighting
) -> None:
    from orbweaver.assess.review.models import Look
    from orbweaver.people.audit.models import Event
    from orbweaver_trials.demo.pictures import edited

    item, stranger = item_of(make_sighting(edited(1))), item_of(make_sighting(edited(3)))
    series = opened(ann, "The lake")
    link(series, item.media)
    where = f"/series/{series.public_id}/look/{item.media.public_id}/"
    assert where in ann.get(f"/series/{series.public_id}/").content.decode()
    token = ann.post(where).content.decode().split(where)[1].split("/")[0]
    assert Look.objects.count() == 0
    assert ann.get(f"{where}{token}/").headers["Content-Type"] == "image/jpeg"
    assert ann.get(f"{where}{token}/").status_code == 404
    assert ann.post(f"/series/{series.public_id}/look/{stranger.media.public_id}/").status_code == 400
    assert [(look.item, look.person.display_name) for look in Look.objects.all()] == [(item, "Ann")]
    assert Event.objects.filter(kind="series.looked_at", subject=series.public_id).count() == 1


def test_what_is_missing_of_an_incident_is_said_on_the_page_of_its_series(
    ann: Client, make_sighting: MakeSighting
) -> None:
    series = opened(ann, "The lake")
    page = f"/series/{series.public_id}/"
    assert "is linked yet" not in ann.get(page).content.decode()
    link(series, make_sighting().media)
    series.items.update(position="during")
    shown = ann.get(page).content.decode()
    assert "Nothing from before the incident is linked yet." in shown
    assert "Nothing of the incident itself" not in shown
    assert "Nothing from after the incident is linked yet." in shown


def test_another_picture_that_shows_nothing_costs_no_look_and_says_so(ann: Client, make_sighting: MakeSighting) -> None:
    from orbweaver.assess.review.models import Look

    item, broken = item_of(make_sighting()), make_sighting(b"\xff\xd8\xff\xe0 broken").media
    series = opened(ann, "The lake")
    for media in (item.media, broken):
        link(series, media)
    ann.post(f"/items/{item.public_id}/take/")
    answer = ann.post(f"/items/{item.public_id}/beside/{broken.public_id}/")
    assert answer.status_code == 400
    assert "This is not counted as a look." in answer.content.decode()
    assert Look.objects.count() == 0


def test_neighbours_stand_in_the_order_of_their_page_with_the_item_among_them(
    ann: Client, make_sighting: MakeSighting
) -> None:
    from tests.integration.conftest import NOW

    from orbweaver.assess.linking.neighbours import PictureOnPage, want

    sightings = [make_sighting(b"one"), make_sighting(b"one")]
    for number, sighting in enumerate(sightings):
        sighting.context["position"] = 2
        sighting.save()
        beside = [
            PictureOnPage(f"https://images.example/{number}-{n}.png", bytes([number, n]), n, "") for n in (3, 0, 1)
        ]
        want(sighting, beside, NOW)
    item = item_of(sightings[0])
    item.sightings.set(sightings)
    page = " ".join(ann.get(f"/items/{item.public_id}/").content.decode().split())
    part = page.split('aria-labelledby="neighbours"')[1].split("</section>")[0]
    assert re.findall(r"hxxps://forum[^<]+|(?<=<strong>)[^<]+", part) == [
        words
        for thread in (1, 2)
        for words in (
            f"hxxps://forum[.]example/thread/{thread}",
            "2 positions before",
            "1 position before",
            "This item",
            "1 position after",
        )
    ]


def test_where_else_it_was_seen_is_said_by_host_with_the_first_and_the_last_time(
    ann: Client, make_sighting: MakeSighting
) -> None:
    import datetime as dt

    from tests.integration.conftest import NOW

    item = item_of(make_sighting(b"one", url="https://images.example/1.png"))
    for number, day in enumerate((1, 3)):
        later = NOW + dt.timedelta(days=day)
        make_sighting(b"one", url=f"https://elsewhere.example/{number}.png", now=later)
    page = " ".join(ann.get(f"/items/{item.public_id}/").content.decode().split())
    assert "On 2 hosts in all" in page
    row = page.split("elsewhere[.]example</th>")[1].split("</tr>")[0]
    assert 'data-label="Sightings">2<' in row
    assert "25 Nov 2026, 12:00 UTC" in row.split('data-label="Last seen"')[0]
    assert "27 Nov 2026, 12:00 UTC" in row.split('data-label="Last seen"')[1]


def link(series: Any, media: Any) -> None:
    from tests.integration.conftest import NOW

    from orbweaver.assess.series.rules import LinkReason
    from orbweaver.assess.series.services import link_item

    link_item(series, media, reason=LinkReason.PLACE, by=None, now=NOW)


def test_earlier_decisions_of_the_medium_wait_for_ones_own_answer(
    hotline: None, make_person: Callable[..., Any], make_sighting: MakeSighting
) -> None:
    from tests.integration.conftest import NOW

    from orbweaver.assess.linking.selectors import surroundings_of
    from orbweaver.assess.review.models import Verdict

    reader = make_person("Ben", Role.ANALYST)
    item = item_of(make_sighting(b"one"))
    earlier = item_of(make_sighting(b"two"))
    Verdict.objects.create(
        item=earlier, media=item.media, outcome="remove", criteria_version="1", decided_by="agreement", decided_at=NOW
    )
    assert surroundings_of(item, reader, answered=False).earlier == []
    assert len(surroundings_of(item, reader, answered=True).earlier) == 1


def test_a_watch_term_is_never_drawn_again(
    sign_in: SignIn, set_config: Callable[..., None], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    set_config(keys_dir=tmp_path / "keys", data_dir=tmp_path / "data")
    sue = sign_in("Sue", Role.SURVIVOR_SUPPORT)
    said = {"reference": "req_1", "kind": "name", "text": "Nicolette Brandywine"}
    assert "req_1" in sue.post("/terms/watch/", said, follow=True).content.decode()
    refused = sue.post("/terms/watch/", said | {"text": "Xyz"})
    assert refused.status_code == 400
    for page in (sue.get("/terms/"), refused):
        assert "Nicolette" not in page.content.decode()
        assert "Xyz" not in page.content.decode()
    assert "Brandywine" not in caplog.text
    sue.post("/terms/withdraw/", {"reference": "req_1"})
    assert "req_1" not in sue.get("/terms/").content.decode()


def test_a_manager_brings_a_list_and_is_told_of_rows_that_are_none(sign_in: SignIn) -> None:
    mona = sign_in("Mona", Role.HOTLINE_MANAGER)
    file = SimpleUploadedFile("words.csv", b"term,forms\nmouse,mice\n,x\n")
    said = {"name": "Words", "language": "en", "supplier": "We", "file": file}
    page = mona.post("/terms/bring/", said, follow=True).content.decode()
    assert "Row 3 was left out: holds no word." in page
    assert "1 terms, supplied by We." in page
