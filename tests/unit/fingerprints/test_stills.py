"""One picture of any file, made anew by a decoder process for a person to see."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image
from tests.films import avif_collection

import orbweaver.fingerprints.pictures  # noqa: F401 - so that Pillow writes HEIF, too
from orbweaver.fingerprints.pool import DecoderPool
from orbweaver.fingerprints.result import FIRST, Still, StillPosition

Encode = Callable[..., bytes]
COLOURS = ("red", "lime", "blue")
SHOWN = ((255, 0, 0), (0, 255, 0), (0, 0, 255))


@pytest.fixture(scope="module")
def pool() -> Iterator[DecoderPool]:
    with DecoderPool(workers=1, memory_mb=512, timeout_s=20) as pool:
        yield pool


@pytest.fixture
def still(pool: DecoderPool) -> Callable[..., Still]:
    return lambda data, at=FIRST: pool.submit_still(data, at).result()


def colour(seen: Still) -> tuple[int, ...]:
    assert seen.error is None
    with Image.open(io.BytesIO(seen.jpeg), formats=["JPEG"]) as picture:
        return tuple(np.asarray(picture.convert("RGB")).reshape(-1, 3).mean(0).round().astype(int).tolist())


def near(seen: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    return max(abs(one - other) for one, other in zip(seen, wanted, strict=True)) < 40


def animation(kind: str, **options: object) -> bytes:
    first, *others = [Image.new("RGB", (96, 64), each) for each in COLOURS]
    buffer = io.BytesIO()
    first.save(buffer, kind, save_all=True, append_images=others, **options)
    return buffer.getvalue()


def film(seconds: int = 9) -> bytes:
    """Each colour for a third of it, ten frames a second, with a key frame every four seconds or so."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as output:
        stream = output.add_stream("mpeg4", rate=10)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = 96, 64, "yuv420p", 37
        for number in range(10 * seconds):
            picture = Image.new("RGB", (96, 64), COLOURS[3 * number // (10 * seconds)])
            output.mux(stream.encode(av.VideoFrame.from_ndarray(np.asarray(picture), format="rgb24")))
        output.mux(stream.encode(None))
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF", "TIFF", "BMP", "GIF"])
def test_a_picture_of_every_format_can_be_seen(still: Callable[..., Still], encoded: Encode, kind: str) -> None:
    assert near(colour(still(encoded(Image.new("RGB", (96, 64), "lime"), kind))), (0, 255, 0))


@pytest.mark.parametrize(
    ("kind", "options"),
    [("GIF", {"duration": 500}), ("WEBP", {"duration": 500}), ("PNG", {}), ("AVIF", {}), ("TIFF", {}), ("MPO", {})],
)
def test_each_frame_of_an_animation_and_each_page_can_be_seen(
    still: Callable[..., Still], kind: str, options: dict[str, object]
) -> None:
    data = animation(kind, **options)
    assert all(near(colour(still(data, StillPosition(number))), SHOWN[number]) for number in range(3))


@pytest.mark.parametrize("number", [0, 1, 2])
def test_each_picture_of_a_collection_can_be_seen(still: Callable[..., Still], number: int) -> None:
    pictures = [Image.new("RGB", (96, 64), each) for each in COLOURS]
    assert near(colour(still(avif_collection(pictures), StillPosition(number))), SHOWN[number])


@pytest.mark.parametrize(("time_s", "wanted"), [(0.0, 0), (2.9, 0), (3.1, 1), (5.9, 1), (6.0, 2), (8.9, 2), (99.0, 2)])
def test_a_film_can_be_seen_at_each_of_its_times(still: Callable[..., Still], time_s: float, wanted: int) -> None:
    assert near(colour(still(film(), StillPosition(0, time_s))), SHOWN[wanted])


def test_the_picture_in_a_drawing_can_be_seen_and_nothing_in_it_runs(
    still: Callable[..., Still], encoded: Encode
) -> None:
    raster = base64.b64encode(encoded(Image.new("RGB", (96, 64), "blue"), "PNG")).decode()
    drawing = (
        '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script><image href="http://127.0.0.1/x.png"/>'
        f'<image href="data:image/png;base64,{raster}"/></svg>'
    )
    assert near(colour(still(drawing.encode())), (0, 0, 255))


def test_what_is_transparent_stands_on_grey(still: Callable[..., Still], encoded: Encode) -> None:
    assert near(colour(still(encoded(Image.new("RGBA", (96, 64), (0, 0, 0, 0)), "PNG"))), (128, 128, 128))


def test_a_picture_is_turned_as_it_asks_and_a_large_one_is_smaller(
    still: Callable[..., Still], encoded: Encode
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    seen = still(encoded(Image.new("RGB", (4000, 1000), "red"), "JPEG", exif=exif.tobytes()))
    with Image.open(io.BytesIO(seen.jpeg)) as picture:
        assert picture.size == (512, 2048)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b"plain text", "not_an_image"),
        (b"\xff\xd8\xff\xe0nothing", "damaged"),
        (b"<svg/>", "no_picture"),
    ],
)
def test_what_shows_nothing_says_why(still: Callable[..., Still], data: bytes, why: str) -> None:
    assert still(data) == Still(error=why)


def test_what_was_cut_off_shows_its_beginning(still: Callable[..., Still], photo_jpeg: bytes) -> None:
    assert still(photo_jpeg[: len(photo_jpeg) // 2]).jpeg


def test_a_real_clip_can_be_seen_in_its_middle(still: Callable[..., Still], sample_data: Path) -> None:
    clip = (sample_data / "vpdq" / "chair-19-sd-bar.mp4").read_bytes()
    assert still(clip, StillPosition(0, 1.5)).jpeg != still(clip, StillPosition(0, 0.0)).jpeg
