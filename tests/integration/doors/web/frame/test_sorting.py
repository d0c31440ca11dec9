"""The order of a table stands in the address, and a heading turns it round."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any

import pytest

from orbweaver.people.accounts.rules import Role

if TYPE_CHECKING:
    from collections.abc import Callable

    SignIn = Callable[..., Any]


def rows_of(page: str) -> list[str]:
    """The first cell of each row of the page's table, without its marks."""
    cells = re.findall(r'<tr>\s*<th scope="row">(.*?)</th>', page, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in cells]


def heading(page: str, words: str) -> str:
    found = re.search(rf"<th [^>]*>(?:<a [^>]*>)?{words}(?:</a>)?</th>", page)
    assert found is not None, words
    return found[0]


@pytest.fixture
def providers(db: None, now: dt.datetime) -> None:
    from orbweaver.notify.providers.services import add_provider

    for name, country in (("Beta", "NL"), ("Alpha", "US"), ("Gamma", "CA")):
        add_provider(name, country=country, now=now)


@pytest.mark.usefixtures("providers")
def test_a_table_is_ordered_as_its_address_says_and_its_heading_turns_the_order_round(sign_in: SignIn) -> None:
    client = sign_in("Mona", Role.HOTLINE_MANAGER)
    page = client.get("/providers/?kind=host").content.decode()
    assert rows_of(page) == ["Alpha", "Beta", "Gamma"]
    assert heading(page, "Country") == '<th scope="col"><a href="?kind=host&amp;sort=country">Country</a></th>'
    page = client.get("/providers/?kind=host&sort=country").content.decode()
    assert rows_of(page) == ["Gamma", "Beta", "Alpha"]
    assert 'aria-sort="ascending"><a href="?kind=host&amp;sort=-country"' in heading(page, "Country")
    page = client.get("/providers/?kind=host&sort=-country").content.decode()
    assert rows_of(page) == ["Alpha", "Beta", "Gamma"]
    assert 'aria-sort="descending"' in heading(page, "Country")
    assert 'name="sort" value="-country"' in page, "another search keeps the order"


@pytest.mark.usefixtures("providers")
@pytest.mark.parametrize("asked", ["password", "-", "pk;", "--name", "\x00"])
def test_a_column_that_the_table_does_not_have_is_not_asked_for(sign_in: SignIn, asked: str) -> None:
    page = sign_in("Mona", Role.HOTLINE_MANAGER).get("/providers/", {"sort": asked}).content.decode()
    assert rows_of(page) == ["Alpha", "Beta", "Gamma"]
    assert "aria-sort" not in page


def test_the_pages_of_a_table_keep_its_order(db: None, sign_in: SignIn, now: dt.datetime) -> None:
    from orbweaver.notify.providers.services import add_provider

    for number in range(60):
        add_provider(f"Provider {number:02}", now=now)
    client = sign_in("Mona", Role.HOTLINE_MANAGER)
    page = client.get("/providers/?sort=-provider").content.decode()
    assert rows_of(page)[0] == "Provider 59"
    assert 'href="?sort=-provider&amp;page=2"' in page
    assert rows_of(client.get("/providers/?sort=-provider&page=2").content.decode())[-1] == "Provider 00"


def test_notices_are_ordered_by_what_stands_in_them_and_filters_stay(
    db: None, sign_in: SignIn, now: dt.datetime
) -> None:
    from orbweaver.notify.notices.models import Notice
    from orbweaver.notify.providers.services import add_provider

    for name, messages, days in (("Beta", 3, 1), ("Alpha", 9, 2), ("Gamma", 1, 3)):
        Notice.objects.create(
            provider=add_provider(name, now=now), notice_type="csam", state="open", identified=False,
            occasions=messages, created_at=now, first_sent_at=now - dt.timedelta(days=days),
        )  # fmt: skip
    client = sign_in("Mona", Role.HOTLINE_MANAGER)

    def names(asked: str) -> list[str]:
        page = client.get(f"/notices/{asked}").content.decode()
        return [re.sub(r"Notice to (\w+), .*", r"\1", row) for row in rows_of(page)]

    assert names("") == ["Gamma", "Alpha", "Beta"]
    assert names("?sort=provider") == ["Alpha", "Beta", "Gamma"]
    assert names("?sort=-messages") == ["Alpha", "Beta", "Gamma"]
    assert names("?state=open&sort=sent") == ["Gamma", "Alpha", "Beta"]
    page = client.get("/notices/?state=open&sort=sent").content.decode()
    assert 'href="?state=closed&amp;sort=sent"' in page
    assert 'href="?state=open&amp;sort=-messages"' in heading(page, "Messages"), "the most come first"


def test_leads_are_called_by_where_they_begin_narrowed_by_their_source_and_ordered(
    db: None, sign_in: SignIn, now: dt.datetime
) -> None:
    from orbweaver.detect.crawl.models import Lead
    from orbweaver.detect.crawl.services import add_lead

    for host, source in (("b", Lead.Source.OPERATOR), ("a", Lead.Source.LIST), ("c", Lead.Source.OPERATOR)):
        add_lead(f"https://{host}.example/", source=source, now=now)
    client = sign_in("Mona", Role.HOTLINE_MANAGER)

    def hosts(asked: str) -> list[str]:
        return re.findall(r"Lead at (\w)\[", client.get(f"/leads/{asked}").content.decode())

    assert hosts("") == ["c", "a", "b"]
    assert hosts("?sort=lead") == ["a", "b", "c"]
    assert hosts("?from=operator&sort=lead") == ["b", "c"]
    assert "No lead is from there." in client.get("/leads/?from=analyst").content.decode()


def test_series_are_ordered_by_their_title(db: None, sign_in: SignIn, now: dt.datetime) -> None:
    from orbweaver.assess.series.services import open_series
    from orbweaver.people.accounts.models import User

    client = sign_in("Ann", Role.ANALYST)
    for title in ("Blue", "Amber", "Coral"):
        open_series(title, by=User.objects.get(), now=now)
    page = client.get("/series/?status=proposed&sort=series").content.decode()
    assert [row.split()[0] for row in rows_of(page)] == ["Amber", "Blue", "Coral"]
    assert 'href="?status=proposed&amp;sort=-opened"' in heading(page, "Opened")
