"""Animated pictures are read as films: frames with the times at which they are shown."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from orbweaver.fingerprints.animations import is_animation
from orbweaver.fingerprints.film_track import track
from orbweaver.fingerprints.limits import DEFAULT_LIMITS
from orbweaver.fingerprints.result import Frames
from orbweaver.fingerprints.views import views
from orbweaver_trials.bench.copies_photos import drawn

FORMATS = ("GIF", "WEBP", "PNG")


def animated(images: list[Image.Image], kind: str, milliseconds: int) -> bytes:
    buffer = io.BytesIO()
    images[0].save(buffer, kind, save_all=True, append_images=images[1:], duration=milliseconds)
    return buffer.getvalue()


def small(*numbers: int) -> list[Image.Image]:
    return [drawn(number).resize((240, 180)) for number in numbers]


@pytest.mark.parametrize("kind", FORMATS)
def test_frames_of_an_animation_have_their_times(kind: str) -> None:
    data = animated(small(0, 1, 2), kind, 400)
    assert is_animation(data)
    seen = views(data, Frames(50.0))
    assert [round(view.time_s, 2) for view in seen.views] == [0.0, 0.4, 0.8]
    shown = np.frombuffer(seen.views[2].pixels, np.uint8).reshape(180, 240, 3).astype(int)
    assert np.abs(shown - np.asarray(drawn(2).resize((240, 180)), int)).mean() < 12
    assert [round(view.time_s, 2) for view in views(data, Frames(50.0, 0.0)).views] == [0.4, 0.8]
    assert track(data, 10.0, DEFAULT_LIMITS).times.tolist() == pytest.approx([0.0, 0.4, 0.8])


@pytest.mark.parametrize("kind", FORMATS)
def test_one_picture_is_no_animation(kind: str) -> None:
    buffer = io.BytesIO()
    drawn(1).resize((240, 180)).save(buffer, kind)
    assert not is_animation(buffer.getvalue())
    assert views(buffer.getvalue(), Frames(50.0)).error == "not_an_image"


def test_frames_without_a_time_follow_one_another() -> None:
    times = [view.time_s for view in views(animated(small(1, 2), "GIF", 0), Frames(50.0)).views]
    assert times == pytest.approx([0.0, 0.1])


def test_of_a_broken_animation_the_frames_before_the_damage_are_read() -> None:
    data = animated(small(0, 1, 2), "GIF", 400)
    seen = views(data[: len(data) * 5 // 6], Frames(50.0))
    assert 1 <= len(seen.views) <= 3
    assert is_animation(b"") is False
