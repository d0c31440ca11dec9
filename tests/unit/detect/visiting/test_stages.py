"""A leased URL's stages are values: nobody writes to one that is made."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Iterator
from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from orbweaver.detect.crawl.frontier import Leased
from orbweaver.detect.visiting import stages
from orbweaver.detect.visiting.stages import Fetched, Read, Visited

WRITABLE = (list, dict, set, bytearray)


def parts(kind: Any) -> Iterator[Any]:
    """The types that a type is put together from."""
    if not isinstance(kind, list):  # the parameters of a callable
        yield typing.get_origin(kind) or kind
    for part in kind if isinstance(kind, list) else typing.get_args(kind):
        yield from parts(part)


def reached(kind: type, found: set[Any]) -> set[Any]:
    """The type and all that its fields hold, by what they declare."""
    if kind not in found:
        found.add(kind)
        if dataclasses.is_dataclass(kind):
            hints = typing.get_type_hints(kind)
            for part in (part for each in dataclasses.fields(kind) for part in parts(hints[each.name])):
                reached(part, found)
    return found


@pytest.mark.parametrize("stage", [Leased, Fetched, Read, Visited])
def test_a_stage_and_all_that_it_holds_is_frozen(stage: type) -> None:
    held = reached(stage, set())
    values = [each for each in held if dataclasses.is_dataclass(each)]
    assert stage in values
    assert [str(each) for each in values if not typing.cast("Any", each).__dataclass_params__.frozen] == []
    assert [each for each in held if each in WRITABLE] == []


def test_whatever_the_stages_module_declares_is_frozen() -> None:
    own = [each for each in vars(stages).values() if dataclasses.is_dataclass(each)]
    assert {Fetched, Read, Visited} < set(own)
    assert all(typing.cast("Any", each).__dataclass_params__.frozen for each in own)


def test_writing_to_an_outcome_is_refused() -> None:
    made = object.__new__(Visited)
    with pytest.raises(FrozenInstanceError):
        made.error = "dns"  # type: ignore[misc]
