"""No small number is published, and none can be worked out from a published total."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orbweaver.account_for.transparency.suppression import FEWEST, Cell, Hidden, parts, shown, suppress

COUNTS = st.one_of(st.just(0), st.integers(1, 9), st.integers(0, 300))


@pytest.mark.parametrize(("count", "cell"), [(0, 0), (1, Hidden.FEW), (4, Hidden.FEW), (5, 5), (1000, 1000)])
def test_counts_of_1_to_4_are_shown_as_fewer_than_5(count: int, cell: Cell) -> None:
    assert shown(count) == cell


@pytest.mark.parametrize(
    ("counts", "cells", "total"),
    [
        ([10, 20], [10, 20], 30),
        ([10, 3], [Hidden.KEPT, Hidden.FEW], 13),
        ([10, 3, 2], [10, Hidden.FEW, Hidden.FEW], 15),
        ([10, 1, 1], [Hidden.KEPT, Hidden.FEW, Hidden.FEW], 12),
        ([10, 4, 4], [Hidden.KEPT, Hidden.FEW, Hidden.FEW], 18),
        ([0, 3], [0, Hidden.FEW], Hidden.FEW),
        ([5, 1], [Hidden.KEPT, Hidden.FEW], Hidden.KEPT),
        ([0, 0], [0, 0], 0),
    ],
)
def test_where_a_total_would_give_a_small_part_away_another_is_hidden_too(
    counts: list[int], cells: list[Cell], total: Cell
) -> None:
    assert parts(counts) == (cells, total)


def possible(line: Sequence[Cell], total: Cell, counts: Sequence[int]) -> list[set[int]]:
    """By trying: what each part could be for a reader who knows the rules, up to a bound."""
    most = sum(counts) + FEWEST
    ranges = [
        range(1, FEWEST) if cell is Hidden.FEW else range(FEWEST, most + 1) if cell is Hidden.KEPT else (cell,)
        for cell in line
    ]
    found: list[set[int]] = [set() for _ in line]
    for guess in itertools.product(*ranges):
        if isinstance(total, Hidden) or sum(guess) == total:
            for seen, value in zip(found, guess, strict=True):
                seen.add(value)
    return found


@given(st.lists(st.one_of(st.just(0), st.integers(1, 8)), min_size=1, max_size=4))
def test_every_hidden_part_could_be_two_numbers_at_least(counts: list[int]) -> None:
    cells, total = parts(counts)
    for cell, values in zip(cells, possible(cells, total, counts), strict=True):
        if isinstance(cell, Hidden):
            assert len(values) >= 2


TABLES = st.integers(1, 5).flatmap(
    lambda width: st.lists(st.lists(COUNTS, min_size=width, max_size=width), min_size=1, max_size=6)
)


@given(TABLES)
def test_in_a_table_no_small_number_is_shown_and_what_is_shown_is_true(table: list[list[int]]) -> None:
    found = suppress(table)
    lines = [*zip(table, found.cells, strict=True)]
    lines.append(([sum(row) for row in table], found.row_totals))
    lines.append(([sum(column) for column in zip(*table, strict=True)], found.column_totals))
    for counts, cells in lines:
        for count, cell in zip(counts, cells, strict=True):
            if isinstance(cell, Hidden):
                assert (cell is Hidden.FEW) == (0 < count < FEWEST)
            else:
                assert cell == count
                assert not 0 < count < FEWEST


@given(TABLES)
def test_in_a_table_no_line_with_its_total_has_a_single_hidden_part(table: list[list[int]]) -> None:
    found = suppress(table)
    columns = [list(column) for column in zip(*found.cells, strict=True)]
    for line, total in [
        *zip(found.cells, found.row_totals, strict=True),
        *zip(columns, found.column_totals, strict=True),
    ]:
        if not isinstance(total, Hidden):
            assert sum(isinstance(cell, Hidden) for cell in line) != 1


@given(TABLES)
def test_nothing_is_hidden_where_nothing_is_small(table: list[list[int]]) -> None:
    large = [[count * FEWEST for count in row] for row in table]
    assert suppress(large).cells == large
