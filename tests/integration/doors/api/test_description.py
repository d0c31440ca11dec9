"""Requests made from the descriptions of the web's own calls, good ones and bad ones: every answer is one described."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from orbweaver.people.accounts.models import Organisation
from orbweaver.people.accounts.rules import KEY_SCOPES
from orbweaver.people.accounts.services import create_api_key
from orbweaver.platform.clock import now

pytestmark = pytest.mark.django_db
EACH = 3
EACH_IN_SOAK = 1_000
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
BEYOND_SCHEMAS: list[Any] = [positive_data_acceptance, negative_data_rejection]
"""No schema says what is an address, a report in XARF, or a notice that is there; parameters that nobody reads do no
harm. What is left: no error of ours, and no answer of a status, type or form that is not described."""
CALLS = {
    "/api/v1/openapi.json": {"POST /api/v1/scan", "POST /api/v1/reports", "GET /api/v1/reports/{report_id}"},
    "/abuse-signal/openapi.json": {
        "POST /abuse-signal/v1/abuse",
        "GET /abuse-signal/v1/abuse/{report_id}",
        "GET /abuse-signal/v1/abusestatuses",
        "GET /abuse-signal/v1/notices",
        "GET /abuse-signal/v1/notices/{notice_id}",
        "POST /abuse-signal/v1/notices/{notice_id}/answers",
    },
}


def ask_all(description: str, key: str, examples: int) -> dict[str, int]:
    """Ask with so many requests of each mode, and judge each answer; how many were answered, by call."""
    from orbweaver.platform.wsgi import application

    schema = schemathesis.openapi.from_wsgi(description, application)
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
                case.call_and_validate(headers={"Authorization": f"Bearer {key}"}, excluded_checks=BEYOND_SCHEMAS)
                answered[case.operation.label] = answered.get(case.operation.label, 0) + 1

            ask()
    return answered


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """The test's own connection, which requests would close: what a test wrote is seen there alone."""
    for ended in (request_started, request_finished):
        ended.disconnect(close_old_connections)
    yield
    for ended in (request_started, request_finished):
        ended.connect(close_old_connections)


@pytest.fixture
def key(organisation: Organisation) -> str:
    return create_api_key(organisation, "test", KEY_SCOPES, now())


@pytest.mark.parametrize("description", CALLS, ids=("v1", "abuse-signal"))
def test_answers_are_as_described(description: str, key: str) -> None:
    assert set(ask_all(description, key, EACH)) == CALLS[description]


@pytest.mark.soak
@pytest.mark.parametrize("description", CALLS, ids=("v1", "abuse-signal"))
def test_answers_are_as_described_in_numbers(description: str, key: str, soak_figures: Callable[..., None]) -> None:
    answered = ask_all(description, key, EACH_IN_SOAK)
    soak_figures(description=description, answered=answered)
    assert set(answered) == CALLS[description]
