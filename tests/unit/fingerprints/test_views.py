"""Pictures of a file as pixels."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image
from tests.unit.fingerprints.test_stills import SHOWN, film, near

from orbweaver.fingerprints import views as module
from orbweaver.fingerprints.pool import DecoderPool
from orbweaver.fingerprints.result import Frames, Sized, View
from orbweaver.fingerprints.views import views


def mean(view: View) -> tuple[int, ...]:
    seen = np.frombuffer(view.pixels, np.uint8).reshape(-1, 3).mean(0).round().astype(int)
    return tuple(seen.tolist())


def test_a_decoder_process_gives_what_decoding_in_process_gives(photo_jpeg: bytes) -> None:
    bodies: dict[bytes, Sized | Frames] = {
        photo_jpeg: Sized(100),
        film(): Frames(1.0),
        b"no picture": Sized(100),
        b"": Frames(1.0),
    }
    with DecoderPool(workers=1, memory_mb=512) as pool:
        seen = [pool.submit_views(body, wanted).result() for body, wanted in bodies.items()]
    assert seen == [views(body, wanted) for body, wanted in bodies.items()]
    assert [each.error for each in seen] == [None, None, "not_an_image", "empty"]
    assert len(seen[1].views) == 9


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_picture_is_no_larger_than_is_needed(
    scene: Callable[..., Image.Image], encoded: Callable[..., bytes], kind: str
) -> None:
    (view,) = views(encoded(scene(1600, 1200), kind), Sized(300)).views
    assert 300 <= view.width <= 600
    assert view.height == pytest.approx(view.width * 0.75, abs=1)


def test_a_film_comes_in_answers_that_follow_one_another(monkeypatch: pytest.MonkeyPatch) -> None:
    body = film()
    whole = views(body, Frames(2.0))
    assert (len(whole.views), whole.more) == (18, False)
    monkeypatch.setattr(module, "MOST_VIEWED", 4 * 3 * 96 * 64)
    parts: list[View] = []
    after_s, more = -1.0, True
    while more:
        part = views(body, Frames(2.0, after_s))
        assert 1 <= len(part.views) <= 4
        parts += part.views
        after_s, more = part.views[-1].time_s, part.more
    assert tuple(parts) == whole.views
    assert all(near(mean(view), SHOWN[int(view.time_s // 3)]) for view in parts)


def test_what_is_too_large_for_an_answer_is_thinned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_VIEWED", 3 * 96 * 64 // 3)
    (view,) = views(film(1), Frames(1.0)).views
    assert (view.width, view.height) == (48, 32)
