"""Frames of a video, decoded by FFmpeg's libraries (PyAV) from memory: no protocol, no other file, no network."""

from __future__ import annotations

import errno
import io
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

import av
import av.error
import numpy as np
import numpy.typing as npt
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from orbweaver.fingerprints.errors import CannotFingerprint
from orbweaver.fingerprints.limits import Limits
from orbweaver.fingerprints.pdq_hash import MIN_SIDE, Hashes, hashes_of, shrink
from orbweaver.fingerprints.plane import AS_IT_IS, FULL_RANGE, VIDEO_RANGE, Orientation, Plane
from orbweaver.fingerprints.progress import tell
from orbweaver.fingerprints.shots import Shot

FORMATS = {
    "video/mp4": "mov",
    "video/quicktime": "mov",
    "video/webm": "matroska",
    "video/x-matroska": "matroska",
    "video/x-msvideo": "avi",
    "video/x-flv": "flv",
    "video/ogg": "ogg",
    "video/x-ms-asf": "asf",
    "video/mpeg": "mpeg",
    "video/mp2t": "mpegts",
}
"""The demuxer for each kind, by the file's first bytes. Playlists (HLS, DASH, concat) name other files: never tried."""
CODECS = frozenset({
    "h264", "hevc", "av1", "libdav1d", "vp8", "vp9", "vp6", "vp6f", "vp6a", "mpeg4", "mpeg2video", "mpeg1video",
    "msmpeg4", "msmpeg4v1", "msmpeg4v2", "msmpeg4v3", "h263", "h263p", "flv", "flv1", "theora", "wmv1", "wmv2", "wmv3",
    "vc1", "mjpeg", "prores", "dvvideo", "cinepak", "svq3", "rv40",
})  # fmt: skip
_OPTIONS = {"protocol_whitelist": "none", "enable_drefs": "0", "use_absolute_path": "0"}
_SEEK_FROM = 2.0
"""Seconds up to which a film is read from its beginning."""
_ROUNDED = 0.0005
"""Seconds by which a time stamp may be rounded."""
SCENE_LEVELS = 25.0
"""Mean change of the 64x64 samples, in grey levels of 255, from one frame to the next that makes a new scene.
A hand-held pan (Meta's sample clips) reaches 22; what changes more slowly than a cut is caught by the rate."""


class VideoFrameHash(NamedTuple):
    """One frame that was looked at."""

    number: int
    """Position of the frame in the order of showing, from 0; an estimate once key frames alone are read."""
    time_s: float
    hashes: Hashes
    scene: bool
    """It differs much from the frame before it."""


def video_shots(data: bytes, mime: str, limits: Limits, *, each: bool = False) -> Iterator[Shot]:
    """Frames of a video by rate and by scene, or ``each``, for ``shots.collect``."""
    rate = _Rate(None) if each else _Rate(limits.video_fps, limits.max_distinct)
    for taken in _taken(data, mime, limits, rate):
        yield Shot(taken.number, taken.time_s, taken.plane)


def video_hashes(data: bytes, mime: str, limits: Limits, fps: float | None = None) -> Iterator[VideoFrameHash]:
    """PDQ of frames at ``fps`` and at each change of scene, similar or not; of every frame without ``fps``.

    Raises CannotFingerprint, possibly after some frames.
    """
    for taken in _taken(data, mime, limits, _Rate(fps)):
        yield VideoFrameHash(taken.number, taken.time_s, hashes_of(taken.plane), taken.scene)


def planes_at(data: bytes, mime: str, limits: Limits, fps: float) -> Iterator[tuple[float, Plane]]:
    """Seconds and plane of ``fps`` frames of each second, whatever they show; of all where the film has fewer.

    Raises CannotFingerprint, possibly after some frames.
    """
    rate, next_tick = _Rate(fps), -math.inf
    for frame in _decoded(data, mime, limits):
        if frame.time_s >= next_tick:
            next_tick = rate.tick_after(frame.time_s, frame.length_s)
            yield frame.time_s, _plane(frame.picture)


def pictures_at(
    data: bytes, mime: str, limits: Limits, fps: float, after_s: float = -1.0
) -> Iterator[tuple[float, npt.NDArray[np.uint8]]]:
    """Seconds and picture, uint8[height, width, 3] turned as the file asks, of ``fps`` frames of each second.

    With ``after_s``, the time of one of them, those that follow it. Raises CannotFingerprint, possibly after some.
    """
    rate = _Rate(fps)
    next_tick = rate.tick_after(after_s, 0.0) if after_s >= 0 else -math.inf
    for frame in _decoded_from(data, mime, limits, after_s):
        if frame.time_s >= next_tick:
            next_tick = rate.tick_after(frame.time_s, frame.length_s)
            yield frame.time_s, _pixels(frame.picture)


