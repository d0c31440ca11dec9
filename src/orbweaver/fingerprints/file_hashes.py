"""The hashes of the pictures that a file shows, each decoded by its kind of file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from orbweaver.fingerprints import heif, jpeg, pictures, svg, video
from orbweaver.fingerprints.errors import CannotFingerprint
from orbweaver.fingerprints.limits import DEFAULT_LIMITS, Limits
from orbweaver.fingerprints.shots import FileHashes, Shot, collect
from orbweaver.fingerprints.sniff import sniff


def file_hashes(
    data: bytes, mime: str | None, limits: Limits = DEFAULT_LIMITS, *, with_pieces: bool = False
) -> FileHashes:
    """Decode by kind of file; ``with_pieces``: those of its picture, unless it is a film. Raises CannotFingerprint with
    the reason."""
    return collect(shots(data, mime, limits), limits, cut=with_pieces and mime not in video.FORMATS)


def shots(data: bytes, mime: str | None, limits: Limits) -> Iterator[Shot]:
    """The pictures that the file shows, by its kind."""
    if not data:
        raise CannotFingerprint("empty")
    if mime == "image/jpeg":
        return jpeg.jpeg_shots(data, limits)
    if mime is not None and heif.has_track(data, mime):
        return heif.track_shots(data, mime, limits)
    if mime in pictures.FORMATS:
        return pictures.picture_shots(data, mime, limits)
    if mime in video.FORMATS:
        return video.video_shots(data, mime, limits)
    if mime in {"image/svg+xml", "application/gzip"}:
        return _embedded(data, limits)
    raise CannotFingerprint("not_an_image")


def _embedded(data: bytes, limits: Limits) -> Iterator[Shot]:
    """The rasters in an SVG, each by its own kind; one that cannot be read is passed over."""
    text = svg.unpack(data)
    if sniff(text) != "image/svg+xml":
        raise CannotFingerprint("not_an_image")
    for number, raster in enumerate(svg.rasters(text)):
        kind = sniff(raster)
        if kind == "image/jpeg" or kind in pictures.FORMATS:
            with suppress(CannotFingerprint):
                for shot in shots(raster, kind, limits):
                    yield replace(shot, number=number)
