"""The luma plane of a JPEG straight out of libjpeg-turbo: no colour conversion, and scaled where that is harmless."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy.typing as npt
import simplejpeg

from orbweaver.fingerprints import pictures, video
from orbweaver.fingerprints.errors import CannotFingerprint
from orbweaver.fingerprints.limits import Limits
from orbweaver.fingerprints.markers import read_markers
from orbweaver.fingerprints.plane import Orientation, Plane
from orbweaver.fingerprints.shots import Shot

MIN_SCALED_SIDE = 240
"""A picture is decoded at 1/2, 1/4 or 1/8 only while its shorter side keeps this many pixels.

Bits that differ from the reference, mean / most, over 200 photographs at each size: 640x480 decoded in full 0.4 / 4, at
1/2 0.9 / 6 (``docs/developers/crawl-speed.md``); the rule is at most 10.
"""
SCALES = (8, 4, 2)
"""Only these: libjpeg-turbo has fast transforms for them, and each decoded pixel is a plain block average."""


def jpeg_shots(data: bytes, limits: Limits) -> Iterator[Shot]:
    """The picture of a JPEG, by the cheapest way that its kind allows, then those that cameras put behind it."""
    precision, turn, several = read_markers(data)
    orientation = Orientation.from_exif(turn)
    if precision > 8:
        yield Shot(0, 0.0, video.deep_jpeg_plane(data, limits)._replace(orientation=orientation))
        return
    fast = _fast(data, limits)
    if fast is None:
        yield from pictures.picture_shots(data, "image/jpeg", limits)
        return
    plane, complete = fast
    yield Shot(0, 0.0, plane._replace(orientation=orientation))
    if not complete:
        raise CannotFingerprint("truncated")
    if several:
        yield from _behind(data, limits)


def _behind(data: bytes, limits: Limits) -> Iterator[Shot]:
    """The further pictures of a file of several (CIPA DC-007). Programs that make it smaller leave its index and drop
    them: what is not there is no damage."""
    try:
        yield from pictures.further_shots(data, "image/jpeg", limits)
    except CannotFingerprint as reason:
        if reason.code != "damaged":
            raise


def scale_for(width: int, height: int) -> int:
    """The strongest scale that leaves the shorter side at least ``MIN_SCALED_SIDE`` pixels, else 1."""
    short = min(width, height)
    return next((scale for scale in SCALES if -(-short // scale) >= MIN_SCALED_SIDE), 1)


def _fast(data: bytes, limits: Limits) -> tuple[Plane, bool] | None:
    """The plane and whether it is complete (what the data lacks is grey); None when this way does not take the file.

    TurboJPEG's interface refuses four colours, unusual sampling factors and some damage that browsers show.
    """
    try:
        height, width, colours, _ = simplejpeg.decode_jpeg_header(data, strict=False)
        if width * height > limits.max_pixels:
            raise CannotFingerprint("too_many_pixels")
        if colours not in {"YCbCr", "Gray", "RGB"}:
            return None
        luma, complete = decode_luma(data, width, height)
    except (ValueError, KeyError) as error:  # a colour space that it has no name for is a KeyError
        if "memory" in str(error).lower():
            raise CannotFingerprint("out_of_memory") from None
        return None
    # The library may not scale as asked. Only what it really gave says which operator fits.
    factor = round(height / luma.shape[0])
    if luma.shape != (-(-height // factor), -(-width // factor)):
        return None
    return Plane(luma, width, height, factor), complete


def decode_luma(data: bytes, width: int, height: int) -> tuple[npt.NDArray[Any], bool]:
    """uint8[ceil(height / scale), ceil(width / scale)], and whether it is complete.

    Raises ValueError when the library refuses the data.
    """
    least = -(-height // scale_for(width, height))
    try:
        return _decode(data, least, strict=True), True
    except ValueError as error:
        # A warning of libjpeg's. Most are harmless ("extraneous bytes before marker"), one says that the data ended.
        complete = "remature end" not in str(error)
    return _decode(data, least, strict=False), complete


def _decode(data: bytes, min_height: int, *, strict: bool) -> npt.NDArray[Any]:
    plane: npt.NDArray[Any] = simplejpeg.decode_jpeg(
        data, "GRAY", fastdct=False, fastupsample=True, min_height=min_height, strict=strict
    )
    return plane[..., 0]
