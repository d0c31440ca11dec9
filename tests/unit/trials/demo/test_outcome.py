"""The comparison at the end of a demo notices each way in which a run can be wrong."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from orbweaver_trials.demo.outcome import Evidence, checks
from orbweaver_trials.demo.plan import EXHIBITS, FILMED, HOSTS, Conduct, Exhibit, Host, expected_notices

ADDRESSES = {host.name: f"http://{host.address}:80" for host in HOSTS}


def url(exhibit: Exhibit) -> str:
    return ADDRESSES[exhibit.host.name] + exhibit.path


def mail(host: Host, urls: list[str], occasion: int) -> dict[str, Any]:
    identity = f"<ntc_{host.name}.{occasion}@hotline.example>"
    return {
        "provider": host.name, "to": host.mailbox, "message_id": identity, "urls": urls, "foreign_urls": 0,
        "problems": [],
    }  # fmt: skip


@pytest.fixture
def good() -> Evidence:
    mails: list[dict[str, Any]] = []
    removals: list[dict[str, str]] = []
    states: dict[str, str] = {}
    for host in HOSTS:
        own = [exhibit for exhibit in expected_notices() if exhibit.host == host]
        mails.append(mail(host, [url(exhibit) for exhibit in own], 0))
        if kept := [url(exhibit) for exhibit in own if not exhibit.goes]:
            mails.append(mail(host, kept, 1))
        removals += [{"provider": host.name, "url": url(exhibit)} for exhibit in own if exhibit.goes]
        states |= {url(exhibit): "removed" if exhibit.goes else "live" for exhibit in own}
    busy = next(host for host in HOSTS if host.conduct is Conduct.IGNORES)
    ledger = {
        "mails": mails,
        "refused": [{"to": busy.mailbox}],
        "removals": removals,
        "disputes": [{"provider": "quarrel", "outcome": "answered"}],
        "trespasses": [],
    }
    figures = {"images_processed": 200, "notices_sent": len(HOSTS), "removed": len(removals), "looks": 12}
    suspected = frozenset(url(each) for each in EXHIBITS)
    return Evidence(ADDRESSES, ledger, states, suspected, figures, 12, 1, films_seen=frozenset({FILMED}))


def failed(seen: Evidence) -> list[str]:
    return [check.name for check in checks(seen) if not check.ok]


def changed(seen: Evidence, change: Callable[[dict[str, Any]], object]) -> Evidence:
    ledger = copy.deepcopy(dict(seen.ledger))
    change(ledger)
    return replace(seen, ledger=ledger)


def test_a_run_as_it_must_be_passes_every_check(good: Evidence) -> None:
    assert failed(good) == []


def test_a_mail_that_arrives_twice_is_noticed(good: Evidence) -> None:
    assert "mails that arrived twice" in failed(changed(good, lambda book: book["mails"].append(book["mails"][-1])))


def test_an_address_in_two_notices_is_noticed(good: Evidence) -> None:
    def twice(book: dict[str, Any]) -> None:
        book["mails"].append({**book["mails"][0], "message_id": "<ntc_other.0@hotline.example>"})

    assert "addresses notified: each expected one in one notice, no other" in failed(changed(good, twice))


def test_a_video_that_nobody_judged_by_the_still_that_matched_is_noticed(good: Evidence) -> None:
    assert failed(replace(good, films_seen=frozenset())) == ["videos judged by a still that shows what is known"]


def test_a_notice_that_never_came_is_noticed(good: Evidence) -> None:
    names = failed(changed(good, lambda book: book["mails"].pop(0)))
    assert "addresses notified: each expected one in one notice, no other" in names
    assert "notices in the figures and in the book" in names


def test_a_notice_about_a_harmless_picture_is_noticed(good: Evidence) -> None:
    names = failed(changed(good, lambda book: book["mails"][0]["urls"].append("http://127.0.10.1:80/pictures/1.jpg")))
    assert names == ["addresses notified: each expected one in one notice, no other"]


def test_an_invalid_report_is_noticed(good: Evidence) -> None:
    names = failed(changed(good, lambda book: book["mails"][0].update(problems=["url: missing"])))
    assert names == ["mails whose XARF part is not valid"]


def test_a_removal_that_was_not_confirmed_is_noticed(good: Evidence) -> None:
    gone = next(url for url, state in good.url_states.items() if state == "removed")
    names = failed(replace(good, url_states={**good.url_states, gone: "gone_once"}))
    assert "removals that were confirmed" in names


def test_a_picture_that_was_overlooked_or_wrongly_suspected_is_noticed(good: Evidence) -> None:
    known = url(EXHIBITS[0])
    for wrong in (good.suspected_urls - {known}, good.suspected_urls | {"http://127.0.10.1:80/pictures/1.jpg"}):
        assert failed(replace(good, suspected_urls=wrong)) == ["pictures found: all that are known, nothing else"]


def test_a_visit_to_what_robots_txt_closes_is_noticed(good: Evidence) -> None:
    names = failed(changed(good, lambda book: book["trespasses"].append({"host": "lantern"})))
    assert names == ["visits to what robots.txt closes"]


def test_a_busy_server_that_was_given_up_is_noticed(good: Evidence) -> None:
    def forget(book: dict[str, Any]) -> None:
        book["mails"] = [each for each in book["mails"] if each["provider"] != "stonewall"]

    assert "busy mail servers that got their mail later" in failed(changed(good, forget))


def test_a_missing_reminder_is_noticed(good: Evidence) -> None:
    def forget(book: dict[str, Any]) -> None:
        book["mails"] = [each for each in book["mails"] if ".0@" in each["message_id"]]

    assert any("reminder" in name for name in failed(changed(good, forget)))


def test_a_push_back_that_was_refused_or_lost_is_noticed(good: Evidence) -> None:
    assert failed(replace(good, push_backs=0)) == ["push-backs made and recorded"]
    refused = changed(good, lambda book: book["disputes"][0].update(outcome="answered 500"))
    assert failed(refused) == ["push-backs made and recorded"]


@pytest.mark.parametrize("key", ["notices_sent", "removed", "looks"])
def test_a_figure_that_differs_from_the_book_is_noticed(good: Evidence, key: str) -> None:
    figures = {**good.figures, key: good.figures[key] + 1}
    assert len(failed(replace(good, figures=figures))) == 1


def test_a_kill_may_leave_a_message_unsure_and_a_look_unseen_but_no_more_than_it_did(good: Evidence) -> None:
    figures = {**good.figures, "notices_sent": good.figures["notices_sent"] - 1, "looks": good.figures["looks"] + 1}
    assert len(failed(replace(good, figures=figures))) == 2
    assert failed(replace(good, figures=figures, unsure_notices=1, looks_cut=1)) == []
    worse = {**figures, "notices_sent": figures["notices_sent"] - 1}
    assert len(failed(replace(good, figures=worse, unsure_notices=1, looks_cut=1))) == 1


def test_an_address_told_of_by_a_reminder_alone_may_have_gone_before_it(good: Evidence) -> None:
    figures = {**good.figures, "removed": good.figures["removed"] - 1}
    assert failed(replace(good, figures=figures)) == ["removals in the figures and in the book"]
    assert failed(replace(good, figures=figures, doubtful_urls=1)) == []
