"""The public pages of figures: every one answers, holds no address, hides small numbers, and weighs little."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.integration.assess.governance.conftest import use_version_2
from tests.integration.conftest import World

from orbweaver.account_for.transparency.messages import UNDERCOUNT
from orbweaver.people.accounts.rules import Role

from .figures_history import DAY, FILES, PAGES, make_history, page_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from orbweaver.people.accounts.models import User


@pytest.fixture(scope="module", autouse=True)
def world(module_db: None) -> World:
    """Made once: it takes longer than all that a test asks of it."""
    from orbweaver.platform.clock import now

    return make_history(now())


@pytest.fixture(autouse=True)
def _in_a_transaction_of_its_own(db: None) -> None:
    """What a test adds to the history is taken back at its end."""


def test_every_page_answers_is_light_and_names_no_address(client: Client) -> None:
    for path in (*PAGES, f"reports/{dt.datetime.now(dt.UTC).year}/"):
        page = page_of(client, path)
        assert len(page.encode()) < 150_000
        for secret in ("good.example", "bad.example", "secret", "abuse@"):
            assert secret not in page, path


def test_the_chart_of_responses_has_18_cells_with_words_for_each(client: Client) -> None:
    found = json.loads(page_of(client, "data/responses.json"))
    assert len(found["rows"]) == 18
    words = {(row["age_class"], row["category"], row["identified"]): row["response"] for row in found["rows"]}
    assert words["pubescent", "csam", "unidentified"] == "mostly_removed"
    assert words["prepubescent", "csam", "unidentified"] == "unlikely"
    assert list(words.values()).count("unknown") == 16
    page = page_of(client, "responses/")
    assert page.count('class="cell ') == 18
    assert 'role="img"' in page
    assert "<title" in page


def test_a_kind_of_site_that_a_person_corrects_stands_in_the_figures(
    client: Client, sign_in: Any, now: dt.datetime
) -> None:
    from orbweaver.detect.crawl.models import Site

    def kinds() -> dict[str, int | str]:
        rows = json.loads(page_of(client, "data/sites.json"))["rows"]
        return {row["site_kind"]: row["notified"] for row in rows if row["notified"]}

    site = Site.objects.create(host="good.example", port=443, kind="forum", next_fetch_at=now, created_at=now)
    assert kinds() == {"forum": 30, "unknown": 30}
    lena = sign_in("Lena", Role.HOTLINE_MANAGER)
    assert lena.post(f"/sites/{site.pk}/kind/", {"kind": "adult"}).status_code == 302
    assert kinds() == {"adult": 30, "unknown": 30}
    assert "adult site" in page_of(client, "responses/").lower()


def test_rows_of_zeros_are_folded_and_services_that_cannot_be_crawled_are_not(client: Client) -> None:
    shown, _, rest = page_of(client, "responses/").partition("16 rows in which nothing was counted")
    folded = rest.partition("</details>")[0]
    assert [each.count('data-label="Category"') for each in (shown, folded)] == [2, 16]
    assert "rows in which nothing was counted" in page_of(client, "countries/")
    assert "nothing was counted" not in page_of(client, "coverage/")


def test_all_bars_of_the_first_chart_count_addresses(client: Client) -> None:
    bars = client.get("/public/").context["bars"]
    assert [(bar.label, bar.shown) for bar in bars] == [
        ("Addresses notified", "60"),
        ("Removed", "27"),
        ("Still there", "33"),
        ("Offline", "0"),
    ]


def test_small_numbers_and_what_would_give_them_away_are_hidden(client: Client) -> None:
    rows = {row["provider"]: row for row in json.loads(page_of(client, "data/providers.json"))["rows"]}
    assert (rows["Bad Host"]["notified"], rows["Bad Host"]["removed"]) == (30, "<5")
    assert rows["Bad Host"]["still_there"] == "hidden"
    assert rows["Good Host"]["notified"] == 30
    assert "hidden" in (rows["Good Host"]["removed"], rows["Good Host"]["still_there"])
    assert (rows["Good Host"]["spectrum"], rows["Bad Host"]["spectrum"]) == ("reactive", "non_compliant")
    assert "fewer than 5" in page_of(client, "providers/")


def test_what_went_offline_is_followed_until_then(client: Client, now: dt.datetime) -> None:
    from orbweaver.notify.notices.models import NoticeUrl

    start = now - 60 * DAY
    there = NoticeUrl.objects.filter(host="good.example").exclude(state="removed")
    there.update(state="offline", offline_at=start + 5 * DAY)
    rows = json.loads(page_of(client, "data/milestones.json"))["rows"]
    assert rows[0]["share_still_there"] == pytest.approx(1 - 24 / 60, abs=1e-4)


def test_what_came_back_counts_the_same_address_once_and_other_addresses(client: Client, now: dt.datetime) -> None:
    from orbweaver.follow.recheck.models import Return
    from orbweaver.notify.notices.models import NoticeUrl

    gone = list(NoticeUrl.objects.filter(host="good.example", state="removed").order_by("pk")[:9])
    provider = gone[0].notice.provider_id
    kinds = [("same_url", 1), ("same_url", 2), *[("same_medium", 0)] * 4, *[("near_medium", 0)] * 2]
    for number, (kind, times) in enumerate(kinds):
        url = gone[0] if times else gone[number]
        Return.objects.create(url=url, removed=gone[0], provider_id=provider, kind=kind, times=times, at=now)
    NoticeUrl.objects.filter(pk=gone[0].pk).update(reappearances=2)
    rows = {row["provider"]: row for row in json.loads(page_of(client, "data/providers.json"))["rows"]}
    assert (rows["Good Host"]["came_back"], rows["Bad Host"]["came_back"]) == (1 + 4 + 2, 0)


@pytest.mark.parametrize("kind", ["hotline", "cdn"])
def test_another_hotline_or_a_cdn_hosts_nothing_and_has_no_row_of_its_own(
    client: Client, now: dt.datetime, kind: str
) -> None:
    from orbweaver.notify.providers.models import Provider

    Provider.objects.filter(name="Bad Host").update(kind=kind)
    rows = {row["provider"]: row["notified"] for row in json.loads(page_of(client, "data/providers.json"))["rows"]}
    assert rows == {"Good Host": 30, "others": 30}
    assert "Bad Host" not in page_of(client, "providers/") + page_of(client, f"reports/{now.year}/")


def test_times_of_a_provider_count_what_is_still_there(client: Client) -> None:
    rows = {row["provider"]: row for row in json.loads(page_of(client, "data/providers.json"))["rows"]}
    assert rows["Good Host"]["median_s"] == pytest.approx(DAY.total_seconds(), rel=0.1)
    assert rows["Bad Host"]["median_s"] is None
    assert rows["Bad Host"]["over_42_days"] == "hidden"  # 3 of 30 could be worked out from it


def test_what_was_withdrawn_on_review_is_no_removal_and_no_failure(client: Client, now: dt.datetime) -> None:
    from orbweaver.account_for.transparency.ignored import ignored
    from orbweaver.follow.conduct.services import assess
    from orbweaver.notify.notices.models import NoticeUrl
    from orbweaver.notify.providers.models import Provider

    NoticeUrl.objects.filter(host="bad.example").exclude(state="removed").update(state="withdrawn")
    page_of(client, "")
    rows = json.loads(page_of(client, "data/countries.json"))["rows"]
    assert [(row["country"], row["notified"]) for row in rows] == [("CA", 33)]
    bad = Provider.objects.get(name="Bad Host")
    assert assess(bad, now).behaviour["overdue"] == 0
    assert {row.provider: row.addresses_open for row in ignored(now)}["Bad Host"] == 0


def test_removal_counts_what_is_still_there_as_not_removed_yet(client: Client) -> None:
    rows = json.loads(page_of(client, "data/removal.json"))["rows"]
    notice = next(row for row in rows if row["since"] == "notice")
    assert 0.55 < notice["share_over_42_days"] < 0.65
    assert notice["low"] < notice["share_over_42_days"] < notice["high"]
    assert notice["p90_s"] is None
    page = page_of(client, "removal/")
    assert 'class="band"' in page
    assert "42 days" in page  # the curve's table names times in words
    assert page.count("<svg") == page.count('role="img"') + page.count('aria-hidden="true"')


def test_csv_files_have_a_heading_and_as_many_rows(client: Client) -> None:
    for name in FILES:
        rows = list(csv.reader(io.StringIO(page_of(client, f"data/{name}.csv"))))
        as_json = json.loads(page_of(client, f"data/{name}.json"))
        assert rows[0] == [*as_json["columns"], "undercount"]
        assert {row[-1] for row in rows[1:]} <= {as_json["undercount"]} == {str(UNDERCOUNT)}
        assert len(rows) == len(as_json["rows"]) + 1


def test_the_yearly_report_is_a_page_and_three_files(client: Client, now: dt.datetime) -> None:
    year = (now - 60 * DAY).year
    assert "not over" in page_of(client, f"reports/{year}/")
    report = json.loads(page_of(client, f"reports/{year}.json"))
    assert report["tables"]["notices_by_type"][0]["notice_type"] == "csam"
    assert {row["provider"] for row in report["tables"]["actions_by_provider"]} == {"Good Host", "Bad Host"}
    text = page_of(client, f"reports/{year}.md")
    assert "## Procedures and independence" in text
    assert report["undercount"] == str(UNDERCOUNT)
    assert str(UNDERCOUNT) in text
    assert str(UNDERCOUNT) in page_of(client, f"reports/{year}.csv")
    assert "| Bad Host | fewer than 5 | 30 | fewer than 5 | hidden |" in text
    client.post("/language/", {"language": "fr"})
    french = page_of(client, f"reports/{year}.md")
    assert "## Notifications par type de contenu" in french
    assert "| Bad Host | moins de 5 | 30 |" in french
    assert "actions_by_provider" in page_of(client, f"reports/{year}.csv")


def test_age_classes_have_the_years_of_the_criteria_in_force(
    client: Client, make_person: Callable[..., User], now: dt.datetime
) -> None:
    assert page_of(client, "responses/").count("0 to 8 years") > 1  # in the chart and in the table
    year = now.year
    assert json.loads(page_of(client, f"reports/{year}.json"))["criteria_version"] == "1"
    use_version_2(make_person("Gia", Role.CRITERIA_EDITOR), now - DAY)
    page = page_of(client, "responses/")
    assert page.count("0 to 9 years") > 1
    assert "0 to 8 years" not in page
    assert json.loads(page_of(client, f"reports/{year}.json"))["criteria_version"] == "2"


def test_a_regulator_exports_ignored_notices_with_exact_addresses_and_the_log_says_so(sign_in: Any) -> None:
    from orbweaver.people.audit.models import Event

    client = sign_in("Olga", Role.GOVERNMENT_OBSERVER)
    assert "Ignored notices" in client.get("/notices/ignored/").content.decode()
    export = json.loads(b"".join(client.get("/notices/ignored.json").streaming_content))
    rows = export["notices"]
    assert export["undercount"].startswith("Every figure is an undercount")
    assert [row["provider"] for row in rows] == ["Good Host", "Bad Host"]
    assert (rows[1]["addresses_open"], rows[1]["addresses_removed"], rows[1]["messages"]) == (27, 3, 9)
    assert rows[1]["urls"][0].startswith("https://bad.example/secret/")
    lines = b"".join(client.get("/notices/ignored.csv").streaming_content).decode()
    table = list(csv.DictReader(io.StringIO(lines)))
    assert [row["undercount"] for row in table] == [export["undercount"]] * 2
    assert Event.objects.filter(kind="ignored.exported").count() == 2


def test_the_table_of_ignored_notices_asks_for_no_looks_which_it_has_no_column_for(sign_in: Any) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = sign_in("Olga", Role.GOVERNMENT_OBSERVER)
    asked = {}
    for form in ("csv", "json"):
        with CaptureQueriesContext(connection) as queries:
            b"".join(client.get(f"/notices/ignored.{form}").streaming_content)
        asked[form] = sum('"recheck_' in each["sql"] for each in queries)
    assert asked["csv"] == 0 < asked["json"]


@pytest.mark.sampled(2)
@pytest.mark.parametrize("state", ["bounced", "refused", "failed", "by_hand", "uncertain"])
def test_what_never_arrived_is_not_ignored(state: str, now: dt.datetime) -> None:
    from orbweaver.account_for.transparency.ignored import ignored
    from orbweaver.notify.notices.models import Notice, OutboxMessage

    notice = Notice.objects.get(provider__name="Bad Host")
    messages = [
        OutboxMessage(
            notice=notice, number=number, occasion=f"x.{number}", channel="smtp", address="a@b.example",
            message_id=f"<x.{number}>", raw=b"", state="sent" if number < 3 else state, created_at=now, sent_at=now,
        )
        for number in range(1, 9)
    ]  # fmt: skip
    OutboxMessage.objects.bulk_create(messages)
    assert {row.provider: row.messages for row in ignored(now)} == {"Good Host": 9, "Bad Host": 3}
    OutboxMessage.objects.filter(notice=notice, number=2).update(state=state)
    assert [row.provider for row in ignored(now)] == ["Good Host"]


def test_what_a_person_says_of_conduct_stands_on_the_providers_page(sign_in: Any) -> None:
    from orbweaver.notify.providers.models import Provider

    bad = Provider.objects.get(name="Bad Host")
    ann, ben = sign_in("Ann", Role.ANALYST), sign_in("Ben", Role.HOTLINE_MANAGER)
    url = f"/providers/{bad.public_id}/"
    assert "30 addresses still there after 14 days" in ann.get(url).content.decode()
    ann.post(f"{url}conduct/", {"kind": "complicit", "applies": "yes", "reason": "It sells them."})
    page = ben.get(url).content.decode()
    assert "waits for a second signature" in page
    override = bad.overrides.get()
    assert ann.post(f"{url}conduct/{override.public_id}/sign/").status_code == 403
    assert ben.post(f"{url}conduct/{override.public_id}/sign/").status_code == 302
    bad.refresh_from_db()
    assert bad.reduced_notices
    ben.post(f"{url}conduct/{override.public_id}/end/")
    ben.post(f"{url}credit/", {"kind": "reports_more", "evidence": "A letter."})
    assert "A letter." in ann.get(url).content.decode()


def test_the_page_of_a_hotline_says_nothing_of_conduct(sign_in: Any) -> None:
    from orbweaver.notify.providers.models import Provider

    other = Provider.objects.get(name="Bad Host")
    page, heading = f"/providers/{other.public_id}/", '<h2 id="conduct">'
    ann = sign_in("Ann", Role.ANALYST)
    assert heading in ann.get(page).content.decode()
    Provider.objects.filter(pk=other.pk).update(kind=Provider.Kind.HOTLINE)
    assert heading not in ann.get(page).content.decode()


def test_urgent_markers_are_counted_in_the_report_of_a_year_that_is_over_and_small_numbers_hidden(
    world: World, client: Client, make_person: Callable[..., User], now: dt.datetime
) -> None:
    from orbweaver.assess.linking.marking import refer_request, set_marker
    from orbweaver.assess.linking.models import Marker
    from orbweaver.detect.media.models import Media
    from orbweaver.notify.notices.models import Notice

    ann, last_year = make_person("Ann", Role.ANALYST), dt.datetime(now.year - 1, 7, 1, tzinfo=dt.UTC)
    for number in range(7):
        world.verdict(f"https://urgent.example/{number}.png", decided_at=last_year)
    pictures = Media.objects.order_by("-pk")[:7]
    for number, picture in enumerate(pictures):
        kind = Marker.Kind.SHOWN_TO_CHILD if number < 5 else Marker.Kind.ACCESS_TO_CHILD
        set_marker(picture, kind, "a boy watches", by=ann, now=last_year)
    refer_request("she lives with him", last_year)
    set_marker(pictures[0], Marker.Kind.ACCESS_TO_CHILD, "a niece", by=ann, now=now)
    Notice.objects.filter(pk=Notice.objects.order_by("pk")[0].pk).update(told_at=last_year, first_sent_at=last_year)
    report = json.loads(page_of(client, f"reports/{now.year - 1}.json"))
    assert report["tables"]["urgent_referrals"] == [
        {"marker": "shown_to_child", "referrals": 5},
        {"marker": "access_to_child", "referrals": "<5"},
    ]
    assert "Claimed access to a child" in page_of(client, f"reports/{now.year - 1}/")
    assert "urgent_referrals" not in json.loads(page_of(client, f"reports/{now.year}.json"))["tables"]