def _pixels(frame: VideoFrame) -> npt.NDArray[np.uint8]:
    return np.rot90(frame.to_ndarray(format="rgb24"), round(frame.rotation / 90) % 4)


def frame_at(data: bytes, mime: str, time_s: float, limits: Limits) -> npt.NDArray[np.uint8]:
    """The frame that is shown at that time, uint8[height, width, 3], turned as the file asks; the last one after it.

    Goes to the key frame before it first, or reads from the beginning where the file cannot do that.
    Raises CannotFingerprint.
    """
    if time_s > _SEEK_FROM:
        with suppress(CannotFingerprint):
            return _frame_at(data, mime, time_s, limits, seek=True)
    return _frame_at(data, mime, time_s, limits, seek=False)


def _frame_at(data: bytes, mime: str, time_s: float, limits: Limits, *, seek: bool) -> npt.NDArray[np.uint8]:
    deadline, found = time.monotonic() + limits.max_decode_s, None
    with _reasons(), _open(data, FORMATS[mime]) as container:
        stream = _picture_stream(container.streams.video, limits)
        if seek:
            container.seek(int(time_s * av.time_base))
        for frame in container.decode(stream):
            if frame.width * frame.height > limits.max_pixels:
                raise CannotFingerprint("too_many_pixels")
            if found is not None and (frame.time or 0.0) > time_s + _ROUNDED:
                break
            if found is None and seek and (frame.time is None or frame.time > time_s + _ROUNDED):
                raise CannotFingerprint("damaged")  # the file led past it
            found = frame
            if time.monotonic() > deadline:
                raise CannotFingerprint("out_of_time")
        if found is None:
            raise CannotFingerprint("no_picture")
        return _pixels(found)


def deep_jpeg_plane(data: bytes, limits: Limits) -> Plane:
    """The luma of a 12-bit JPEG, which libjpeg-turbo's 8-bit interface refuses."""
    with _reasons(), _open(data, "jpeg_pipe") as container:
        stream = container.streams.video[0]
        if stream.width * stream.height > limits.max_pixels:
            raise CannotFingerprint("too_many_pixels")
        for frame in container.decode(stream):
            return _plane(frame)
    raise CannotFingerprint("damaged")


def _open(data: bytes, demuxer: str) -> InputContainer:
    return av.open(io.BytesIO(data), "r", format=demuxer, container_options=_OPTIONS)


class _Taken(NamedTuple):
    number: int
    time_s: float
    plane: Plane
    scene: bool


@contextmanager
def _reasons() -> Iterator[None]:
    try:
        yield
    except MemoryError:
        raise CannotFingerprint("out_of_memory") from None
    except (av.error.FFmpegError, ValueError, IndexError, OverflowError) as error:
        code = "out_of_memory" if isinstance(error, OSError) and error.errno == errno.ENOMEM else "damaged"
        raise CannotFingerprint(code) from None


def _taken(data: bytes, mime: str, limits: Limits, rate: _Rate) -> Iterator[_Taken]:
    """Decode and choose: a frame is taken at each tick of the rate and when it shows another scene."""
    next_tick = -math.inf
    before: npt.NDArray[np.float32] | None = None
    for frame in _decoded(data, mime, limits):
        plane = _plane(frame.picture)
        if min(plane.width, plane.height) < MIN_SIDE:
            raise CannotFingerprint("no_picture")
        grid = shrink(plane)
        scene = before is not None and float(np.abs(grid - before).mean()) * plane.scale > SCENE_LEVELS
        before = grid
        if frame.time_s >= next_tick or scene:
            next_tick = rate.tick_after(frame.time_s, frame.length_s)
            yield _Taken(frame.number, frame.time_s, plane, scene)


class _Rate(NamedTuple):
    """How often a frame is taken; ``fps`` None takes every one."""

    fps: float | None
    most: int | None = None
    """Frames that may come of one video."""

    def tick_after(self, time_s: float, length_s: float) -> float:
        """When the next frame is due, with half a millisecond of grace for rounded time stamps."""
        if self.fps is None:
            return -math.inf
        # A quarter is left for scenes.
        fps = self.fps if self.most is None or not length_s else min(self.fps, 0.75 * self.most / length_s)
        return (math.floor(time_s * fps + 1e-9) + 1) / fps - 0.0005


class _Frame(NamedTuple):
    number: int
    time_s: float
    picture: VideoFrame
    length_s: float
    """Of the whole video; 0.0 when it is not said."""


def _decoded_from(data: bytes, mime: str, limits: Limits, time_s: float) -> Iterator[_Frame]:
    """As ``_decoded``, from some frame on that is not after that time; from the first where the file cannot do that."""
    if time_s > _SEEK_FROM:
        frames, first = _decoded(data, mime, limits, time_s), None
        with suppress(CannotFingerprint):
            first = next(frames, None)
        if first is not None and first.time_s <= time_s + _ROUNDED:
            yield first
            yield from frames
            return
    yield from _decoded(data, mime, limits)


