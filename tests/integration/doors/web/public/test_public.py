"""The public side: kind, plain, and silent about everything that is not the visitor's own."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest


def test_a_report_is_taken_in_and_its_page_shows_neither_address_nor_comment(db: None, client: Any) -> None:
    from orbweaver.detect.intake.models import Report

    said = {"url": "https://forum.example/thread/1", "comment": "third picture"}
    answer = client.post("/public/report/", said, follow=True)
    report = Report.objects.get()
    assert (report.url, report.comment, report.source) == (said["url"], said["comment"], "public")
    page = answer.content.decode()
    assert report.public_id in page
    assert "forum" not in page
    assert "third picture" not in page
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("state", "reason", "words"),
    [
        ("received", "", "will open the address soon"),
        ("received", "The host answered with an error.", "could not open it yet"),
        ("fetched", "", "Trained people are looking at it"),
        ("unreachable", "The host answered with an error.", "We found nothing there"),
        ("assessed", "", "Trained people have decided"),
    ],
)
def test_the_state_of_a_report_is_told_in_plain_words(
    db: None, client: Any, now: dt.datetime, state: str, reason: str, words: str
) -> None:
    from orbweaver.detect.intake.models import Report
    from orbweaver.detect.intake.services import submit_report

    report = submit_report("https://forum.example/", source=Report.Source.PUBLIC, now=now)
    Report.objects.update(state=state, state_reason=reason)
    assert words in client.get(f"/public/report/{report.public_id}/").content.decode()


def test_that_it_is_assessed_is_told_no_sooner_where_we_knew_before_what_is_there(db: None, client: Any) -> None:
    from orbweaver.detect.intake.models import Report
    from orbweaver.detect.intake.services import submit_report

    reported = dt.datetime.now(dt.UTC)
    report = submit_report("https://forum.example/", source=Report.Source.PUBLIC, now=reported)
    Report.objects.update(state="assessed", assessed_at=reported)  # all that is there was decided long ago
    address = f"/public/report/{report.public_id}/"
    assert "Trained people are looking at it" in client.get(address).content.decode()
    Report.objects.update(created_at=reported - dt.timedelta(days=3), assessed_at=reported - dt.timedelta(days=2))
    assert "Trained people have decided" in client.get(address).content.decode()


def test_reports_of_others_cannot_be_guessed_and_nobody_learns_whether_one_exists(db: None, client: Any) -> None:
    assert client.get("/public/report/rep_2222222222222222/").status_code == 404


def test_several_addresses_are_one_report_each_with_one_page_and_a_contact_if_wished(db: None, client: Any) -> None:
    from orbweaver.detect.intake.models import Report

    said = {"url": "Look: https://a.example/1, and\nforum.example/2", "comment": "seen", "contact": "me@mail.example"}
    answer = client.post("/public/report/", said, follow=True)
    assert list(Report.objects.order_by("pk").values_list("url", "comment", "contact")) == [
        ("https://a.example/1", "seen", "me@mail.example"),
        ("https://forum.example/2", "seen", "me@mail.example"),
    ]
    page = answer.content.decode()
    assert "Address 2 of 2" in page
    assert page.count("will open the address soon") == 2
    assert "mail.example" not in page
    names = "+".join(Report.objects.values_list("public_id", flat=True))
    assert client.get(f"/public/report/{names}+rep_2222222222222222/").status_code == 404
    assert client.post("/public/report/", {"url": "https://a.example/1 https://[bad/"}).status_code == 400
    assert Report.objects.count() == 2, "all of them, or none"


def test_help_for_a_child_in_danger_stands_first_where_people_report(db: None, client: Any, set_config: Any) -> None:
    set_config(hotline_country="GB")
    page = client.get("/public/report/").content.decode()
    assert "In danger now" in page
    assert page.index("tel:999") < page.index('id="report"')


def test_strangers_are_never_led_to_the_sign_in_of_staff_and_errors_have_a_way_on(db: None, client: Any) -> None:
    for path, status in (("/nothing-here/", 404), ("/sign-out/", 405), ("/public/report/rep_x/", 404)):
        answer = client.get(path, headers={"Accept": "text/html"})
        page = answer.content.decode()
        assert answer.status_code == status
        assert 'class="brand" href="/public/"' in page
        assert 'href="/public/report/"' in page
        assert 'href="/"' not in page
        assert "/sign-in/" not in page
    assert client.get("/sign-out/", headers={"Accept": "text/html"}).headers["Allow"] == "POST"
    assert client.get("/sign-out/").content == b""


def test_what_is_no_address_is_refused_with_what_to_do(db: None, client: Any) -> None:
    answer = client.post("/public/report/", {"url": "forum"})
    assert answer.status_code == 400
    assert "Write it in full" in answer.content.decode()


def test_the_figures_say_what_each_counts(db: None, client: Any, now: dt.datetime) -> None:
    from orbweaver.detect.crawl.services import count

    count(pages=1, images=12_345, failures=0, size=1, now=now)
    page = client.get("/public/").content.decode()
    assert "12,345" in page
    assert page.count("<tr>") == 13
    assert "two checks at different times" in page


def test_the_crawler_page_names_the_agent_and_a_person_to_write_to(db: None, client: Any) -> None:
    from orbweaver.people.settings import HotlineSettings
    from orbweaver.platform.settings import PlatformSettings

    page = client.get("/public/crawler/").content.decode()
    assert PlatformSettings.current().user_agent_text in page
    assert f"mailto:{HotlineSettings.current().hotline_contact}" in page


def test_the_crawler_page_says_that_checks_look_as_a_browser_where_they_do(
    db: None, client: Any, set_config: Any
) -> None:
    words = "we check once more as a visitor’s browser would"
    assert words in client.get("/public/crawler/").content.decode()
    set_config(recheck_browser="")
    assert words not in client.get("/public/crawler/").content.decode()


def test_a_flood_of_reports_from_one_network_does_not_drown_the_others(db: None, client: Any, set_config: Any) -> None:
    from orbweaver.detect.intake.models import Report, SenderCount

    set_config(public_reports_per_hour=3)

    def send(number: int, address: str) -> Any:
        said = {"url": f"https://forum.example/{number}", "comment": "kept in the form"}
        return client.post("/public/report/", said, REMOTE_ADDR=address)

    assert [send(n, f"192.0.2.{n}").status_code for n in range(3)] == [302, 302, 302]
    refused = send(3, "192.0.2.200")
    assert refused.status_code == 429
    page = refused.content.decode()
    assert re.search(r"send it again in (a minute|\d+ minutes)", page)
    assert "UTC" not in page
    assert "kept in the form" in page
    assert send(4, "192.0.3.1").status_code == 302
    assert Report.objects.count() == 4
    assert not any(b"192" in bytes(row.key) for row in SenderCount.objects.all())


def test_behind_a_proxy_of_ones_own_each_visitor_counts_alone(db: None, client: Any, set_config: Any) -> None:
    set_config(public_reports_per_hour=1, behind_proxy="true")

    def send(number: int, forwarded: str) -> int:
        said = {"url": f"https://forum.example/{number}", "comment": ""}
        answer = client.post("/public/report/", said, HTTP_X_FORWARDED_FOR=forwarded)
        return int(answer.status_code)

    assert send(1, "192.0.2.1") == 302
    assert send(2, "198.51.100.1") == 302
    assert send(3, "203.0.113.9, 192.0.2.1") == 429  # what the visitor claims does not count
