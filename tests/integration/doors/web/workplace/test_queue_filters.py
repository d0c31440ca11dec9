"""The queue narrowed by what is known of items and their places: lasting in the address, without a leak of answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from orbweaver.people.accounts.rules import Role

pytestmark = pytest.mark.django_db


def names(page: Any) -> set[str]:
    return {row.public_id for row, _ in page.context["rows"]}


def test_it_is_narrowed_by_what_police_hold_and_what_they_do_not_comes_first(
    make_item: Callable[..., Any], sign_in: Callable[..., Any], now: dt.datetime
) -> None:
    from orbweaver.detect.intake.models import Report
    from orbweaver.detect.intake.services import submit_report

    report = submit_report("https://images.example/new.png", source=Report.Source.PUBLIC, now=now)
    listed, new = make_item(1), make_item(2, matches=False, report_id=report.pk)
    ann = sign_in("Ann", Role.ANALYST)
    page = ann.get("/queue/")
    assert [row.public_id for row, _ in page.context["rows"]] == [new.public_id, listed.public_id]
    assert "On no list of police" in page.content.decode()
    assert names(ann.get("/queue/?known=new")) == {new.public_id}
    assert names(ann.get("/queue/?known=listed")) == {listed.public_id}


def test_it_is_narrowed_by_the_kind_of_site_which_a_person_can_correct(
    make_item: Callable[..., Any], sign_in: Callable[..., Any]
) -> None:
    from orbweaver.detect.crawl.models import Site
    from orbweaver.detect.crawl.site_settings import sites_named

    item, _ = make_item(1, url="https://a.example/1.png"), make_item(2, url="https://b.example/1.png")
    site = sites_named("a.example")[0]
    senior = sign_in("Sue", Role.SENIOR_ANALYST)
    assert senior.post(f"/sites/{site.pk}/kind/", {"kind": "image_host"}).status_code == 302
    assert set(Site.objects.filter(host="a.example").values_list("kind", flat=True)) == {"image_host"}
    page = senior.get("/queue/?site_kind=image_host")
    assert names(page) == {item.public_id}
    assert "Image host" in senior.get(f"/items/{item.public_id}/").content.decode()
    assert names(senior.get("/queue/?site_kind=adult")) == set()


def test_it_is_narrowed_by_markers_and_by_words_around(
    make_item: Callable[..., Any], sign_in: Callable[..., Any], now: dt.datetime
) -> None:
    from orbweaver.assess.linking.models import TextFlag
    from orbweaver.assess.terms.models import TermList

    marked, flagged = make_item(1), make_item(2)
    ann = sign_in("Ann", Role.ANALYST)
    ann.post(f"/items/{marked.public_id}/markers/", {"kind": "live_stream"})
    ann.post(f"/items/{marked.public_id}/markers/", {"kind": "self_generated"})
    terms = TermList.objects.create(name="Words", language="en", supplier="Us", added_at=now)
    TextFlag.objects.create(sighting=flagged.sightings.get(), term_list=terms, terms=["mouse"], times=2, found_at=now)
    for kind in ("live_stream", "self_generated"):
        assert names(ann.get(f"/queue/?marker={kind}")) == {marked.public_id}
    assert names(ann.get("/queue/?marker=advertises_set")) == set()
    page = ann.get("/queue/?words=flagged")
    assert names(page) == {flagged.public_id}
    assert "Terms of a list around it" in page.content.decode()
    marked.refresh_from_db()
    assert marked.rank_at == flagged.rank_at  # nothing of it moves anything (R10, R34)


def test_what_an_analyst_answered_narrows_nothing_for_those_who_are_asked_next(
    make_item: Callable[..., Any], sign_in: Callable[..., Any]
) -> None:
    item = make_item(1)
    ann = sign_in("Ann", Role.ANALYST)
    ann.post(f"/items/{item.public_id}/take/")
    item.refresh_from_db()
    given = {"is_child": "yes", "is_harmed": "yes", "category": "csam", "age_min": "3", "age_max": "5"}
    more = {"self_generated": "on", "interpol_baseline": "on", "others_pubescent": "2"}
    assert ann.post(f"/items/{item.public_id}/assess/", {**given, **more, "version": item.version}).status_code == 302
    mine = ann.get(f"/items/{item.public_id}/").content.decode()
    assert "Interpol baseline" in mine
    assert "2 × Pubescent" in mine
    ben = sign_in("Ben", Role.ANALYST)
    assert names(ben.get("/queue/?marker=self_generated")) == set()
    assert "2 × Pubescent" not in ben.get(f"/items/{item.public_id}/").content.decode()


def test_it_is_narrowed_by_how_many_children_the_series_is_of_as_the_page_of_the_series_says(
    make_item: Callable[..., Any], sign_in: Callable[..., Any]
) -> None:
    one, three, nobody_said, without = make_item(1), make_item(2), make_item(3), make_item(4)
    ann = sign_in("Ann", Role.ANALYST)
    for title, item, labels in (("The lake", one, "a"), ("The barn", three, "abc"), ("The attic", nobody_said, "")):
        link_to_series(ann, title, item, labels)
    assert names(ann.get("/queue/?children=1")) == {one.public_id}
    assert names(ann.get("/queue/?children=2")) == set()
    page = ann.get("/queue/?children=3")
    assert names(page) == {three.public_id}
    assert "Its series is of 3 children." in page.content.decode()
    everything = ann.get("/queue/").content.decode()
    assert everything.count("Its series is of") == 2
    assert without.public_id in everything


def link_to_series(client: Any, title: str, item: Any, labels: str) -> str:
    from orbweaver.assess.series.models import VictimSeries

    client.post("/series/open/", {"title": title})
    series = VictimSeries.objects.get(title=title)
    said = {"series": series.public_id, "position": "before", "reason": "clothing", "words": ""}
    assert client.post(f"/items/{item.public_id}/link/", said).status_code == 302
    for label in labels:
        series.refresh_from_db()
        given = {"label": label, "version": series.version, "age_min": "5", "age_max": "7"}
        assert client.post(f"/series/{series.public_id}/victims/", given).status_code == 302
    return str(series.public_id)


def answered(client: Any, item: Any) -> None:
    client.post(f"/items/{item.public_id}/take/")
    item.refresh_from_db()
    given = {"is_child": "yes", "is_harmed": "yes", "category": "csam", "age_min": "3", "age_max": "5"}
    more = {"others_pubescent": "2", "version": item.version}
    assert client.post(f"/items/{item.public_id}/assess/", {**given, **more}).status_code == 302


def test_what_was_decided_of_a_medium_stands_in_its_series_for_those_alone_who_are_not_asked_about_it(
    make_item: Callable[..., Any], sign_in: Callable[..., Any], set_config: Callable[..., None]
) -> None:
    set_config(review_required_csam=1, review_acts_alone_assessments=3)
    item, beside = make_item(1), make_item(2)
    ann, ben, mia = (
        sign_in("Ann", Role.ANALYST),
        sign_in("Ben", Role.ANALYST),
        sign_in("Mia", Role.HOTLINE_MANAGER),
    )
    series = link_to_series(ann, "The lake", item, "")
    said = {"series": series, "position": "before", "reason": "clothing", "words": ""}
    ann.post(f"/items/{beside.public_id}/link/", said)
    answered(ann, item)
    for page in (f"/series/{series}/", f"/items/{beside.public_id}/"):
        assert "3 children" in ann.get(page).content.decode()
        # further answers are asked for, and Ben is one of those who may give them
        assert "3 children" not in ben.get(page).content.decode()
        assert "Prepubescent" not in ben.get(f"/series/{series}/").content.decode()
    assert "3 children" in mia.get(f"/series/{series}/").content.decode()


def test_it_is_narrowed_by_a_host_as_people_write_it(
    make_item: Callable[..., Any], sign_in: Callable[..., Any]
) -> None:
    sharp = make_item(1, url="https://xn--fa-hia.example/1.png")
    make_item(2, url="https://fass.example/1.png")
    ann = sign_in("Ann", Role.ANALYST)
    for typed in ("faß.example", "FAẞ.example", "xn--fa-hia.example"):
        assert names(ann.get("/queue/", {"host": typed})) == {sharp.public_id}
