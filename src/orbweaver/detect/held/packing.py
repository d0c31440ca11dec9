"""What is kept of a held picture, as bytes and back. Loads OpenCV: for the ``copies`` worker alone."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt

from orbweaver.detect.copies.points import Packed
from orbweaver.detect.copies.references import Reference
from orbweaver.fingerprints.pdq_hash import Hashes

EIGHT = 8 * 32


def as_bytes(reference: Reference) -> bytes:
    """All of it but its name, as NumPy's archive of arrays."""
    every = [reference.hashes, *(hashes for _, hashes in reference.piece_hashes)]
    buffer = io.BytesIO()
    np.savez(
        buffer,
        hashes=np.frombuffer(b"".join(b"".join(each.dihedral) for each in every), np.uint8),
        qualities=np.array([each.quality for each in every], np.uint8),
        boxes=np.array([box for box, _ in reference.piece_hashes], np.float64).reshape(-1, 4),
        positions=reference.kept.positions,
        poses=reference.kept.poses,
        bits=reference.kept.bits,
        small=np.frombuffer(reference.small, np.uint8),
        marks=np.array([reference.pattern, reference.plain], np.bool_),
    )
    return buffer.getvalue()


def from_bytes(name: str, data: bytes) -> Reference:
    """The reference of this name. Raises ValueError or KeyError for anything else."""
    with np.load(io.BytesIO(data), allow_pickle=False) as kept:
        qualities: npt.NDArray[np.uint8] = kept["qualities"]
        rows = kept["hashes"].reshape(len(qualities), EIGHT)
        every = [_hashes(row.tobytes(), int(quality)) for row, quality in zip(rows, qualities, strict=True)]
        boxes = [(float(a), float(b), float(c), float(d)) for a, b, c, d in kept["boxes"]]
        return Reference(
            name=name,
            hashes=every[0],
            piece_hashes=tuple(zip(boxes, every[1:], strict=True)),
            kept=Packed(kept["positions"], kept["poses"], kept["bits"]),
            small=kept["small"].tobytes(),
            pattern=bool(kept["marks"][0]),
            plain=bool(kept["marks"][1]),
        )


def _hashes(eight: bytes, quality: int) -> Hashes:
    dihedral = tuple(eight[at : at + 32] for at in range(0, EIGHT, 32))
    return Hashes(dihedral[0], quality, dihedral)
