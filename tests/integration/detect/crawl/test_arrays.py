"""Columns written as literals of arrays come back as they were, whatever stands in them."""

from __future__ import annotations

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from orbweaver.detect.crawl.arrays import numbers, texts

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30)
SPECIAL = st.sampled_from(
    ["", "NULL", "null", "{}", "{a,b}", '"', "\\", "'", "a b", " a ", "é", "１", "%s", "$1", "\n"]
)


def read(literal: str, kind: str) -> list[object]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT each FROM unnest(%s::{kind}[]) WITH ORDINALITY AS u (each, n) ORDER BY n", [literal])
        return [each for (each,) in cursor.fetchall()]


@pytest.mark.django_db
@given(st.lists(st.none() | SPECIAL | TEXT, max_size=20))
def test_texts_come_back_as_they_were(values: list[str | None]) -> None:
    assert read(texts(values), "text") == values


@pytest.mark.django_db
@given(st.lists(st.none() | st.integers(-(2**63), 2**63 - 1), max_size=20))
def test_numbers_come_back_as_they_were(values: list[int | None]) -> None:
    assert read(numbers(values), "bigint") == values


@pytest.mark.django_db
def test_truth_values_and_fractions_come_back_as_they_were() -> None:
    assert read(numbers([True, None, False]), "bool") == [True, None, False]
    assert read(numbers([0.1, 1e-300, None, 2.0]), "float8") == [0.1, 1e-300, None, 2.0]
