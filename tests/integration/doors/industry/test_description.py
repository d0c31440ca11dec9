"""Requests made from the OpenAPI description itself, good ones and bad ones: every answer is one that it describes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.core.result import Ok

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
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


def ask_all(address: str, key: str, examples: int) -> dict[str, int]:
    """Ask with so many requests of each mode, and judge each answer; how many were answered, by call."""
    schema = schemathesis.openapi.from_url(f"{address}/api/v1/openapi.json")
    answered: dict[str, int] = {}
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        for mode in MODES:

            @settings(
                max_examples=examples,
                deadline=None,
                database=None,
                derandomize=examples == EACH,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(case=operation.as_strategy(generation_mode=mode))
            def ask(case: Case[Any]) -> None:
                case.call_and_validate(headers={"Authorization": f"Bearer {key}"})
                answered[case.operation.label] = answered.get(case.operation.label, 0) + 1

            ask()
    return answered


def test_answers_are_as_described(address: str, key: MakeKey) -> None:
    answered = ask_all(address, key(*SCOPES, scans_per_minute=1_000_000), EACH)
    assert set(answered) == CALLS


@pytest.mark.soak
def test_answers_are_as_described_in_numbers(address: str, key: MakeKey, soak_figures: Callable[..., None]) -> None:
    answered = ask_all(address, key(*SCOPES, scans_per_minute=1_000_000), EACH_IN_SOAK)
    soak_figures(answered=answered)
    assert set(answered) == CALLS
