from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image
from tests.unit.detect.copies.conftest import picture, text_page

from orbweaver.detect.copies import corners
from orbweaver.detect.copies.corners import Found, found_in, pyramid_of, turns_of


def grey_of(kind: str, originals: list[Image.Image]) -> Any:
    if kind == "page":
        return picture(text_page(3)).grey
    if kind == "small":
        return np.ascontiguousarray(picture(originals[4]).grey[:61, :47])
    return picture(originals[1 if kind == "photograph" else 6]).grey


@pytest.mark.parametrize("kind", ["photograph", "drawn", "page", "small"])
def test_the_corners_are_those_of_opencv(kind: str, originals: list[Image.Image]) -> None:
    """What is held was found by either: the corners of a copy must be the same."""
    grey = grey_of(kind, originals)
    library: Any = cv2
    of_opencv = library.ORB_create(
        corners.MOST, 1.2, corners.LEVELS, corners.EDGE, 0, 2, cv2.ORB_FAST_SCORE, 31, corners.CONTRAST
    )
    theirs = {
        (at.octave, round(at.pt[0] / 1.2**at.octave), round(at.pt[1] / 1.2**at.octave)): (at.response + 1, at.angle)
        for at in of_opencv.detect(grey)
    }
    pyramid = pyramid_of(grey)
    found = found_in(pyramid)
    turns = turns_of(pyramid, found)
    ours = {
        (level, across, down): (strength, turn)
        for level, across, down, strength, turn in zip(*(column.tolist() for column in (*found, turns)), strict=True)
    }
    assert ours.keys() == theirs.keys()
    assert ours
    for place, (strength, turn) in theirs.items():
        assert ours[place][0] == strength
        assert abs((ours[place][1] - turn + 180) % 360 - 180) < 0.02  # OpenCV's is rounded


def test_a_picture_without_room_or_detail_has_no_corners() -> None:
    assert pyramid_of(np.zeros((30, 400), np.uint8)) == []
    assert not len(found_in([]).levels)
    assert not len(found_in(pyramid_of(np.full((90, 90), 7, np.uint8))).levels)
    assert turns_of([], Found(*(np.zeros(0, np.int64) for _ in range(4)))).shape == (0,)