def _decoded(data: bytes, mime: str, limits: Limits, seek_s: float | None = None) -> Iterator[_Frame]:
    """The frames within the limits, in the order of showing."""
    with _reasons(), _open(data, FORMATS[mime]) as container:
        stream = _picture_stream(container.streams.video, limits)
        if seek_s is not None:
            container.seek(int(seek_s * av.time_base))
        hurry = _Hurry(stream, limits)
        for index, frame in enumerate(container.decode(stream)):
            time_s = frame.time if frame.time is not None and frame.time >= 0 else 0.0
            if frame.width * frame.height > limits.max_pixels:
                raise CannotFingerprint("too_many_pixels")
            if index >= limits.video_max_frames or time_s > limits.video_max_seconds:
                raise CannotFingerprint("too_many_frames")
            if hurry.length_s:
                tell(time_s / hurry.length_s)
            yield _Frame(hurry.number(index, time_s), time_s, frame, hurry.length_s)
            hurry.check(time_s)


def _picture_stream(streams: tuple[VideoStream, ...], limits: Limits) -> VideoStream:
    stream = next((one for one in streams if one.codec_context.name in CODECS or one.name in CODECS), None)
    if stream is None:
        raise CannotFingerprint("no_picture")
    if (stream.width or 0) * (stream.height or 0) > limits.max_pixels:
        raise CannotFingerprint("too_many_pixels")
    stream.thread_count = 1  # one process, one core: the pool has a process for each
    stream.thread_type = "NONE"
    return stream


class _Hurry:
    """Goes over to key frames alone when a video would not be through in the time for decoding."""

    SPEED_KNOWN_AFTER = 0.25
    """Share of the time after which the speed is known well enough to say whether all of it will do."""

    def __init__(self, stream: VideoStream, limits: Limits) -> None:
        self._stream = stream
        self._began = time.monotonic()
        self._allowed = limits.max_decode_s
        self.length_s = float(stream.duration * stream.time_base) if stream.duration and stream.time_base else 0.0
        self._rate = float(stream.average_rate or 0)
        self._hurried = False

    def number(self, index: int, time_s: float) -> int:
        """The frame's number, by time and rate when frames are skipped."""
        return round(time_s * self._rate) if self._hurried and self._rate else index

    def check(self, time_s: float) -> None:
        """Look at the speed so far."""
        spent = time.monotonic() - self._began
        if self._hurried or spent < self._allowed * self.SPEED_KNOWN_AFTER:
            return
        if time_s <= 0 or spent * max(self.length_s, time_s) / time_s > self._allowed * 0.9:
            self._stream.codec_context.skip_frame = "NONKEY"
            self._hurried = True


_TURNED = {
    90: Orientation(flip_columns=True, transpose=True),
    180: Orientation(flip_rows=True, flip_columns=True),
    270: Orientation(flip_rows=True, transpose=True),
}
"""By PyAV's degrees counter-clockwise."""
_PLANAR_8 = frozenset({
    "yuv420p", "yuv422p", "yuv444p", "yuv440p", "yuv411p", "yuv410p", "yuvj420p", "yuvj422p", "yuvj444p", "nv12",
    "nv21", "gray",
})  # fmt: skip
_FULL_BY_NAME = frozenset(["yuvj420p", "yuvj422p", "yuvj444p", "gray", "gray16le"])
_DEEP = {f"yuv{kind}p{bits}le": bits for kind in ("420", "422", "444") for bits in (10, 12, 16)} | {"gray16le": 16}


def _plane(frame: VideoFrame) -> Plane:
    """The frame's luma as it lies in memory; other layouts are converted to grey first."""
    turn = _TURNED.get(round(frame.rotation) % 360, AS_IT_IS)
    name = frame.format.name
    if name not in _PLANAR_8 and name not in _DEEP:
        frame, name = frame.reformat(format="gray"), "gray"
    full = name in _FULL_BY_NAME or frame.color_range == 2
    scale = FULL_RANGE if full else VIDEO_RANGE
    bits = _DEEP.get(name, 8)
    return Plane(_rows(frame, bits), frame.width, frame.height, 1, turn, scale * 255.0 / (2**bits - 1))


def _rows(frame: VideoFrame, bits: int) -> npt.NDArray[Any]:
    """A view of the first plane, padding at the ends of rows included."""
    plane = frame.planes[0]
    kind: type[np.uint8 | np.uint16] = np.uint8 if bits == 8 else np.uint16
    levels: npt.NDArray[Any] = np.frombuffer(memoryview(plane), dtype=kind)
    line = plane.line_size // levels.itemsize
    return levels[: line * frame.height].reshape(frame.height, line)
