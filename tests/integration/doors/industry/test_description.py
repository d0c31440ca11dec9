"""Requests made from the OpenAPI description itself, good ones and bad ones: every answer is one that it describes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import schemathesis
from tests.described import ask_all

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


def test_answers_are_as_described(address: str, key: MakeKey) -> None:
    answered = ask(address, key, EACH)
    assert set(answered) == CALLS


@pytest.mark.soak
def test_answers_are_as_described_in_numbers(address: str, key: MakeKey, soak_figures: Callable[..., None]) -> None:
    answered = ask(address, key, EACH_IN_SOAK)
    soak_figures(answered=answered)
    assert set(answered) == CALLS
