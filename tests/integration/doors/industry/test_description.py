"""Requests made from the OpenAPI description itself, good ones and bad ones: every answer is one that it describes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import schemathesis
from tests.described import ask_all, follow_links
from tests.soak.industry.bad_input import CALLS as BAD

from orbweaver.doors.industry.ours.openapi import description
from orbweaver.people.accounts.rules import Permission

from .conftest import MakeKey

pytestmark = pytest.mark.django_db(transaction=True)
EACH = 5
EACH_IN_SOAK = 2_000
SCOPES = (Permission.SCAN_USE, Permission.LIST_READ)
CALLS = {
    "POST /scan", "POST /scan/url", "POST /scan/hashes", "POST /jobs", "GET /jobs/{id}", "GET /entries",
    "GET /test-pictures/{name}",
}  # fmt: skip


def ask(address: str, key: MakeKey, examples: int) -> dict[str, int]:
    schema = schemathesis.openapi.from_url(f"{address}/api/v1/openapi.json")
    return ask_all(schema, key(*SCOPES, scans_per_minute=1_000_000), examples, same_each_time=examples == EACH)


def test_every_call_that_is_described_is_among_those_that_get_bad_input() -> None:
    described = description(1000, 10)["paths"]
    there = {
        (method.upper(), "/api/v1" + path.partition("{")[0])
        for path, of_path in described.items()
        for method in of_path
    }
    assert not [
        each for each in there if not any(each[0] == method and path.startswith(each[1]) for method, path in BAD)
    ]


@pytest.mark.sweep
def test_answers_are_as_described(address: str, key: MakeKey) -> None:
    answered = ask(address, key, EACH)
    assert set(answered) == CALLS


def test_links_lead_from_a_film_to_its_job_and_from_one_page_to_the_next(address: str, key: MakeKey) -> None:
    schema = schemathesis.openapi.from_url(f"{address}/api/v1/openapi.json")
    led_to = follow_links(schema, key(*SCOPES, scans_per_minute=1_000_000), 15)
    assert led_to == {"GET /jobs/{id}", "GET /entries"}


@pytest.mark.soak
def test_answers_are_as_described_in_numbers(address: str, key: MakeKey, soak_figures: Callable[..., None]) -> None:
    answered = ask(address, key, EACH_IN_SOAK)
    soak_figures(answered=answered)
    assert set(answered) == CALLS
