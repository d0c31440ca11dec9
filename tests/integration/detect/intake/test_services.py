from __future__ import annotations

import datetime as dt

import pytest

from orbweaver.detect.crawl.models import Lead
from orbweaver.detect.intake.models import Report
from orbweaver.detect.intake.services import submit_report
from orbweaver.platform.network.urls import InvalidUrl

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)


def test_the_same_address_within_a_day_is_the_same_report_of_a_partner() -> None:
    first = submit_report("https://Example.org/a#top", source=Report.Source.PARTNER, now=NOW)
    again = submit_report("https://example.org/a", source=Report.Source.PARTNER, now=NOW + dt.timedelta(hours=5))
    later = submit_report("https://example.org/a", source=Report.Source.PARTNER, now=NOW + dt.timedelta(days=2))
    assert first == again
    assert later != first
    assert first.url == "https://Example.org/a#top"
    assert list(Lead.objects.order_by("pk").values_list("report_id", flat=True)) == [first.pk, later.pk]


@pytest.mark.parametrize("url", ["", "nonsense", "ftp://example.org/a", "javascript:alert(1)", "https://" + "a" * 9000])
def test_what_is_no_web_address_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(InvalidUrl) as caught:
        submit_report(url, source=Report.Source.PUBLIC, now=NOW)
    assert not url or url not in str(caught.value)
    assert not Report.objects.exists()
