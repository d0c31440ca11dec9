"""Rows that a stolen machine spoiled, within its rights and every check: they stop no other crawler, nor the worker."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection

from orbweaver.detect.crawl.models import CrawlCount, FrontierUrl, Lead, Revisit
from orbweaver.detect.crawl.revisits import visit_again
from orbweaver.detect.held.gate import count
from orbweaver.detect.held.models import Tally
from orbweaver.detect.intake.models import VisitedReport
from orbweaver.platform.clock import now

from .conftest import WebSite
from .test_crawl import crawl, lead

pytestmark = pytest.mark.django_db(transaction=True)

SPOILED = """
UPDATE crawl_frontierurl SET attempts = 32767 WHERE url LIKE '%/tried';
UPDATE crawl_frontierurl SET report_id = 4242 WHERE url LIKE '%/reported';
UPDATE crawl_lead SET fruitless_pages = 2147483647;
INSERT INTO crawl_crawlcount (day, shard, pages, images, failures, bytes)
SELECT day, shard, most, most, most, most FROM generate_series(current_date - 1, current_date + 1, '1 day') AS day,
    generate_series(0, 63) AS shard, (VALUES (9223372036854775807)) AS m (most)
"""


def test_one_spoiled_row_stops_no_crawler(make_site: Callable[..., WebSite]) -> None:
    spoiled, site = make_site("127.0.0.2"), make_site()
    for each, paths in ((spoiled, ("/tried", "/reported")), (site, ("/", "/next"))):
        for path in paths:
            each.page(path, "<a href=/next>x</a>")
            lead(each.url(path))
    with connection.cursor() as cursor:
        cursor.execute(SPOILED)
    crawl(network_allow="127.0.0.1:*,127.0.0.2:*")
    assert {"/", "/next"} <= set(site.asked)
    assert "/reported" in spoiled.asked
    assert not VisitedReport.objects.exists(), "there is no such report"
    assert not FrontierUrl.objects.exclude(state=FrontierUrl.State.DONE).exists()
    assert Lead.objects.filter(fruitless_pages__gt=10**9).count() == 0
    assert CrawlCount.objects.filter(pages__gt=10**15).count() == 0


def test_what_is_counted_up_has_no_end_for_whoever_counts_next() -> None:
    first = lead("https://spoiled.example/")
    url = FrontierUrl.objects.get(lead=first)
    at = now()
    Revisit.objects.create(
        url=url, due_at=at, hours=99_999, found_at=at, visited_at=at, visits=2**31 - 1, fruitful_visits=2**31 - 1
    )
    assert visit_again(at) == 1
    Tally.objects.create(pk=1, queued=2**63 - 1)
    count(queued=5)
    assert Tally.objects.get().queued == 10**15
