"""Exchanges whose pages lead round in a circle, or nowhere: a pull says so and ends."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest
from tests.integration.conftest import SetConfig
from tests.integration.detect.exchanges.exchange_conformance import NOW, pull
from tests.integration.detect.exchanges.faulty import Answer, Request, faulty

from orbweaver.detect.exchanges import calls as calling
from orbweaver.detect.exchanges import services
from orbweaver.detect.exchanges.errors import ExchangeFailed
from orbweaver.detect.exchanges.models import Exchange, Pull

pytestmark = pytest.mark.django_db
MOST = 50
"""Calls that a pull of two pages needs never."""

SECRETS = {
    "ncmec": {"username": "user", "password": "pass"},
    "stopncii": {"subscription_key": "s", "fetch_key": "f", "feedback_key": "b"},
    "orbweaver": {"key": "owk_key"},
}


def ncmec(turn: int) -> tuple[str, bytes]:
    """Its second page names the first one, as it came from the cursor, and that the second."""
    page = f"<queryResult><images/><paging><next>/v2/entries?start={turn % 2}</next></paging></queryResult>"
    return "application/xml", page.encode()


def stopncii(turn: int) -> tuple[str, bytes]:
    """One token for ever."""
    page = {"hashRecords": [], "nextPageToken": "t", "hasMoreRecords": True}
    return "application/json", json.dumps(page).encode()


def stuck(turn: int) -> tuple[str, bytes]:
    """There is more, and always behind the same change."""
    return "application/json", json.dumps({"entries": [], "after": 5, "newest": 9, "more": True}).encode()


def backwards(turn: int) -> tuple[str, bytes]:
    """It went back further than to the beginning."""
    return "application/json", json.dumps({"entries": [], "after": 0, "newest": -1, "more": False}).encode()


@pytest.mark.parametrize(
    ("protocol", "page", "said"),
    [
        ("ncmec", ncmec, "circle"),
        ("stopncii", stopncii, "circle"),
        ("orbweaver", stuck, "circle"),
        ("orbweaver", backwards, "not a page"),
    ],
)
def test_pages_that_lead_round_in_a_circle_end_the_pull_with_words(
    protocol: str, page: object, said: str, set_config: SetConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_config(network_allow="127.0.0.1:*", data_dir=tmp_path / "data")
    monkeypatch.setattr(calling, "PAUSES_S", ())
    turns = itertools.count(1)

    def answer(_: Request) -> tuple[int, str, bytes]:
        turn = next(turns)
        return (200, *page(turn)) if turn < MOST else (500, "text/plain", b"")  # type: ignore[operator]

    asked: Answer = answer
    with faulty(asked) as host:
        exchange = services.add_exchange(
            "Theirs", protocol=protocol, address=host.address, supplier="They", list_name="Their list",
            every_minutes=60, secrets=SECRETS[protocol], by=None, now=NOW,
        )  # fmt: skip
        with pytest.raises(ExchangeFailed, match=said):
            pull(exchange, NOW)
    kept = Exchange.objects.get()
    assert (kept.failures, kept.next_at > NOW) == (1, True), "it is asked again later, not at once"
    assert said in str(Pull.objects.get().problem)
