"""Series in a real browser: merged and split back; an item among its own; an urgent marker that arrives.

A sweep; `test_series_pages.py` holds a sample.
"""

from __future__ import annotations

import pytest

from orbweaver.people.accounts.rules import Role

from .conftest import Hotline, OpenPage, find_picture, make_person, shoot, sign_in

pytestmark = [pytest.mark.sweep, pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def two_series(hotline: Hotline) -> tuple[str, str]:
    """Two proposed series, of three and two items along the incident; their public ids."""
    from orbweaver.assess.linking.sightings import link
    from orbweaver.assess.series.rules import LinkReason, Position
    from orbweaver.assess.series.services import add_victim, link_item, open_series
    from orbweaver.platform.clock import now

    ann = hotline.analysts[0]
    series = [open_series(title, by=ann, now=now()) for title in ("The lake house", "Boats in summer")]
    places = (Position.BEFORE, Position.DURING, Position.AFTER, Position.DURING, Position.UNKNOWN)
    for number, place in enumerate(places):
        media = find_picture(number + 1).media
        into = series[number // 3]
        link_item(into, media, reason=LinkReason.PLACE, words="the same pier", position=place, by=ann, now=now())
    add_victim(series[0], "the older child", 8, 10, by=ann, now=now())
    for number in (8, 9):
        find_picture(number, url=f"https://images.example/albums/pier{number}.jpg")
    link(now())
    return series[0].public_id, series[1].public_id


def test_two_series_are_merged_and_split_back(hotline: Hotline, open_page: OpenPage) -> None:
    from orbweaver.assess.series.models import VictimSeries

    lake, boats = two_series(hotline)
    page = open_page("/series/")
    sign_in(page, "Ann")
    page.goto("/series/")
    shoot(page, "series-list")
    page.get_by_role("link", name="Boats in summer").click()
    page.get_by_label("Merge into").fill(lake)
    page.get_by_role("heading", name="Merge it into another").locator("..").get_by_label("Why").fill("One pier.")
    shoot(page, "series-before-merge")
    page.get_by_role("button", name="Merge", exact=True).click()
    page.wait_for_url(f"**/series/{lake}/")
    assert page.get_by_role("heading", name="5 items along the incident").is_visible()
    shoot(page, "series-merged")
    assert VictimSeries.objects.get(public_id=boats).merged_into is not None
    page.get_by_role("button", name="Undo this").click()
    page.wait_for_url(f"**/series/{boats}/")
    assert page.get_by_role("heading", name="2 items along the incident").is_visible()
    shoot(page, "series-undone")
    page.goto(f"/series/{lake}/")
    page.get_by_role("checkbox", name="Split off 1. Picture at images[.]example, ").check()
    split = page.locator("#split")
    split.get_by_label("Title of the new series").fill("Another pier")
    split.get_by_label("Why").fill("Two piers after all.")
    split.get_by_role("button", name="Split").click()
    page.wait_for_url(lambda url: lake not in url)
    assert page.get_by_role("heading", name="1 item along the incident").is_visible()
    shoot(page, "series-split")
    page.goto(f"/series/{lake}/")
    shoot(page, "series-page")


def test_an_item_is_seen_among_its_own_and_an_urgent_marker_reaches_the_liaison(
    hotline: Hotline, open_page: OpenPage
) -> None:
    from orbweaver.assess.review.models import Look, ReviewItem

    two_series(hotline)
    make_person("Lea", hotline.organisation, Role.LAW_ENFORCEMENT_LIAISON, trained=False)
    item = ReviewItem.objects.order_by("pk").first()
    assert item is not None
    page = open_page(f"/items/{item.public_id}/")
    sign_in(page, "Ann")
    page.goto(f"/items/{item.public_id}/")
    page.get_by_role("button", name="Take this item").click()
    page.wait_for_selector("#assessment")
    assert page.locator(".strip").first.locator(".tile").count() == 3
    assert page.locator("main img").count() == 0
    shoot(page, "series-item")
    row = page.locator(".strip-row").first
    before = row.bounding_box()
    row.evaluate(
        "(row) => { const tiles = [...row.querySelectorAll('.tile:not(.this)')];"
        " for (let n = 0; n < 20; n++) tiles[0].after(tiles[n % 2].cloneNode(true)) }"
    )
    after, own = row.bounding_box(), row.locator(".this").first.bounding_box()
    assert before
    assert after
    assert own
    assert after["height"] < before["height"] + 20, "a long series does not push the picture and the form away"
    assert after["x"] <= own["x"] <= after["x"] + after["width"] - own["width"], "this item stays in sight"
    shoot(page, "series-item-long")
    page.locator(".strip").get_by_role("button", name="Show").first.click()
    page.wait_for_selector(".plain-picture img")
    assert page.eval_on_selector(".plain-picture img", "image => image.decode().then(() => image.naturalWidth)") > 0
    assert Look.objects.filter(item=item).count() == 1
    page.get_by_role("link", name="Back to the item").click()
    page.get_by_text("Mark it").first.click()
    page.get_by_label("Marker", exact=True).select_option("access_to_child")
    page.get_by_label("What was seen").fill("Writes that a niece stays over this weekend.")
    page.get_by_role("button", name="Mark it").click()
    assert page.get_by_text("The law-enforcement liaison has it now.").is_visible()
    liaison = open_page("/urgent/")
    sign_in(liaison, "Lea")
    liaison.goto("/urgent/")
    assert liaison.get_by_role("link", name="Urgent 1").is_visible()
    liaison.get_by_role("button", name="Take it on").click()
    shoot(liaison, "urgent")
    liaison.get_by_label("Handed over to, with their reference").fill("RCMP, 12-345")
    liaison.get_by_role("button", name="It is with the police").click()
    assert liaison.get_by_text("RCMP, 12-345").is_visible()
    assert liaison.get_by_role("link", name="Urgent", exact=True).is_visible()
