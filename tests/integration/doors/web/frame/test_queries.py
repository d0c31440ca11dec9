"""The developer's foot of a page: how many queries, how long, which were slowest; for nobody else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from django.test import Client
    from tests.integration.conftest import SetConfig

pytestmark = pytest.mark.django_db
PAGE = "/public/"


@pytest.fixture
def debugging(set_config: SetConfig) -> None:
    set_config(debug_queries="true")


@pytest.fixture
def visitor(debugging: None) -> Client:
    """A client made after the setting: middleware is chosen when the application is."""
    from django.test import Client

    return Client()


def test_without_the_setting_no_page_says_what_it_asked() -> None:
    from django.test import Client

    assert b'class="queries"' not in Client().get(PAGE).content


def test_a_page_says_how_many_queries_it_took_how_long_and_which(visitor: Client) -> None:
    answer = visitor.get(PAGE)
    foot = re.search(r'<aside class="queries"[^>]*>.*</aside></body>', answer.content.decode(), re.DOTALL)
    assert foot is not None
    assert re.search(r"\d+ quer(y|ies), \d+\.\d ms", foot[0])
    assert "SELECT" in foot[0]
    assert int(answer.headers["Content-Length"]) == len(answer.content)


def test_the_foot_shows_statements_without_their_values(visitor: Client) -> None:
    secret = "anumberofnobody"
    page = visitor.get(f"/public/report/{secret}/")
    assert secret not in page.content.decode().partition('class="queries"')[2]


def test_what_is_no_page_stays_as_it_is(visitor: Client) -> None:
    assert b"queries" not in visitor.get("/robots.txt").content


@pytest.mark.parametrize("elsewhere", [{"REMOTE_ADDR": "192.0.2.7"}, {"HTTP_X_FORWARDED_FOR": "192.0.2.7"}])
def test_somebody_at_another_machine_sees_none(visitor: Client, elsewhere: dict[str, str]) -> None:
    assert b'class="queries"' not in visitor.get(PAGE, **elsewhere).content  # type: ignore[arg-type]  # of the environ
