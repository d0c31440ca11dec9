"""A model that the operator has proposes references, where points do not: as SSCD does, which was trained on copies.

It is an ONNX file that is read from a path and run by OpenCV; nothing is fetched. It takes pictures, as red, green and
blue bytes (uint8[n, height, width, 3]) or in the usual normal form (float32[n, 3, height, width], less the mean of
ImageNet and in its deviations), and gives a row of numbers for each. Of each row the signs of ``BITS`` fixed mixtures
are kept. What it proposes is proved by pixels as all else is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from orbweaver.detect.copies import kernels, messages
from orbweaver.detect.copies.errors import ModelUnusable
from orbweaver.detect.copies.onnx_input import FLOAT, UINT8, taken_by
from orbweaver.detect.copies.picture import Picture, Pixels

SIDE: Final = 224
"""Pixels of a side, where the model takes any."""
BITS: Final = 256
SEED: Final = 20
MEAN: Final = (0.485, 0.456, 0.406)
DEVIATION: Final = (0.229, 0.224, 0.225)
TILES: Final = (
    (0.0, 0.0, 1.0, 1.0),
    *((x * 0.25, y * 0.25, x * 0.25 + 0.5, y * 0.25 + 0.5) for y in range(3) for x in range(3)),
    *((x * 0.32, y * 0.32, x * 0.32 + 0.36, y * 0.32 + 0.36) for y in range(3) for x in range(3)),
)
"""Left, top, right and bottom of the parts of a reference: whole, quarters, and eighths."""
FARTHEST: Final = 92
"""Bits from which a tile proposes nothing."""

Codes = npt.NDArray[np.uint64]
"""uint64[n, 4]: ``BITS`` of each."""


class Model:
    """Gives codes of pictures. For one thread."""

    def __init__(self, path: Path) -> None:
        """Raises ModelUnusable."""
        self.name = path.name
        try:
            data = path.read_bytes()
            self._taken = taken_by(data)
            self._net: Any = cv2.dnn.readNetFromONNX(np.frombuffer(data, np.uint8))
            cv2.setNumThreads(1)
            length = self.numbers([np.zeros((SIDE, SIDE, 3), np.uint8)]).shape[1]
        except (OSError, ValueError, IndexError, cv2.error) as reason:
            raise ModelUnusable(messages.MODEL_UNUSABLE.of(path=str(path))) from reason
        self._mixtures = np.random.default_rng(SEED).standard_normal((length, BITS)).astype(np.float32)

    def codes(self, pictures: Sequence[Pixels]) -> Codes:
        """The codes of pictures, uint8[height, width, 3] each."""
        if not pictures:
            return np.zeros((0, BITS // 64), np.uint64)
        signs = self.numbers(pictures) @ self._mixtures > 0
        return np.ascontiguousarray(np.packbits(signs, axis=1)).view(np.uint64)

    def numbers(self, pictures: Sequence[Pixels]) -> npt.NDArray[np.float32]:
        """float32[n, numbers of the model]: of a picture each, one after the other."""
        rows = []
        for picture in pictures:
            self._net.setInput(self._as_taken(picture))
            rows.append(np.asarray(self._net.forward(), np.float32).reshape(-1))
        return np.stack(rows)

    def _as_taken(self, picture: Pixels) -> npt.NDArray[Any]:
        shape, kind = self._taken.shape, self._taken.kind
        if len(shape) != 4 or kind not in {UINT8, FLOAT}:
            raise ValueError("it takes no pictures")
        tall, wide = shape[1:3] if kind == UINT8 else shape[2:4]
        size = (wide or SIDE, tall or SIDE)
        small = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
        if kind == UINT8:
            return small[None]
        normal = (small.astype(np.float32) / 255 - np.array(MEAN, np.float32)) / np.array(DEVIATION, np.float32)
        return np.ascontiguousarray(normal.transpose(2, 0, 1)[None])


def tiles_of(picture: Picture, model: Model) -> Codes:
    """The codes of a reference, in the order of ``TILES``."""
    return model.codes([picture.part(*tile).colour for tile in TILES])


class Embedded:
    """The codes of references, searched one after the other."""

    def __init__(self, model: Model, codes: Mapping[int, Codes]) -> None:
        """``codes`` of references by their numbers, as ``tiles_of`` gives them."""
        self._model = model
        self._numbers = np.array(list(codes), np.int64)
        every = np.concatenate(list(codes.values())) if codes else np.zeros((0, BITS // 64), np.uint64)
        self._columns = np.ascontiguousarray(every.T)

    def propose(self, picture: Pixels, most: int) -> list[int]:
        """The references nearest to a picture, nearest first: at most ``most``, none too far away."""
        if not len(self._numbers):
            return []
        nearest = np.empty(len(self._numbers), np.uint16)
        kernels.nearest_tiles(self._model.codes([picture])[0], self._columns, len(TILES), nearest)
        near = np.flatnonzero(nearest <= FARTHEST)
        return [int(number) for number in self._numbers[near[np.argsort(nearest[near], kind="stable")][:most]]]
