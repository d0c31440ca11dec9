"""Requests made from an OpenAPI description, good ones and bad ones, each answer judged by the description."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.core.result import Ok

MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


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
