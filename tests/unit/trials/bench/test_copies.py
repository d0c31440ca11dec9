from __future__ import annotations

import numpy as np
import pytest

from orbweaver.detect.copies.geometry import UNIT, area, as_quad, clipped, moved
from orbweaver.detect.copies.results import CopyMatch
from orbweaver_trials.bench.copies import checked
from orbweaver_trials.bench.copies_edits import ROWS, copy_of
from orbweaver_trials.bench.copies_photos import drawn

ORIGINALS = [drawn(number % 4) for number in range(9)]


@pytest.mark.parametrize("row", ROWS)
def test_each_edit_says_where_the_original_is(row: str) -> None:
    copy = copy_of(row, ORIGINALS, np.random.default_rng(2))
    assert copy.names
    for _, place in copy.places:
        seen = clipped(moved(place, np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])))
        assert area(seen) > 0.05


def test_what_a_match_tells_is_right_where_its_region_and_all_edits_are() -> None:
    copy = copy_of("border", ORIGINALS, np.random.default_rng(2))
    ((_, place),) = copy.places
    region = as_quad(moved(place, UNIT))
    match = CopyMatch("1", "pieces", "proved", ("border", "recoloured"), query_quad=region)
    assert checked(match, copy, place) == (True, True)
    beside = as_quad(moved(place, UNIT) * [0.5, 1.0])
    assert checked(CopyMatch("1", "pieces", "proved", ("crop",), query_quad=beside), copy, place) == (False, False)
