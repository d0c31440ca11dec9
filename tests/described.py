"""Requests made from an OpenAPI description, good ones and bad ones, each answer judged by the description."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import FlakyStrategyDefinition
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.core.transport import Response
from schemathesis.generation.stateful.state_machine import StepInput, StepOutput
from schemathesis.specs.openapi.checks import ignored_auth

MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
TRIES = 3


def ask_all(
    schema: Any, key: str, examples: int, *, same_each_time: bool, excluded: Sequence[Callable[..., Any]] = ()
) -> dict[str, int]:
    """Ask each call with so many requests of each mode, with this key; how many were answered, by call."""
    answered: dict[str, int] = {}
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        for mode in MODES:

            @settings(
                max_examples=examples,
                deadline=None,
                database=None,
                derandomize=same_each_time,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(case=operation.as_strategy(generation_mode=mode))
            def ask(case: Case[Any]) -> None:
                case.call_and_validate(headers={"Authorization": f"Bearer {key}"}, excluded_checks=list(excluded))
                answered[case.operation.label] = answered.get(case.operation.label, 0) + 1

            ask()
    return answered


def follow_links(schema: Any, key: str, runs: int, *, excluded: Sequence[Callable[..., Any]] = ()) -> set[str]:
    """Ask so many times as the links of the description lead, each answer judged; which calls were led to so.

    A refusal since too much comes at once (503) is described, and no error of ours. What calls without a key are
    answered ``ask_all`` tries: here each has one, whatever the case says.
    """
    led_to: set[str] = set()

    class Led(schema.as_state_machine()):  # type: ignore[misc]
        def get_call_kwargs(self, case: Case[Any]) -> dict[str, Any]:
            return {"headers": {"Authorization": f"Bearer {key}"}}

        def step(self, asked: StepInput) -> StepOutput:
            if asked.transition is not None and asked.applied_parameters:
                led_to.add(asked.case.operation.label)
            return super().step(asked)  # type: ignore[no-any-return]

        def validate_response(self, response: Response, case: Case[Any], *_: Any, **__: Any) -> None:
            busy = [not_a_server_error] if response.status_code == HTTPStatus.SERVICE_UNAVAILABLE else []
            case.validate_response(response, excluded_checks=[ignored_auth, *excluded, *busy])

    for tried in range(1, TRIES + 1):
        try:
            Led.run(
                settings=settings(
                    max_examples=runs,
                    stateful_step_count=6,
                    deadline=None,
                    database=None,
                    derandomize=tried == 1,
                    phases=[Phase.generate],
                    suppress_health_check=list(HealthCheck),
                )
            )
        except FlakyStrategyDefinition:  # busy once and once not, to the same request: other ones are asked
            if tried == TRIES:
                raise
        else:
            break
    return led_to
