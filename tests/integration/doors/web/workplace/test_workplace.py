"""Pages beside the item: filters of the queue, undo, deciding together, one's own day, one's own keys."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from orbweaver.people.accounts.rules import Role

if TYPE_CHECKING:
    from orbweaver.assess.review.models import ReviewItem

    MakeItem = Callable[..., ReviewItem]
    SignIn = Callable[..., Any]

YES = {"is_child": "yes", "is_harmed": "yes", "category": "csam", "age_min": "3", "age_max": "5"}
SUB_TYPE_B = {**YES, "category": "other_harmful", "nude": "on", "sexualised_context": "on"}


def at(item: ReviewItem, verb: str = "") -> str:
    return f"/items/{item.public_id}/{verb}/" if verb else f"/items/{item.public_id}/"


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


@pytest.fixture
def alike(make_item: MakeItem) -> list[ReviewItem]:
    """Three items of one picture."""
    from orbweaver.assess.review.clusters import join_cluster
    from orbweaver.assess.review.models import ReviewItem
    from orbweaver.detect.matching.models import Sighting
    from orbweaver.detect.media.models import Media

    items = [make_item(seed, url=f"https://images.example/{seed}.png") for seed in (1, 2, 3)]
    for bits, item in enumerate(items):
        pdq = (int.from_bytes(bytes(range(32)), "big") ^ ((1 << bits) - 1)).to_bytes(32, "big")
        Media.objects.filter(pk=item.media_id).update(pdq=pdq)
        item.media.refresh_from_db()
        join_cluster(item)
        item.save()
    assert Sighting.objects.count() == 3
    assert len(set(ReviewItem.objects.values_list("cluster", flat=True))) == 1
    return items


def pairs(items: list[ReviewItem]) -> list[str]:
    return [f"{item.public_id}:{item.version}" for item in items]


def test_an_open_queue_learns_of_new_work(make_item: MakeItem, sign_in: SignIn) -> None:
    client = sign_in("Ann", Role.ANALYST)
    assert 'data-waiting="0"' in text(client.get("/queue/"))
    assert client.get("/queue/waiting/").json() == {"waiting": 0}
    make_item(1)
    assert client.get("/queue/waiting/").json() == {"waiting": 1}
    assert sign_in("Mona", Role.HOTLINE_MANAGER).get("/queue/waiting/").status_code == 403


def test_what_is_known_of_the_series_never_pushes_picture_and_form_off_the_screen(
    make_item: MakeItem, sign_in: SignIn, now: dt.datetime
) -> None:
    from orbweaver.assess.series.rules import LinkReason
    from orbweaver.assess.series.services import link_item, open_series

    item, client = make_item(1), sign_in("Ann", Role.ANALYST)
    lake = open_series("Lake", by=None, now=now)
    link_item(lake, item.media, reason=LinkReason.OTHER, words="the same boat", by=None, now=now)
    page = text(client.get(at(item)))
    assert page.index("Lake") < page.index('id="why"')
    client.post(at(item, "take"))
    page = text(client.get(at(item)))
    assert page.index('id="assessment"') < page.index("Lake")


def test_look_alikes_are_read_looked_at_once_and_decided_together(alike: list[ReviewItem], sign_in: SignIn) -> None:
    from orbweaver.assess.review.models import Assessment

    client = sign_in("Ann", Role.ANALYST)
    client.post(at(alike[0], "take"))
    assert "Decide with 2 look-alikes" in text(client.get(at(alike[0])))
    page = text(client.post(at(alike[0], "together/take"), follow=True))
    for item in alike:
        assert item.public_id in page
        assert f"hxxps://images[.]example/{alike.index(item) + 1}.png" in page
    assert "Classification" not in page
    answer = client.post(at(alike[0], "together/assess"), {**YES, "version": 0, "with": pairs(alike[1:])}, follow=True)
    assert "saved for 3 items, each by itself" in text(answer)
    assert Assessment.objects.count() == 3


def test_an_unticked_item_is_left_alone_and_goes_back_to_the_queue(alike: list[ReviewItem], sign_in: SignIn) -> None:
    client = sign_in("Ann", Role.ANALYST)
    client.post(at(alike[0], "take"))
    client.post(at(alike[0], "together/take"))
    client.post(at(alike[0], "together/assess"), {**YES, "version": 0, "with": pairs(alike[1:2])})
    alike[2].refresh_from_db()
    assert (alike[2].assessments.count(), alike[2].leased_to) == (0, None)


def test_with_a_sexualised_context_they_are_not_decided_together(alike: list[ReviewItem], sign_in: SignIn) -> None:
    from orbweaver.assess.review.models import Assessment

    client = sign_in("Ann", Role.ANALYST)
    client.post(at(alike[0], "take"))
    answer = client.post(at(alike[0], "together/assess"), {**SUB_TYPE_B, "version": 0, "with": pairs(alike[1:])})
    assert answer.status_code == 400
    assert "assess each item by itself" in text(answer)
    assert not Assessment.objects.exists()


def test_the_last_answer_can_be_taken_back_from_the_queue(
    make_item: MakeItem, sign_in: SignIn, set_config: Callable[..., None]
) -> None:
    set_config(review_undo_seconds=60)
    item = make_item()
    client = sign_in("Ann", Role.ANALYST)
    client.post(at(item, "take"))
    page = client.post(at(item, "assess"), {**YES, "version": item.version}, follow=True)
    assert "Take my answer back" in text(page)
    back = client.post(at(item, "undo"), follow=True)
    assert "The item is yours again" in text(back)
    assert not item.assessments.exists()
    assert "Your assessment" in text(back)
    assert "your answer stands" in text(client.post(at(item, "undo"), follow=True))


def test_the_queue_says_why_each_is_here_and_can_be_narrowed(make_item: MakeItem, sign_in: SignIn) -> None:
    here = make_item(1, url="https://images.example/a.png")
    there = make_item(2, url="https://elsewhere.example/b.png")
    client = sign_in("Ann", Role.ANALYST)
    page = text(client.get("/queue/"))
    assert "Its bytes are on the list Known." in page
    for query, shown in {
        "host=elsewhere": {there},
        "list_name=Known": {here, there},
        "list_name=Other": set(),
        "reason=report": set(),
        "reason=match&state=waiting": {here, there},
        "state=disagreed": set(),
        "older=24": set(),
        "page=7": {here, there},
        "older=nonsense": {here, there},
    }.items():
        found = text(client.get(f"/queue/?{query}"))
        assert {item for item in (here, there) if item.public_id in found} == shown, query
    assert client.post("/queue/next/").headers["Location"] == at(here)


def test_when_rest_is_due_the_queue_says_so_kindly_and_nothing_can_be_taken(
    make_item: MakeItem, sign_in: SignIn, set_config: Callable[..., None]
) -> None:
    set_config(wellbeing_looks_per_day=1)
    item = make_item()
    client = sign_in("Ann", Role.ANALYST)
    client.post(at(item, "take"))
    assert client.post(at(item, "look")).status_code == 200
    refused = client.post(at(item, "look"))
    assert refused.status_code == 403
    assert "enough pictures today" in text(refused)
    page = text(client.get("/queue/"))
    assert "Time to rest" in page
    assert 'id="take-next"' not in page
    assert client.post("/queue/next/").status_code == 403


def test_ones_own_day_and_the_totals_of_a_team_too_small_to_hide_in(make_item: MakeItem, sign_in: SignIn) -> None:
    item = make_item()
    client = sign_in("Ann", Role.ANALYST)
    client.post(at(item, "take"))
    client.post(at(item, "look"))
    page = text(client.get("/my-day/"))
    assert "looks today, of at most 200" in page
    assert "Only you see this page" in page
    manager = sign_in("Mona", Role.HOTLINE_MANAGER)
    assert manager.get("/my-day/").status_code == 403
    assert "none is shown" in text(manager.get("/team/wellbeing/"))


def test_rest_is_asked_for_in_the_readers_language(
    make_item: MakeItem, sign_in: SignIn, set_config: Callable[..., None]
) -> None:
    set_config(wellbeing_looks_per_day=1)
    item = make_item()
    client = sign_in("Ann", Role.ANALYST)
    client.post(at(item, "take"))
    client.post(at(item, "look"))
    for address in ("/my-day/", "/queue/"):
        page = text(client.get(address, headers={"accept-language": "fr"}))
        assert "You have looked" not in page, address
        assert "Merci" in page, address


def test_a_manager_sees_agreement_and_chooses_items_whose_answer_is_known(
    make_item: MakeItem, sign_in: SignIn, set_config: Callable[..., None]
) -> None:
    set_config(review_acts_alone_assessments=2)
    item = make_item()
    for name in ("Ann", "Bea"):
        analyst = sign_in(name, Role.ANALYST)
        analyst.post(at(item, "take"))
        item.refresh_from_db()
        analyst.post(at(item, "assess"), {**YES, "category": "csam_related", "version": item.version})
    manager = sign_in("Mona", Role.HOTLINE_MANAGER)
    page = text(manager.get("/team/"))
    assert "Krippendorff" in page
    assert 'href="/team/wellbeing/"' in page, "totals of exposure are a step away"
    assert "from verdict to notice" in page
    assert "not enough answers yet" in page, "two answers about one item say nothing of people"
    assert all(f'<th scope="row">{name}' in page for name in ("Ann", "Bea"))
    assert "There is no such item" in text(manager.post("/team/known-answers/", {"item": "itm_none"}))
    answer = manager.post("/team/known-answers/", {"item": item.public_id}, follow=True)
    assert f"Retire {item.public_id}" in text(answer)
    address = text(answer).split('action="/team/known-answers/')[1].split('"')[0]
    gone = manager.post(f"/team/known-answers/{address}", follow=True)
    assert f"Retire {item.public_id}" not in text(gone)


def test_keys_are_changed_and_put_back_and_two_actions_never_share_one(make_item: MakeItem, sign_in: SignIn) -> None:
    from orbweaver.doors.web.frame.keys import KEYS

    client = sign_in("Ann", Role.ANALYST)
    usual = {f"key_{key}": key for key in KEYS}
    assert client.post("/my-keys/", {**usual, "key_n": "j"}).status_code == 302
    assert "{&quot;n&quot;: &quot;j&quot;}" in client.get("/queue/").content.decode()
    for wrong in ({"key_n": "t"}, {"key_n": "?"}, {"key_n": ""}):
        assert client.post("/my-keys/", {**usual, **wrong}).status_code == 400
    client.post("/my-keys/", {"usual": "1"})
    assert 'data-keys=""' in client.get("/queue/").content.decode()


def test_how_pictures_are_shown_is_remembered(make_item: MakeItem, sign_in: SignIn) -> None:
    item = make_item()
    client = sign_in("Ann", Role.ANALYST)
    client.post(at(item, "take"))
    client.post(at(item, "look"), {"blur": "3", "part": "left"})
    page = client.get(at(item)).content.decode()
    assert '<option value="3" selected>' in page
    assert '<option value="left" selected>' in page
    client.post(at(item, "look"), {"blur": "9", "part": "everything"})
    assert '<option value="3" selected>' in client.get(at(item)).content.decode()


def test_a_page_of_the_queue_holds_twenty_five_and_asks_the_database_no_more_for_them(
    make_sighting: Callable[..., Any],
    hotline: None,
    sign_in: SignIn,
    django_assert_max_num_queries: Any,
    now: dt.datetime,
) -> None:
    from orbweaver.assess.review.services import open_items

    for number in range(27):
        open_items([make_sighting(b"%d" % number, now=now)], now)
    client = sign_in("Ann", Role.ANALYST)
    with django_assert_max_num_queries(42):
        page = text(client.get("/queue/"))
    assert "Page 1 of 2" in page
    assert text(client.get("/queue/?page=2")).count("/items/itm_") == 2


def test_the_page_of_an_item_in_hand_asks_the_database_no_more_than_it_must(
    make_sighting: Callable[..., Any],
    hotline: None,
    sign_in: SignIn,
    django_assert_max_num_queries: Any,
    now: dt.datetime,
) -> None:
    """Ten analysts open one every few seconds: each statement more is waited for on every other page."""
    from orbweaver.assess.review.services import open_items

    open_items([make_sighting(b"a picture", now=now)], now)
    client = sign_in("Ann", Role.ANALYST)
    address = client.post("/queue/next/").headers["Location"]
    with django_assert_max_num_queries(54):
        page = text(client.get(address))
    assert "This sends" in page


@pytest.mark.parametrize("page", ["/queue/", "/account/"])
def test_what_the_right_to_assess_hangs_on_is_read_once_a_page(sign_in: SignIn, page: str) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = sign_in("Ann", Role.ANALYST)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(page).status_code == 200
    asked = [each["sql"] for each in queries if each["sql"].startswith("SELECT")]
    assert sum('FROM "accounts_training"' in each for each in asked) == 1
    assert sum('SELECT "accounts_agreement"."id"' in each for each in asked) == 1
