"""PDQ equals Meta's reference hasher."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pdqhash
import pytest
from PIL import Image, ImageOps
from threatexchange.signal_type.pdq.pdq_hasher import pdq_from_bytes

import orbweaver.fingerprints
from orbweaver.fingerprints import CannotFingerprint, fingerprint
from orbweaver.fingerprints.pdq_hash import hashes_of, lower_median
from orbweaver.fingerprints.pdq_kind import Pdq
from orbweaver.fingerprints.plane import Orientation, Plane

distance = Pdq().distance
Reference = Callable[[Image.Image], tuple[bytes, int]]


def luma(image: Image.Image) -> Plane:
    return Plane(np.asarray(image.convert("L")), image.width, image.height)


@pytest.mark.parametrize(
    ("width", "height"),
    [(5, 5), (6, 40), (63, 64), (64, 64), (65, 200), (127, 129), (640, 480), (481, 999), (1601, 203)],
)
def test_same_pixels_same_hash(
    scene: Callable[..., Image.Image], reference: Reference, width: int, height: int
) -> None:
    picture = scene(width, height, seed=width)
    expected, quality = reference(picture)
    ours = hashes_of(luma(picture))
    assert distance(ours.pdq, expected) <= 4  # grey is rounded to whole levels, the reference's is not
    assert abs(ours.quality - quality) <= 2


def test_the_eight_hashes_are_in_the_references_order(photo: Image.Image) -> None:
    """The reference mirrors its result instead of the picture, which is why this is not exact."""
    expected, _ = pdqhash.compute_dihedral(np.asarray(photo))
    ours = hashes_of(luma(photo)).dihedral
    assert len(ours) == 8
    for one, other in zip(ours, expected, strict=True):
        assert distance(one, np.packbits(other.astype(np.uint8)).tobytes()) <= 24


@pytest.mark.parametrize("turn", list(Image.Transpose))
def test_a_turned_or_mirrored_copy_has_one_of_the_eight_hashes(
    photo: Image.Image, reference: Reference, turn: Image.Transpose
) -> None:
    copy, _ = reference(photo.transpose(turn))
    assert min(distance(copy, one) for one in hashes_of(luma(photo)).dihedral) <= 4


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_eight_hashes_of_a_picture_with_an_orientation_are_those_of_the_turned_one(
    photo: Image.Image, orientation: int
) -> None:
    turned = photo.copy()
    turned.getexif()[0x0112] = orientation
    seen = ImageOps.exif_transpose(turned)
    plane = luma(photo)._replace(orientation=Orientation.from_exif(orientation))
    assert hashes_of(plane) == hashes_of(luma(seen))


def test_the_median_is_the_lower_one_as_in_the_reference() -> None:
    rng = np.random.default_rng(1)
    for number in range(500):
        values = (rng.standard_normal(256) * 10.0 ** rng.integers(-3, 4)).astype(np.float32)
        if number % 5 == 0:
            values[rng.integers(0, 256, 100)] = values[0]
        if number % 7 == 0:
            values = np.round(values)
        assert lower_median(values) == np.sort(values)[127]


def test_a_flat_picture_has_quality_zero_and_no_bits() -> None:
    ours = hashes_of(Plane(np.full((100, 100), 128, np.uint8), 100, 100))
    assert ours.quality == 0


def test_a_picture_with_a_side_below_five_pixels_has_the_references_zeros() -> None:
    ours = hashes_of(Plane(np.zeros((4, 600), np.uint8), 600, 4))
    assert (ours.pdq, ours.quality) == (bytes(32), 0)


def test_a_plane_smaller_than_it_is_said_to_be_is_refused() -> None:
    with pytest.raises(ValueError, match="smaller"):
        hashes_of(Plane(np.zeros((99, 100), np.uint8), 100, 100))


def test_the_public_function_gives_what_threatexchange_prints(photo_jpeg: bytes) -> None:
    text, quality = orbweaver.fingerprints.pdq(photo_jpeg)
    theirs, their_quality = pdq_from_bytes(photo_jpeg)
    assert distance(bytes.fromhex(text), bytes.fromhex(theirs)) <= 4
    assert abs(quality - their_quality) <= 2
    assert callable(orbweaver.fingerprints.pdq)


def test_the_public_function_says_why_there_is_no_hash() -> None:
    with pytest.raises(CannotFingerprint) as caught:
        orbweaver.fingerprints.pdq(b"nothing to see")
    assert caught.value.code == "not_an_image"


@pytest.mark.sampled(4)
@pytest.mark.parametrize("longest", [400, 700, 1100, 1600, 2400])
@pytest.mark.parametrize("ratio", [1.0, 0.66, 0.41])
def test_scaled_decoding_stays_near_the_full_hash(
    scene: Callable[..., Image.Image],
    encoded: Callable[..., bytes],
    reference: Reference,
    longest: int,
    ratio: float,
) -> None:
    data = encoded(scene(longest, round(longest * ratio), seed=longest), "JPEG", quality=88)
    expected, quality = pdq_from_bytes(data)
    ours = fingerprint(data)
    assert ours.pdq is not None
    assert distance(ours.pdq, bytes.fromhex(expected)) <= 10
    assert ours.pdq_quality is not None
    assert abs(ours.pdq_quality - quality) <= 2


def test_metas_photographs_hash_as_in_metas_hasher(sample_data: Path) -> None:
    off = []
    for path in sorted((sample_data / "pdq" / "bridge-mods").glob("*.jpg")):
        ours, (theirs, quality) = fingerprint(path.read_bytes()), pdq_from_bytes(path.read_bytes())
        assert ours.pdq is not None
        assert ours.pdq_quality is not None
        assert abs(ours.pdq_quality - quality) <= 2
        off.append(distance(ours.pdq, bytes.fromhex(theirs)))
    assert len(off) == 12
    assert sum(off) / len(off) <= 1.5
    assert max(off) <= 10


def test_the_same_photograph_matches_in_every_pixel_mode(sample_data: Path) -> None:
    folder = sample_data / "pdq" / "modes"
    original = fingerprint((folder / "original.jpg").read_bytes()).pdq
    assert original is not None
    far = {}
    for path in sorted(folder.iterdir()):
        other = fingerprint(path.read_bytes()).pdq
        assert other is not None, path.name
        far[path.name] = distance(original, other)
    assert len(far) == 14
    assert max(far.values()) <= 31, far
