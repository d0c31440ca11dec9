"""A film's track: what is hashed of each frame, and when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageOps
from tests.unit.fingerprints.test_video import FPS, film

from orbweaver.fingerprints import CannotFingerprint, Limits
from orbweaver.fingerprints.film_track import film_track, track, upright
from orbweaver.fingerprints.pdq_hash import hashes_of
from orbweaver.fingerprints.plane import Orientation, Plane
from orbweaver.fingerprints.track import Track
from orbweaver.fingerprints.trimming import trimmed

Scene = Callable[..., Image.Image]
PATIENT = Limits(max_decode_s=600.0)
"""The first film of a process waits for the kernels, and must not be read in a hurry for that."""


@pytest.fixture(scope="module")
def shots(scene: Scene) -> list[Image.Image]:
    return [scene(320, 240, seed) for seed in (1, 2)]


def track_of(shots: list[Image.Image], frames_each: int = 12, fps: int = FPS) -> Track:
    return film_track(film(shots, frames_each, fps=fps), "video/mp4", PATIENT)


def apart(one: bytes, other: bytes) -> int:
    return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).bit_count()


def plane_of(picture: Image.Image) -> Plane:
    levels = np.asarray(picture.convert("L"))
    return Plane(levels, picture.width, picture.height)


def test_frames_are_taken_at_a_steady_rate_with_their_times(shots: list[Image.Image]) -> None:
    seen = track_of(shots, frames_each=30, fps=30)
    assert seen.times == pytest.approx(np.arange(20) / 10, abs=0.04)
    assert seen.length_s == pytest.approx(2.0, abs=0.1)
    assert seen.note is None


def test_each_frame_has_its_hash_and_that_of_its_mirror_image(shots: list[Image.Image]) -> None:
    seen = track_of(shots)
    for row, shot in ((0, shots[0]), (-1, shots[1])):
        hashes = hashes_of(plane_of(shot))
        assert apart(seen.hashes[row].tobytes(), hashes.pdq) <= 6
        assert apart(seen.mirrored[row].tobytes(), hashes.dihedral[5]) <= 6
        assert abs(int(seen.quality[row]) - hashes.quality) <= 5
        small = np.asarray(shot.convert("L").resize((16, 16), Image.Resampling.BOX), np.float32)
        assert np.corrcoef(small.ravel(), seen.thumbs[row].ravel())[0, 1] > 0.95


@pytest.mark.parametrize("border", [(0, 40), (56, 0), (30, 30)])
@pytest.mark.parametrize("colour", ["black", "white"])
def test_flat_bars_are_left_out(shots: list[Image.Image], border: tuple[int, int], colour: str) -> None:
    barred = [ImageOps.expand(shot, (*border, *border), colour) for shot in shots]
    assert apart(track_of(barred).hashes[0].tobytes(), track_of(shots).hashes[0].tobytes()) <= 16


def test_bars_within_bars_are_left_out_too(shots: list[Image.Image]) -> None:
    inner = ImageOps.expand(shots[0], (0, 24, 0, 24), "white")
    barred = [ImageOps.expand(inner, (40, 60, 40, 60), "black")] * 2
    assert apart(track_of(barred).hashes[0].tobytes(), track_of(shots).hashes[0].tobytes()) <= 20


def test_a_flat_picture_is_not_trimmed_away() -> None:
    flat = plane_of(Image.new("L", (64, 48), 90))
    assert trimmed(flat) is flat


def test_flat_and_titled_frames_have_little_detail(shots: list[Image.Image]) -> None:
    title = Image.new("RGB", (320, 240), "black")
    title.paste(shots[0].resize((120, 20)), (100, 110))
    seen = track_of([shots[0], title])
    assert seen.detail[0] > 40
    assert seen.detail[-1] < 16


@pytest.mark.parametrize("exif", range(2, 9))
def test_turned_planes_are_read_as_they_are_seen(shots: list[Image.Image], exif: int) -> None:
    stored = shots[0].copy()
    stored.getexif()[0x0112] = exif
    seen = ImageOps.exif_transpose(stored)
    plane = plane_of(shots[0])._replace(orientation=Orientation.from_exif(exif))
    assert apart(hashes_of(upright(plane)).pdq, hashes_of(plane_of(seen)).pdq) <= 4


def test_deep_pixels_become_eight_bits_that_hash_alike(shots: list[Image.Image]) -> None:
    plane = plane_of(shots[0])
    deep = plane._replace(luma=plane.luma.astype(np.uint16) * 4, scale=0.25)
    assert upright(deep).luma.dtype == np.uint8
    assert apart(hashes_of(upright(deep)).pdq, hashes_of(plane).pdq) <= 4


def test_what_is_no_film_is_refused_and_a_part_is_kept_with_its_reason(shots: list[Image.Image]) -> None:
    with pytest.raises(CannotFingerprint):
        film_track(b"no film", "video/mp4", Limits())
    part = film_track(film(shots, frames_each=30), "video/mp4", replace(PATIENT, video_max_frames=20))
    assert part.note == "too_many_frames"
    assert len(part.times) == 20


def test_a_track_never_raises_for_what_a_file_holds(shots: list[Image.Image]) -> None:
    assert track(b"", 10.0, PATIENT).note == "empty"
    assert track(b"no film at all", 10.0, PATIENT).note == "not_an_image"
    assert len(track(film(shots), 5.0, PATIENT).times) == 12
