from __future__ import annotations

import numpy as np
import pytest

from orbweaver.detect.copies.geometry import area, clipped, moved
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
