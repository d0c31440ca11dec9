"""Every kind of picture that a browser shows is hashed as it is seen."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import tracemalloc
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageOps
from tests.films import avif_collection, heic, heif_sequence

import orbweaver.fingerprints.pictures  # noqa: F401 - so that Pillow writes HEIF, too, whichever test comes first
from orbweaver.fingerprints import Fingerprints, Limits, avif, fingerprint
from orbweaver.fingerprints.avif import other_pictures
from orbweaver.fingerprints.limits import DEFAULT_LIMITS
from orbweaver.fingerprints.pdq_kind import Pdq

Encode = Callable[..., bytes]
Scene = Callable[..., Image.Image]
Reference = Callable[[Image.Image], tuple[bytes, int]]


def far(result: Fingerprints, reference: Reference, seen: Image.Image) -> int:
    assert result.pdq is not None, result.error
    return Pdq().distance(result.pdq, reference(seen)[0])


STILL = [
    ("JPEG", {"quality": 90}, "image/jpeg"),
    ("JPEG", {"quality": 90, "progressive": True}, "image/jpeg"),
    ("JPEG", {"quality": 90, "subsampling": 0}, "image/jpeg"),
    ("JPEG", {"quality": 90, "restart_marker_blocks": 8}, "image/jpeg"),
    ("JPEG", {"quality": 90, "keep_rgb": True}, "image/jpeg"),
    ("PNG", {}, "image/png"),
    ("WEBP", {"quality": 90}, "image/webp"),
    ("WEBP", {"lossless": True}, "image/webp"),
    ("AVIF", {"quality": 90}, "image/avif"),
    ("HEIF", {"quality": 90}, "image/heic"),
    ("TIFF", {"compression": "tiff_lzw"}, "image/tiff"),
    ("TIFF", {"compression": "jpeg"}, "image/tiff"),
    ("BMP", {}, "image/bmp"),
    ("GIF", {}, "image/gif"),
]


@pytest.mark.parametrize(("kind", "options", "mime"), STILL)
def test_a_picture_of_every_format_hashes_as_the_reference_does(
    photo: Image.Image, encoded: Encode, reference: Reference, kind: str, options: dict[str, object], mime: str
) -> None:
    data = encoded(photo, kind, **options)
    result = fingerprint(data)
    assert (result.mime, result.width, result.height, result.error) == (mime, 640, 480, None)
    assert far(result, reference, Image.open(io.BytesIO(data))) <= 6
    assert far(result, reference, photo) <= 31
    assert result.frames == ()
    assert len(result.dihedral) == 8
    assert result.dihedral[0] == result.pdq


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        ("JPEG", "L"),
        ("JPEG", "CMYK"),
        ("PNG", "L"),
        ("PNG", "P"),
        ("PNG", "1"),
        ("PNG", "LA"),
        ("PNG", "RGBA"),
        ("PNG", "I;16"),
        ("GIF", "L"),
        ("TIFF", "1"),
        ("TIFF", "CMYK"),
        ("TIFF", "LAB"),
        ("TIFF", "YCbCr"),
        ("TIFF", "I"),
        ("TIFF", "F"),
        ("TIFF", "I;16"),
        ("BMP", "P"),
        ("BMP", "1"),
        ("WEBP", "RGBA"),
    ],
)
def test_a_picture_of_every_mode_matches_the_coloured_one(
    photo: Image.Image, encoded: Encode, reference: Reference, kind: str, mode: str
) -> None:
    if mode == "I;16":
        copy = Image.fromarray(np.asarray(photo.convert("L"), dtype=np.uint16) * 257)
    elif mode == "LAB":
        from PIL import ImageCms

        to_lab = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB")
        lab = ImageCms.applyTransform(photo, to_lab)
        assert lab is not None
        copy = lab
    elif mode in {"LA", "I", "F"}:
        copy = photo.convert("L").convert(mode)
    else:
        copy = photo.convert(mode)
    assert far(fingerprint(encoded(copy, kind)), reference, photo) <= 16


@pytest.mark.parametrize(("colour_type", "channels"), [(0, 1), (2, 3), (4, 2), (6, 4)])
def test_sixteen_bits_a_sample_lose_nothing(
    photo: Image.Image,
    png16: Callable[[npt.NDArray[np.uint16], int], bytes],
    reference: Reference,
    colour_type: int,
    channels: int,
) -> None:
    colours = np.asarray(photo if channels > 2 else photo.convert("L").convert("RGB"), dtype=np.uint16) * 257
    levels = np.full((480, 640, channels), 65535, np.uint16)
    levels[..., : 3 if channels > 2 else 1] = colours[..., : 3 if channels > 2 else 1]
    assert far(fingerprint(png16(levels, colour_type)), reference, photo) <= 6


def test_a_twelve_bit_jpeg_is_read(
    photo: Image.Image, jpeg12: Callable[[npt.NDArray[np.float64]], bytes], reference: Reference
) -> None:
    data = jpeg12(np.asarray(photo.convert("L"), dtype=np.float64) * 4095 / 255)
    result = fingerprint(data)
    assert (result.error, result.width, result.height) == (None, 640, 480)
    assert far(result, reference, photo) <= 6


@pytest.mark.sampled(10)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_exif_orientation_is_applied(
    photo: Image.Image, encoded: Encode, reference: Reference, kind: str, orientation: int
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(photo, kind, exif=exif)
    seen = ImageOps.exif_transpose(photo_with(photo, orientation))
    result = fingerprint(data)
    assert (result.width, result.height) == seen.size
    assert far(result, reference, seen) <= 6


def photo_with(photo: Image.Image, orientation: int) -> Image.Image:
    copy = photo.copy()
    copy.getexif()[0x0112] = orientation
    return copy


@pytest.mark.parametrize("order", ["little", "big"])
def test_exif_in_either_byte_order_is_read(
    photo: Image.Image, encoded: Encode, reference: Reference, order: str
) -> None:
    number = "<" if order == "little" else ">"
    import struct

    block = (b"II*\0" if order == "little" else b"MM\0*") + struct.pack(number + "IH", 8, 1)
    block += struct.pack(number + "HHIHHI", 0x0112, 3, 1, 6, 0, 0)
    data = encoded(photo, "JPEG", quality=90, exif=b"Exif\0\0" + block)
    assert far(fingerprint(data), reference, photo.transpose(Image.Transpose.ROTATE_270)) <= 6


def test_a_damaged_exif_block_does_not_lose_the_picture(
    photo: Image.Image, encoded: Encode, reference: Reference
) -> None:
    data = encoded(photo, "JPEG", quality=90, exif=b"Exif\0\0MM\0*\xff\xff\xff\xff")
    assert far(fingerprint(data), reference, photo) <= 6


@pytest.mark.sampled(2)
@pytest.mark.parametrize(
    ("kind", "options"),
    [("GIF", {}), ("WEBP", {"quality": 90}), ("PNG", {}), ("AVIF", {"quality": 90})],
)
def test_each_distinct_frame_of_an_animation_is_hashed_once(
    scene: Scene, encoded: Encode, reference: Reference, kind: str, options: dict[str, object]
) -> None:
    shown = [scene(320, 240, seed) for seed in (1, 1, 2, 2, 1, 3)]
    data = encoded(shown[0], kind, save_all=True, append_images=shown[1:], duration=200, **options)
    result = fingerprint(data)
    assert result.error is None
    assert far(result, reference, shown[0]) <= 31
    assert len(result.frames) == 2
    for frame, picture in zip(result.frames, (shown[2], shown[5]), strict=True):
        assert Pdq().distance(frame.pdq, reference(picture)[0]) <= 31
        assert len(frame.dihedral) == 8
    assert [frame.time_s for frame in result.frames] == pytest.approx([0.4, 1.0], abs=0.01)


@pytest.mark.sampled(1)
@pytest.mark.parametrize("first", [0, 1, 2])
def test_each_picture_of_a_heic_file_is_hashed_whichever_is_shown_first(
    scene: Scene, reference: Reference, first: int
) -> None:
    shown = [scene(320, 240, seed) for seed in (1, 2, 3)]
    result = fingerprint(heic(shown, first))
    assert result.error is None
    assert far(result, reference, shown.pop(first)) <= 31
    for frame, picture in zip(result.frames, shown, strict=True):
        assert Pdq().distance(frame.pdq, reference(picture)[0]) <= 31


@pytest.mark.parametrize("first", [0, 1])
def test_each_picture_of_an_avif_collection_is_hashed_whichever_is_shown_first(
    scene: Scene, reference: Reference, first: int
) -> None:
    shown = [scene(160, 120, seed) for seed in (1, 2, 3)]
    result = fingerprint(avif_collection(shown, first))
    assert result.error is None
    assert far(result, reference, shown.pop(first)) <= 31
    assert [frame.index for frame in result.frames] == [1, 2]
    for frame, picture in zip(result.frames, shown, strict=True):
        assert Pdq().distance(frame.pdq, reference(picture)[0]) <= 31


def test_a_picture_of_a_collection_that_cannot_be_read_hides_none_after_it(scene: Scene, reference: Reference) -> None:
    shown = [scene(160, 120, seed) for seed in (1, 2, 3)]
    result = fingerprint(avif_collection(shown, broken=1))
    assert result.error == "truncated"
    assert [frame.index for frame in result.frames] == [2]
    assert Pdq().distance(result.frames[0].pdq, reference(shown[2])[0]) <= 31


def test_pictures_of_a_long_collection_are_not_all_in_memory_at_once(scene: Scene) -> None:
    file = avif_collection([scene(64, 48, seed) for seed in range(8)]) + bytes(2**20)
    tracemalloc.start()
    read = sum(len(other) for other in other_pictures(file, 7))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert read == 7 * len(file)
    assert most < 4 * len(file)


def test_pictures_of_a_collection_cost_no_more_than_those_of_an_animation(scene: Scene) -> None:
    file = avif_collection([scene(160, 120, seed) for seed in (1, 2, 3)])
    for limits in (
        replace(DEFAULT_LIMITS, max_animation_pixels=160 * 120),
        replace(DEFAULT_LIMITS, max_frames=2),
    ):
        result = fingerprint(file, limits)
        assert (result.error, [frame.index for frame in result.frames]) == ("too_many_frames", [1])


def test_no_picture_of_a_collection_hides_behind_boxes_that_nobody_looks_at(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = avif_collection([scene(96, 64, seed) for seed in (1, 2)])
    monkeypatch.setattr(avif, "_MOST_BOXES", 5)
    result = fingerprint(file)
    assert (result.error, result.pdq is not None, result.frames) == ("too_many_frames", True, ())


@pytest.mark.parametrize("cut", [100, 300, 420])
def test_a_collection_whose_boxes_lie_is_read_as_far_as_it_can_be(scene: Scene, cut: int) -> None:
    whole = avif_collection([scene(96, 64, seed) for seed in (1, 2)])
    for hostile in (whole[:cut], whole[:cut] + b"\xff\xff\xff\xff" + whole[cut + 4 :]):
        assert fingerprint(hostile).sha256 == hashlib.sha256(hostile).digest()


def test_the_second_picture_of_a_jpeg_of_two_is_hashed(scene: Scene, encoded: Encode, reference: Reference) -> None:
    one, two = scene(320, 240, 1), scene(320, 240, 2)
    result = fingerprint(both := encoded(one, "MPO", save_all=True, append_images=[two]))
    assert (result.mime, result.error) == ("image/jpeg", None)
    assert far(result, reference, one) <= 31
    assert [Pdq().distance(frame.pdq, reference(two)[0]) <= 31 for frame in result.frames] == [True]
    dropped = fingerprint(both[: both.rindex(b"\xff\xd8\xff")])  # as programs do that make pictures smaller
    assert (dropped.error, dropped.frames, dropped.pdq) == (None, (), result.pdq)
    far_behind = both[:2] + 6 * (b"\xff\xe4\xff\xff" + bytes(0xFFFD)) + both[2:]
    assert fingerprint(far_behind).frames == result.frames, "whatever stands before the index"


def test_each_picture_of_a_heif_sequence_is_hashed_however_shortly_shown(scene: Scene, reference: Reference) -> None:
    shown = [scene(160, 120, seed) for seed in (1, 2, 3)]
    result = fingerprint(heif_sequence(shown))
    assert (result.mime, result.error, result.width) == ("image/heic", None, 160)
    assert far(result, reference, shown[0]) <= 31
    assert [frame.time_s for frame in result.frames] == pytest.approx([0.1, 0.2], abs=0.01)


def test_a_sequence_with_too_many_pictures_is_left_where_the_limit_is(scene: Scene) -> None:
    data = heif_sequence([scene(64, 64, seed) for seed in range(5)])
    result = fingerprint(data, replace(DEFAULT_LIMITS, max_frames=3))
    assert (result.error, len(result.frames)) == ("too_many_frames", 2)


def test_every_page_of_a_tiff_is_hashed(scene: Scene, encoded: Encode) -> None:
    pages = [scene(320, 240, seed) for seed in (1, 2, 3)]
    result = fingerprint(encoded(pages[0], "TIFF", save_all=True, append_images=pages[1:]))
    assert [frame.index for frame in result.frames] == [1, 2]


def test_a_transparent_picture_is_hashed_on_white_without_its_transparency_and_on_black(
    photo: Image.Image, scene: Scene, encoded: Encode, reference: Reference
) -> None:
    mask = scene(640, 480, 9).convert("L").point(lambda level: 255 if level > 128 else 0)
    picture = photo.copy()
    picture.putalpha(mask)
    result = fingerprint(encoded(picture, "PNG"))
    on_white, on_black = Image.new("RGB", photo.size, "white"), Image.new("RGB", photo.size, "black")
    on_white.paste(photo, mask=mask)
    on_black.paste(photo, mask=mask)
    assert far(result, reference, on_white) <= 6
    hashes = [frame.pdq for frame in result.frames]
    for other in (photo, on_black):
        assert min(Pdq().distance(reference(other)[0], one) for one in hashes) <= 12


def test_an_icon_is_hashed_by_its_largest_picture(photo: Image.Image, encoded: Encode, reference: Reference) -> None:
    data = encoded(photo.resize((256, 256)), "ICO", sizes=[(16, 16), (64, 64), (256, 256)])
    result = fingerprint(data)
    assert (result.mime, result.width, result.height) == ("image/x-icon", 256, 256)
    assert far(result, reference, photo.resize((256, 256))) <= 6


def drawing(*pictures: bytes, mime: str = "image/jpeg") -> bytes:
    uris = [f'<image xlink:href="data:{mime};base64,{base64.b64encode(one).decode()}"/>' for one in pictures]
    return ("<?xml version='1.0'?>\n<svg xmlns='http://www.w3.org/2000/svg'>" + "".join(uris) + "</svg>").encode()


def test_a_drawing_is_hashed_by_its_embedded_pictures(
    photo: Image.Image, scene: Scene, encoded: Encode, reference: Reference
) -> None:
    second = scene(300, 300, 4)
    data = drawing(encoded(photo, "JPEG", quality=90), encoded(second, "JPEG", quality=90))
    for form in (data, gzip.compress(data), data.decode().encode("utf-16")):
        result = fingerprint(form)
        assert far(result, reference, photo) <= 6
        assert [frame.index for frame in result.frames] == [1]
        assert Pdq().distance(result.frames[0].pdq, reference(second)[0]) <= 6


def test_a_drawing_without_a_picture_says_so() -> None:
    assert fingerprint(drawing()).error == "no_picture"
    assert fingerprint(drawing(b"not a picture")).error == "no_picture"


def test_a_drawing_with_broken_lines_in_its_data_is_read(
    photo_jpeg: bytes, photo: Image.Image, reference: Reference
) -> None:
    text = base64.b64encode(photo_jpeg).decode()
    lines = "&#10;\n ".join(text[at : at + 76] for at in range(0, len(text), 76))
    data = f'<svg><image href="data:image/jpeg;base64,{lines}"/></svg>'.encode()
    assert far(fingerprint(data), reference, photo) <= 6


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP"])
def test_a_truncated_picture_is_hashed_as_far_as_it_goes_and_says_so(
    photo: Image.Image, encoded: Encode, reference: Reference, kind: str
) -> None:
    data = encoded(photo, kind)
    result = fingerprint(data[: len(data) * 97 // 100])
    if kind == "WEBP":  # its decoder gives nothing without the whole
        assert (result.error, result.pdq) == ("damaged", None)
        return
    assert result.error == "truncated"
    assert far(result, reference, photo) <= 60


def test_a_png_with_wrong_checksums_and_a_huge_text_is_shown_as_browsers_do(
    photo: Image.Image, encoded: Encode, reference: Reference
) -> None:
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    for number in range(40):
        info.add_text(f"note{number}", "x" * 2_000_000, zip=True)
    data = bytearray(encoded(photo, "PNG", pnginfo=info))
    at = data.index(b"IEND")
    data[at + 4 : at + 8] = b"\0\0\0\0"
    assert far(fingerprint(bytes(data)), reference, photo) <= 6


@pytest.mark.parametrize(("kind", "sides"), [("PNG", (3000, 3000)), ("JPEG", (3000, 3000)), ("GIF", (3000, 3000))])
def test_more_pixels_than_the_limit_are_not_decoded(encoded: Encode, kind: str, sides: tuple[int, int]) -> None:
    data = encoded(Image.new("L", sides), kind)
    result = fingerprint(data, Limits(max_pixels=1_000_000))
    assert (result.error, result.pdq) == ("too_many_pixels", None)
    assert result.error_text is not None
    assert len(result.sha256) == 32


def test_a_jpeg_of_unusual_sampling_is_read(photo: Image.Image, encoded: Encode, reference: Reference) -> None:
    """Four colour samples side by side for each of luma: TurboJPEG has no name for it, browsers show it."""
    data = bytearray(encoded(photo, "JPEG", quality=90, subsampling=0))
    at = data.index(b"\xff\xc0")
    assert data[at + 11] == 0x11
    data[at + 11] = 0x33
    result = fingerprint(bytes(data))
    assert result.pdq is not None, result.error


@pytest.mark.parametrize("extreme", [3e38, float("inf"), float("nan"), -3e38])
def test_floats_at_the_end_of_their_range_harm_nothing(encoded: Encode, extreme: float) -> None:
    levels = np.random.default_rng(1).random((100, 100), dtype=np.float32)
    levels[::3, ::2] = extreme
    result = fingerprint(encoded(Image.fromarray(levels), "TIFF"))
    assert result.error is None
    assert result.pdq is not None


def test_an_animation_beyond_the_limit_keeps_its_first_frames(scene: Scene, encoded: Encode) -> None:
    shown = [scene(64, 64, seed) for seed in range(20)]
    data = encoded(shown[0], "GIF", save_all=True, append_images=shown[1:])
    result = fingerprint(data, Limits(max_frames=5))
    assert result.error == "too_many_frames"
    assert len(result.frames) == 4


@pytest.mark.parametrize(
    "data", [b"x", b"%PDF-1.7 ...", b"<!doctype html><svg></svg>", b"PK\3\4", b"\x1f\x8b\x08", b"\0" * 5000]
)
def test_what_is_no_picture_says_so(data: bytes) -> None:
    result = fingerprint(data)
    assert result.error in {"not_an_image", "no_picture"}
    assert result.pdq is None


@pytest.mark.parametrize("mime", ["JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP", "AVIF", "HEIF"])
def test_a_damaged_head_is_told_not_raised(photo: Image.Image, encoded: Encode, mime: str) -> None:
    data = encoded(photo, mime)[:40]
    assert fingerprint(data).error in {"damaged", "truncated"}


def test_a_server_that_lies_about_the_kind_changes_nothing(photo: Image.Image, encoded: Encode) -> None:
    assert fingerprint(encoded(photo, "PNG")).mime == "image/png"
    with io.BytesIO(encoded(photo, "PNG")) as file, Image.open(file) as image:
        assert image.format == "PNG"
