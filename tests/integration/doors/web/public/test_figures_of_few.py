"""The public pages of figures where there is little or nothing to count: what is hidden, and what is not there."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from .figures_history import DAY, FILES, PAGES, page_of

if TYPE_CHECKING:
    from django.test import Client

CELLS = {"prepubescent": (4, "removed"), "pubescent": (5, "removed"), "post_pubescent": (5, "open")}


def test_with_nothing_yet_every_page_and_file_answers(db: None, client: Client) -> None:
    for path in (*PAGES, *(f"data/{name}.{form}" for name in FILES for form in ("csv", "json"))):
        page_of(client, path)


def test_a_chart_of_no_provider_says_so(db: None, client: Client) -> None:
    late = page_of(client, "providers/").partition('id="late"')[2].partition("</section>")[0]
    assert "Nothing yet." in late
    assert "<svg" not in late


@pytest.fixture
def small_cells(world: Any, now: dt.datetime) -> None:
    """Three cells: four addresses and five that were removed, five that are still there."""
    from orbweaver.notify.notices.models import Notice, NoticeUrl, OutboxMessage
    from orbweaver.notify.notices.routing.issuing import issue_notices
    from orbweaver.notify.providers.services import add_contact, add_provider

    start = now - 60 * DAY
    add_contact(add_provider("Host", domains=["host.example"], now=start), "abuse@host.example", now=start)
    for age, (count, state) in CELLS.items():
        urls = [f"https://host.example/{age}/{n}.png" for n in range(count)]
        world.verdict(*urls, age_class=age, decided_at=start)
        issue_notices(start)
        gone = {"state": "removed", "removed_at": start + DAY} if state == "removed" else {"state": "still_there"}
        NoticeUrl.objects.filter(url__in=urls).update(**gone)
    OutboxMessage.objects.update(state="sent", sent_at=start)
    Notice.objects.update(first_sent_at=start, last_sent_at=now, occasions=9)


def words_by_hand() -> dict[str, str]:
    """Age class → word, of the rows as they stand and of docs/domain/figures.md alone."""
    from orbweaver.notify.notices.models import NoticeUrl

    states: dict[str, list[str]] = {}
    for row in NoticeUrl.objects.select_related("verdict"):
        states.setdefault(row.verdict.age_class, []).append(row.state)
    found = {}
    for age, all_of_it in states.items():
        gone = all_of_it.count("removed")
        word = "mostly_removed" if gone >= len(all_of_it) / 2 else "unlikely"
        found[age] = word if len(all_of_it) >= 5 else "unknown"
    return found


@pytest.mark.usefixtures("small_cells")
def test_a_cell_says_more_than_unknown_from_five_addresses_on_and_nothing_of_four(client: Client) -> None:
    rows = json.loads(page_of(client, "data/responses.json"))["rows"]
    words = {row["age_class"]: row["response"] for row in rows if row["notified"]}
    assert words == words_by_hand()
    assert words == {"prepubescent": "unknown", "pubescent": "mostly_removed", "post_pubescent": "unlikely"}
    few = {row["age_class"]: row["notified"] for row in rows if row["notified"]}
    assert few == {"prepubescent": "<5", "pubescent": "hidden", "post_pubescent": 5}, (
        "the number is hidden, not the word"
    )
    page = page_of(client, "responses/")
    assert [page.count(f'class="cell {word}"') for word in ("mostly_removed", "unlikely", "unknown")] == [1, 1, 16]
    assert "fewer than 5 addresses were notified" in page
    written = csv.DictReader(io.StringIO(page_of(client, "data/responses.csv")))
    assert {row["age_class"]: row["response"] for row in written if row["notified"] != "0"} == words


def test_of_few_addresses_no_count_share_or_time_is_published(world: Any, client: Client, now: dt.datetime) -> None:
    from orbweaver.notify.notices.models import Notice, NoticeUrl
    from orbweaver.notify.notices.routing.issuing import issue_notices
    from orbweaver.notify.providers.services import add_contact, add_provider

    add_contact(add_provider("Small Host", domains=["small.example"], now=now), "abuse@small.example", now=now)
    world.verdict(*[f"https://small.example/{n}.png" for n in range(4)], decided_at=now - 9 * DAY)
    issue_notices(now - 9 * DAY)
    Notice.objects.update(first_sent_at=now - 9 * DAY)
    NoticeUrl.objects.filter(url__endswith="1.png").update(state="removed", removed_at=now - 8 * DAY)
    page = page_of(client, "")
    assert page.count("fewer than 5") >= 4
    assert "1 d 0 h" not in page
    for name in ("survival", "milestones"):
        assert json.loads(page_of(client, f"data/{name}.json"))["rows"] == []
    assert {row["median_s"] for row in json.loads(page_of(client, "data/removal.json"))["rows"]} == {None}


def test_a_name_that_a_spreadsheet_would_run_is_made_harmless() -> None:
    from orbweaver.doors.web.frame.spreadsheets import harmless

    assert harmless("=cmd()") == "'=cmd()"
    assert (harmless("Host"), harmless(None), harmless(-5)) == ("Host", "", -5)


def test_files_and_years_that_do_not_exist_are_not_found(db: None, client: Client) -> None:
    for path in ("data/everything.csv", "reports/1999/", "reports/1999.md"):
        assert client.get(f"/public/{path}").status_code == 404
