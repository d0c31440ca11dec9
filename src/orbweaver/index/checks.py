"""What may enter the index: arrays of the right type and shape, or a clear error before anything is touched."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from orbweaver.index.errors import DuplicateIds, InvalidFingerprints
from orbweaver.index.messages import (
    ID_TWICE,
    IDS_NOT_FLAT,
    IDS_NOT_INT64,
    NOT_UINT8,
    ONE_ID_EACH,
    OTHER_SHAPE,
    RADIUS_RANGE,
)

Values: TypeAlias = NDArray[np.uint8]
"""uint8[n, width]: one fingerprint or digest a row."""
Ids: TypeAlias = NDArray[np.int64]
"""int64[n]: the database ids of the hash list entries."""
Rows: TypeAlias = NDArray[np.int64]
"""int64[k]: row numbers inside one segment."""
Words: TypeAlias = NDArray[np.uint64]
"""uint64[n, 4]: the same bytes as uint8[n, 32], for population counts."""

HASH_BYTES = 32
MAX_RADIUS = HASH_BYTES * 8


def check_values(values: Any, width: int, what: str = "hashes") -> Values:
    """``values`` as C-contiguous uint8[n, width]; raises InvalidFingerprints for anything else."""
    if not isinstance(values, np.ndarray) or values.dtype != np.uint8:
        kind = str(values.dtype) if isinstance(values, np.ndarray) else type(values).__name__
        raise InvalidFingerprints(NOT_UINT8.of(what=what, kind=kind))
    if values.ndim != 2 or values.shape[1] != width:
        raise InvalidFingerprints(OTHER_SHAPE.of(what=what, width=width, shape=str(values.shape)))
    return np.ascontiguousarray(values)


def check_ids(ids: Any, count: int | None = None, *, once: bool = True) -> Ids:
    """``ids`` as int64[n] (n = ``count`` if given); raises InvalidFingerprints, or DuplicateIds unless not ``once``."""
    if not isinstance(ids, np.ndarray) or ids.dtype.kind not in "iu" or not np.can_cast(ids.dtype, np.int64):
        kind = str(ids.dtype) if isinstance(ids, np.ndarray) else type(ids).__name__
        raise InvalidFingerprints(IDS_NOT_INT64.of(kind=kind))
    if ids.ndim != 1 or (count is not None and len(ids) != count):
        shape = str(ids.shape)
        raise InvalidFingerprints(
            IDS_NOT_FLAT.of(shape=shape) if count is None else ONE_ID_EACH.of(count=count, shape=shape)
        )
    wide = np.ascontiguousarray(ids, dtype=np.int64)
    if once and not rises(wide):
        ordered = np.sort(wide)
        if bool(np.any(ordered[1:] == ordered[:-1])):
            raise DuplicateIds(ID_TWICE)
    return wide


def check_radius(radius: Any) -> int:
    """``radius`` as an int in 0..256 bits; raises InvalidFingerprints."""
    if isinstance(radius, bool) or not isinstance(radius, int | np.integer) or not 0 <= radius <= MAX_RADIUS:
        raise InvalidFingerprints(RADIUS_RANGE.of(most=MAX_RADIUS))
    return int(radius)


def rises(ids: Ids) -> bool:
    """Whether each of ``ids`` is greater than the one before."""
    return bool(np.all(ids[1:] > ids[:-1]))


def as_words(values: Values) -> Words:
    """The hashes as uint64[n, 4] over the same memory (byte order does not matter for Hamming distances)."""
    words = np.ascontiguousarray(values).view(np.uint64).reshape(-1, HASH_BYTES // 8)
    return words if words.flags.aligned else words.copy()
