"""What a page says of an address is read as a person reads it."""

from __future__ import annotations

import pytest

from orbweaver_trials.demo.browser import Browser, NoAnswer, Page
from orbweaver_trials.wild.drafting import plan
from orbweaver_trials.wild.testimony import read_notices, readings_of

PLAN = plan()


def page(label: str, address: str) -> Page:
    body = f"""<main><section><h2 id="addresses">1 address</h2><table><tbody><tr><td class="url">{address}</td>
    <td><span class="badge">{label}</span><div>why</div></td><td></td></tr></tbody></table></section></main>"""
    return Page("http://h/notices/ntc_abcdefgh/", 200, "text/html", body.encode())


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ("Removed", "removed"),
        ("Gone once, to be confirmed", "there"),
        ("Still there", "there"),
        ("Offline", "offline"),
        ("The host is gone", "offline"),
        ("Back again", "there"),
    ],
)
def test_a_word_is_what_a_reader_takes_it_for(label: str, said: str) -> None:
    place = PLAN.places[0]
    (read,) = readings_of(page(label, f"hxxp://{place.host.replace('.', '[.]')}:80{place.path}"), PLAN)
    assert (read.host, read.path, read.outcome, read.notice) == (*place.key, said, "ntc_abcdefgh")


def test_a_notice_whose_page_fails_is_not_passed_over() -> None:
    class Desk(Browser):
        def get(self, url: str) -> Page:
            if "page=" in url:
                return Page(url, 200, "text/html", b'<a href="/notices/ntc_a/">a</a>')
            raise NoAnswer("/notices/ntc_a/ answered 500.")

    assert read_notices(Desk(), "http://h", PLAN).unread == ["/notices/ntc_a/ answered 500."]
