from __future__ import annotations

import numpy as np
import pytest

from orbweaver.detect.copies import geometry
from orbweaver.detect.copies.hashed import turn_matrix
from orbweaver.fingerprints.turning import WHOLE, corners_of, is_mirrored

REGION = (0.2, 0.1, 0.6, 0.9)


@pytest.mark.parametrize("turn", range(8))
def test_corners_are_where_the_copies_have_them(turn: int) -> None:
    matrix = geometry.boxed(*REGION) @ turn_matrix(turn)
    corners = np.array(corners_of(REGION, turn))
    assert np.allclose(corners, geometry.moved(matrix, geometry.UNIT))
    assert is_mirrored(turn) == (np.linalg.det(matrix[:2, :2]) < 0)


def test_the_whole_as_it_is_lies_where_it_is() -> None:
    assert corners_of((0.0, 0.0, 1.0, 1.0), 0) == WHOLE
