"""Requests made from the descriptions of the web's own calls, good ones and bad ones: every answer is one described."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance
from tests.described import ask_all, follow_links

from orbweaver.people.accounts.models import Organisation
from orbweaver.people.accounts.rules import KEY_SCOPES
from orbweaver.people.accounts.services import create_api_key
from orbweaver.platform.clock import now
from orbweaver.platform.wsgi import application

pytestmark = pytest.mark.django_db
EACH = 3
EACH_IN_SOAK = 1_000
BEYOND_SCHEMAS: list[Any] = [positive_data_acceptance, negative_data_rejection]
"""No schema says what is an address, a report in XARF, or a notice that is there; parameters that nobody reads do no
harm. What is left: no error of ours, and no answer of a status, type or form that is not described."""
CALLS = {
    "/api/v1/openapi.json": {
        "POST /api/v1/scan",
        "POST /api/v1/reports",
        "GET /api/v1/reports/{report_id}",
        "POST /api/v1/police/words",
    },
    "/abuse-signal/openapi.json": {
        "POST /abuse-signal/v1/abuse",
        "GET /abuse-signal/v1/abuse/{report_id}",
        "GET /abuse-signal/v1/abusestatuses",
        "GET /abuse-signal/v1/notices",
        "GET /abuse-signal/v1/notices/{notice_id}",
        "POST /abuse-signal/v1/notices/{notice_id}/answers",
    },
}


def ask(description: str, key: str, examples: int) -> dict[str, int]:
    schema = schemathesis.openapi.from_wsgi(description, application)
    return ask_all(schema, key, examples, same_each_time=examples == EACH, excluded=BEYOND_SCHEMAS)


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
    assert set(ask(description, key, EACH)) == CALLS[description]


def test_the_description_leads_from_a_report_to_where_it_stands(key: str) -> None:
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)
    assert follow_links(schema, key, 10, excluded=BEYOND_SCHEMAS) == {"GET /api/v1/reports/{report_id}"}


def test_each_link_of_a_description_leads_to_a_call_and_names_what_it_takes() -> None:
    led = 0
    for address in CALLS:
        paths = Client().get(address).json()["paths"]
        calls = {call["operationId"]: call for of_path in paths.values() for call in of_path.values()}
        for call in calls.values():
            for answer in call["responses"].values():
                for link in answer.get("links", {}).values():
                    taken = {each["name"] for each in calls[link["operationId"]]["parameters"]}
                    assert set(link["parameters"]) <= taken
                    led += 1
    assert led == 3


@pytest.mark.soak
@pytest.mark.parametrize("description", CALLS, ids=("v1", "abuse-signal"))
def test_answers_are_as_described_in_numbers(description: str, key: str, soak_figures: Callable[..., None]) -> None:
    answered = ask(description, key, EACH_IN_SOAK)
    soak_figures(description=description, answered=answered)
    assert set(answered) == CALLS[description]


@pytest.mark.parametrize(
    "path", ["/abuse-signal/v1/notices?state=%00", "/abuse-signal/v1/abuse/report%00", "/api/v1/reports/rep_%00"]
)
def test_what_no_database_keeps_is_refused_as_clients_read_it(key: str, path: str) -> None:
    answer = Client().get(path, headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code in {400, 404}, answer.content
    assert answer.headers["Content-Type"].startswith(("application/json", "application/problem+json"))
    assert {"message", "detail"} & answer.json().keys()
