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
