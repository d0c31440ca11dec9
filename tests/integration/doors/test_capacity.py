"""What so many pictures a day need: it grows with them and adds up; own figures go before those of the documents."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from orbweaver.detect.crawl.models import CrawlCount
from orbweaver.doors.capacity import BUSY, DEFAULTS, LEAST_PICTURES, Figure, Plan, Today, _Sizes, own_figures, plan
from orbweaver.platform.runtime import spent

TOP = Path(__file__).parents[3]
PICTURES = st.integers(1, 10**12)


def like(figure: Figure) -> st.SearchStrategy[Figure]:
    """The same with another value."""
    return st.builds(replace, st.just(figure), value=st.floats(0, figure.value * 100))


FIGURES = st.fixed_dictionaries({name: like(each) for name, each in DEFAULTS.items()})
TODAYS = st.builds(Today, st.integers(0, 10**9), st.integers(0, 10**13), st.integers(0, 10**13))


def needs(planned: Plan) -> tuple[float, ...]:
    """All that a plan asks for."""
    return (
        planned.found_per_day, planned.processors, planned.crawl_processors, planned.database_processors,
        planned.machines, planned.crawl_machines, planned.network_mbit_s, planned.memory_gb, planned.disk_year,
        *(each.year for each in planned.disks),
    )  # fmt: skip


@given(st.tuples(PICTURES, PICTURES).map(sorted), FIGURES, TODAYS, st.integers(1, 256))
def test_more_pictures_never_need_less(counts: list[int], figures: Any, today: Today, cores: int) -> None:
    fewer, more = (plan(each, figures, today, cores) for each in counts)
    assert all(one <= other for one, other in zip(needs(fewer), needs(more), strict=True))


@given(PICTURES, FIGURES, TODAYS, st.integers(1, 256))
def test_it_adds_up(pictures: int, figures: Any, today: Today, cores: int) -> None:
    planned = plan(pictures, figures, today, cores)
    assert planned.processors == planned.crawl_processors + planned.database_processors
    assert planned.machines == planned.crawl_machines + 1
    assert planned.disk_year == sum(each.year for each in planned.disks)
    assert all(each.now <= each.year for each in planned.disks)
    room = cores * BUSY
    if planned.crawl_machines:
        assert planned.processors > room
        assert planned.crawl_processors <= planned.crawl_machines * room * (1 + 1e-9)
    else:
        assert planned.processors <= room


def test_a_million_pictures_a_day_by_hand() -> None:
    planned = plan(1_000_000, DEFAULTS, Today(entries=1_000_000), cores=2)
    assert (planned.machines, planned.database_fits) == (1, True)
    assert planned.crawl_processors == pytest.approx(1_000_000 * 1.32e-3 / 86_400)
    assert planned.network_mbit_s == pytest.approx(4 / 3 * 37_000 * 8 * 1e6 / 86_400 / 1e6)
    assert {each.name: each.now for each in planned.disks}["index"] == 85_000_000
    assert plan(1_000_000_000, DEFAULTS, Today(), cores=8).crawl_machines == 3
    assert not plan(100_000_000_000, DEFAULTS, Today(), cores=8).database_fits


def test_every_default_names_a_document_that_has_its_figure() -> None:
    for name, each in DEFAULTS.items():
        assert (TOP / each.source).exists(), name
    scale = (TOP / "docs/operators/scale.md").read_text(encoding="utf-8")
    for name, each in DEFAULTS.items():
        if each.source.endswith("scale.md"):
            assert f"{each.value:,.0f}" in scale, name


@pytest.fixture
def counted_anew(db: None) -> None:
    """The database knows how many rows there are: of what another test in this process had, it has kept an estimate."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND reltuples > 0 AND relname LIKE 'crawl_%'")
        for (name,) in cursor.fetchall():
            cursor.execute(f"ANALYZE {name}")


@pytest.mark.usefixtures("counted_anew")
def test_an_installation_that_has_done_little_is_planned_by_the_documents(now: dt.datetime) -> None:
    CrawlCount.objects.create(day=now.date() - dt.timedelta(days=1), shard=0, pages=1, images=LEAST_PICTURES - 1)
    figures, today = own_figures(now)
    assert not [name for name, each in figures.items() if each.is_own]
    assert today.database > 0


@pytest.mark.usefixtures("counted_anew")
def test_own_figures_of_whole_days_go_before_those_of_the_documents(
    now: dt.datetime, monkeypatch: Any, make_sighting: Any
) -> None:
    monkeypatch.setattr("orbweaver.doors.capacity.crawler_spent", lambda _folder: spent.Spent(40.0, 20_000))
    for back, images in ((0, 99_000), (1, 6_000), (2, 5_000), (40, 99_000)):  # today is not over, and that is long ago
        for shard in (0, 1):
            CrawlCount.objects.create(
                day=now.date() - dt.timedelta(days=back), shard=shard, pages=images // 2, images=images, failures=0,
                bytes=images * 30_000,
            )  # fmt: skip
    day = dt.timedelta(days=1)
    CrawlCount.objects.create(day=now.date() - 2 * day, shard=2, pages=10_500, failures=500)  # of pages alone
    for number, at in enumerate((now, now - day, now - 2 * day, now - 40 * day)):  # of the same days as the pictures
        make_sighting(b"picture %d" % number, now=at)
    figures, today = own_figures(now)
    assert today.a_day == 11_000
    assert {name: (each.value, each.days, each.of) for name, each in figures.items() if each.is_own} == {
        "fetches_per_picture": (2, 2, 22_000),
        "bytes_per_fetch": (15_000, 2, 44_000),
        "found_per_picture": (2 / 22_000, 2, 22_000),
        "crawl_ms_per_picture": (2.0, 0, 20_000),
    }


@pytest.mark.django_db
def test_what_grows_with_addresses_is_not_said_to_follow_what_is_found(now: dt.datetime, monkeypatch: Any) -> None:
    monkeypatch.setattr("orbweaver.doors.capacity.LEAST_PICTURES", 1)
    monkeypatch.setattr("orbweaver.doors.capacity.LEAST_FOUND", 0)
    monkeypatch.setattr("orbweaver.doors.capacity.Sighting.objects.count", lambda: 10)
    sizes = {"crawl_frontierurl": 700, "crawl_site": 200, "crawl_otherpage": 100, "hashlists_entryhash": 9_999}
    sizes |= {"review_look": 50, "audit_event": 70}
    of = _Sizes(12_000, sizes, dict.fromkeys(sizes, 10))
    monkeypatch.setattr("orbweaver.doors.capacity._sizes", lambda: of)
    figures, _ = own_figures(now)
    assert (figures["bytes_per_address"].value, figures["bytes_per_found"].value) == (100, 12)
