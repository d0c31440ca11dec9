"""Pictures of every kind but plain JPEG, through Pillow, by a list of allowed formats."""

from __future__ import annotations

import io
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pillow_heif
from PIL import Image, ImageFile, PngImagePlugin, UnidentifiedImageError

from orbweaver.fingerprints import png
from orbweaver.fingerprints.avif import other_pictures
from orbweaver.fingerprints.errors import CannotFingerprint
from orbweaver.fingerprints.limits import DEFAULT_LIMITS, Limits
from orbweaver.fingerprints.luma import lumas
from orbweaver.fingerprints.plane import AS_IT_IS, Orientation, Plane
from orbweaver.fingerprints.shots import Shot

FORMATS = {
    "image/jpeg": ("JPEG", "MPO"),
    "image/png": ("PNG",),
    "image/gif": ("GIF",),
    "image/webp": ("WEBP",),
    "image/avif": ("AVIF",),
    "image/heic": ("HEIF",),
    "image/heif": ("HEIF", "AVIF"),
    "image/tiff": ("TIFF",),
    "image/bmp": ("BMP", "DIB"),
    "image/x-icon": ("ICO", "CUR"),
}
"""Which of Pillow's readers may see a file, by its first bytes. No other reader is ever asked."""
_SEVERAL = frozenset({"GIF", "PNG", "WEBP", "AVIF", "TIFF", "HEIF", "MPO"})
"""Readers of files that may hold more than one picture."""
_ORIENTATION_TAG = 0x0112

pillow_heif.register_heif_opener(thumbnails=False)
PngImagePlugin.MAX_TEXT_CHUNK = 16 * 2**20


def allow_pixels(limits: Limits) -> None:
    """Tell Pillow's own guard, which raises at twice this number, where this process stops."""
    Image.MAX_IMAGE_PIXELS = max(1, limits.max_pixels // 2)


allow_pixels(DEFAULT_LIMITS)


def picture_shots(data: bytes, mime: str, limits: Limits) -> Iterator[Shot]:
    """All frames or pages of a file; each may give a second and third shot where it is transparent."""
    with reasons():
        try:
            image = Image.open(io.BytesIO(data), formats=FORMATS[mime])
            check(image, limits)
            image.load()
        except (Image.DecompressionBombError, CannotFingerprint, MemoryError):
            raise
        except Exception:  # readers raise many kinds on damaged data; a browser would still show what is there
            yield from _damaged(data, mime, limits)
            raise CannotFingerprint("truncated") from None
        with image:
            yield from _frames(image, limits)
        if image.format == "AVIF":
            yield from _of_collection(data, mime, frames_in(image), limits)


def further_shots(data: bytes, mime: str, limits: Limits) -> Iterator[Shot]:
    """The frames or pages after the first one, as far as they are there."""
    with reasons(), Image.open(io.BytesIO(data), formats=FORMATS[mime]) as image:
        yield from _further(image, limits)


def _of_collection(data: bytes, mime: str, first: int, limits: Limits) -> Iterator[Shot]:
    """Pictures of an AVIF file beside the primary one, numbered from ``first`` on. One that cannot be read hides
    none of those after it: what was wrong is raised once all were tried."""
    deadline, pixels, wrong = time.monotonic() + limits.max_decode_s, 0, ""
    for number, other in enumerate(other_pictures(data, limits.max_frames - first + 1), first):
        if number == limits.max_frames:
            raise CannotFingerprint("too_many_frames")
        try:
            with reasons(), Image.open(io.BytesIO(other), formats=FORMATS[mime]) as image:
                check(image, limits)
                pixels += image.width * image.height
                if pixels <= limits.max_animation_pixels:
                    image.load()
                    shots = [replace(shot, number=number) for shot in _shots(image, 0, 0.0)]
        except CannotFingerprint as reason:
            wrong, shots = wrong or reason.code, []
        if pixels > limits.max_animation_pixels:
            raise CannotFingerprint("too_many_frames")
        yield from shots
        if time.monotonic() > deadline:
            raise CannotFingerprint("out_of_time")
    if wrong:
        raise CannotFingerprint(wrong)


@contextmanager
def reasons() -> Iterator[None]:
    """Turn whatever a reader may raise into CannotFingerprint."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (CannotFingerprint, GeneratorExit):
        raise
    except Image.DecompressionBombError:
        raise CannotFingerprint("too_many_pixels") from None
    except MemoryError:
        raise CannotFingerprint("out_of_memory") from None
    except (UnidentifiedImageError, Exception) as error:
        code = "out_of_memory" if "memory" in str(error).lower() else "damaged"
        raise CannotFingerprint(code) from None


def check(image: Image.Image, limits: Limits) -> None:
    """Raises CannotFingerprint for a picture of too many pixels."""
    if image.width * image.height > limits.max_pixels:
        raise CannotFingerprint("too_many_pixels")


def _damaged(data: bytes, mime: str, limits: Limits) -> Iterator[Shot]:
    """What can be read of the first frame. For PNG, of its essential chunks alone, as browsers do."""
    if mime == "image/png":
        data = png.essential(data)
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS[mime]) as image:
            check(image, limits)
            image.load()
            yield from _shots(image, 0, 0.0)
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = False


def _frames(image: Image.Image, limits: Limits) -> Iterator[Shot]:
    yield from _shots(image, 0, 0.0)
    yield from _further(image, limits)


def _further(image: Image.Image, limits: Limits) -> Iterator[Shot]:
    if image.format not in _SEVERAL:
        return
    time_s, pixels, first = duration(image), image.width * image.height, image.tell()
    for index in range(1, limits.max_frames + 1):
        try:
            turn_to(image, index, first)
        except EOFError:
            return
        check(image, limits)
        pixels += image.width * image.height
        if index == limits.max_frames or pixels > limits.max_animation_pixels:
            raise CannotFingerprint("too_many_frames")
        image.load()
        yield from _shots(image, index, time_s)
        time_s += duration(image)


def frames_in(image: Image.Image) -> int:
    """How many frames its reader sees in the file."""
    return int(getattr(image, "n_frames", 1))


def turn_to(image: Image.Image, number: int, first: int) -> None:
    """Go to the picture of that number. 0 is the one that the file shows first; ``first`` is its position in the file,
    which in HEIF may be any. Raises EOFError where there is no such picture."""
    image.seek(number if number > first else number - 1 if number else first)


def duration(image: Image.Image) -> float:
    """Seconds for which the present frame is shown."""
    value = image.info.get("duration", 0)
    return max(0.0, float(value)) / 1000.0 if isinstance(value, int | float) else 0.0


def _shots(image: Image.Image, index: int, time_s: float) -> Iterator[Shot]:
    turn = Orientation.from_exif(_orientation(image)) if index == 0 or image.format == "TIFF" else AS_IT_IS
    for plane, scale in lumas(image):
        yield Shot(index, time_s, Plane(plane, image.width, image.height, 1, turn, scale))


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1 when there is none or it cannot be read. Pillow and libheif may have turned
    the picture already while loading; they then say 1."""
    try:
        return int(image.getexif().get(_ORIENTATION_TAG, 1))
    except Exception:  # a damaged EXIF block must not lose the picture
        return 1
