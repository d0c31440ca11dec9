"""``orbweaver bench pages``: the copies fit together, and no page is left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

    from tests.integration.conftest import MakeSighting


def test_copies_are_rows_of_their_own_that_fit_together(make_sighting: MakeSighting, hotline: None) -> None:
    from django.db import connection

    from orbweaver.assess.review.models import ReviewItem
    from orbweaver.assess.review.services import open_items
    from orbweaver.assess.series.models import SeriesName, VictimSeries
    from orbweaver.detect.matching.models import Sighting
    from orbweaver.platform.clock import now
    from orbweaver_trials.bench.pages_copies import STRIDE, Catalogue, multiply

    sighting = make_sighting(b"one", url="https://images.example/a.jpg")
    [item] = open_items([sighting], now())
    SeriesName.objects.create(
        series=VictimSeries.objects.create(title="Lake", opened_at=now()), supplier="NCMEC", name="lake"
    )
    counts = multiply(3, 2)
    assert counts["review_reviewitem"] == counts["matching_sighting"] == 4  # nothing was decided, so no more of that
    copy = ReviewItem.objects.get(pk=item.pk + 2 * STRIDE)
    assert copy.public_id != item.public_id
    assert copy.media.sha256 != item.media.sha256
    assert [each.url for each in copy.sightings.all()] == ["https://h2.images.example/a.jpg?n=2"]
    assert len(set(SeriesName.objects.values_list("supplier", "name"))) == 4
    assert copy.rank_at < item.rank_at
    assert len(set(Sighting.objects.values_list("url_key", flat=True))) == 4
    assert ReviewItem.objects.order_by("-pk")[0].pk > 3 * STRIDE
    with connection.cursor() as cursor:
        above = Catalogue.read(cursor).parents
        assert above["hashlists_entryhash", "entry_id"] == "hashlists_hashlistentry", "kept by triggers, not by a key"
        cursor.execute("SELECT conrelid::regclass, conname FROM pg_constraint WHERE NOT convalidated")
        keys = cursor.fetchall()
        assert keys
        for table, name in keys:
            cursor.execute(f'ALTER TABLE {table} VALIDATE CONSTRAINT "{name}"')
        cursor.execute("SELECT count(*) FROM pg_trigger WHERE tgenabled = 'D'")
        assert cursor.fetchone() == (0,)


def test_every_page_with_an_address_of_its_own_has_rows_to_open_it_with_or_a_reason(code: ModuleType) -> None:
    from orbweaver_trials.bench.pages_addresses import BY_SECRET, ROWS

    named = {name for path, method, name, _ in code.page_rows() if method == "GET" and "<" in path}
    assert named == set(ROWS) | BY_SECRET
