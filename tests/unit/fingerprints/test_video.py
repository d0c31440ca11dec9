"""Videos are hashed frame by frame, from memory alone."""

from __future__ import annotations

import io
import itertools
import socket
import threading
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pytest
from PIL import Image

from orbweaver.fingerprints import CannotFingerprint, Limits, fingerprint, video
from orbweaver.fingerprints.pdq_kind import Pdq
from orbweaver.fingerprints.video import video_hashes

Scene = Callable[..., Image.Image]
Reference = Callable[[Image.Image], tuple[bytes, int]]
distance = Pdq().distance
FPS = 10


def film(
    shots: Sequence[Image.Image],
    frames_each: int = 12,
    container: str = "mp4",
    codec: str = "mpeg4",
    pixels: str = "yuv420p",
    fps: int = FPS,
) -> bytes:
    """Each picture shown for ``frames_each`` frames."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container) as output:
        stream = output.add_stream(codec, rate=fps)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = shots[0].size
        stream.pix_fmt = pixels
        stream.bit_rate = 8_000_000
        stream.gop_size = 12
        for number, shot in enumerate(itertools.chain.from_iterable([one] * frames_each for one in shots)):
            frame = av.VideoFrame.from_ndarray(np.asarray(shot), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, fps)
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
    return buffer.getvalue()


@pytest.fixture(scope="module")
def shots(scene: Scene) -> list[Image.Image]:
    return [scene(320, 240, seed) for seed in (1, 2, 3)]


@pytest.mark.parametrize(
    ("container", "codec", "pixels", "mime"),
    [
        ("mp4", "mpeg4", "yuv420p", "video/mp4"),
        ("mp4", "libx264", "yuv420p", "video/mp4"),
        ("mp4", "libx264", "yuv420p10le", "video/mp4"),
        ("mp4", "libx264", "yuv444p", "video/mp4"),
        ("mov", "mpeg4", "yuv420p", "video/quicktime"),
        ("webm", "libvpx-vp9", "yuv420p", "video/webm"),
        ("matroska", "mpeg4", "yuv420p", "video/x-matroska"),
        ("avi", "mpeg4", "yuv420p", "video/x-msvideo"),
        ("avi", "mjpeg", "yuvj420p", "video/x-msvideo"),
        ("flv", "flv", "yuv420p", "video/x-flv"),
        ("mpegts", "mpeg2video", "yuv420p", "video/mp2t"),
        ("asf", "msmpeg4v3", "yuv420p", "video/x-ms-asf"),
    ],
)
def test_each_scene_of_a_video_is_hashed_with_its_time(
    shots: list[Image.Image], reference: Reference, container: str, codec: str, pixels: str, mime: str
) -> None:
    fps = 25 if codec == "mpeg2video" else FPS  # its rates start at 23.976
    result = fingerprint(film(shots, fps * 12 // 10, container, codec, pixels, fps))
    assert (result.mime, result.width, result.height, result.error) == (mime, 320, 240, None)
    assert result.pdq is not None
    assert distance(result.pdq, reference(shots[0])[0]) <= 24
    for number in (1, 2):
        near = [frame for frame in result.frames if distance(frame.pdq, reference(shots[number])[0]) <= 24]
        assert near
        assert near[0].time_s == pytest.approx(number * 1.2, abs=0.15)


def test_frames_come_at_the_rate_asked_for_and_at_each_cut(shots: list[Image.Image]) -> None:
    frames = list(video_hashes(film(shots), "video/mp4", Limits(), fps=1))
    assert [round(frame.time_s, 1) for frame in frames] == [0.0, 1.0, 1.2, 2.0, 2.4, 3.0]
    assert [frame.number for frame in frames] == [0, 10, 12, 20, 24, 30]
    assert [frame.scene for frame in frames] == [False, False, True, False, True, False]


def test_every_frame_is_hashed_when_no_rate_is_given(shots: list[Image.Image]) -> None:
    assert len(list(video_hashes(film(shots), "video/mp4", Limits()))) == 36


def test_the_reference_hashes_of_metas_clips_are_met(sample_data: Path) -> None:
    for name in ("chair-19-sd-bar", "chair-22-with-large-logo-bar"):
        data = (sample_data / "vpdq" / f"{name}.mp4").read_bytes()
        lines = [line.split(",") for line in (sample_data / "vpdq" / f"{name}.txt").read_text().split()]
        frames = list(video_hashes(data, "video/mp4", Limits(max_decode_s=3600)))  # else a busy machine reads fewer
        assert len(frames) == len(lines)
        off = np.array([distance(f.hashes.pdq, bytes.fromhex(line[2])) for f, line in zip(frames, lines, strict=True)])
        assert (off <= 10).mean() >= 0.95
        assert max(abs(f.hashes.quality - int(line[1])) for f, line in zip(frames, lines, strict=True)) <= 2
        assert max(abs(f.time_s - float(line[3])) for f, line in zip(frames, lines, strict=True)) < 0.01


def turned(data: bytes, matrix: Sequence[int]) -> bytes:
    """The MP4 with another display matrix in its track header: a, b, u, c, d, v, x, y, w in 16.16 (w in 2.30)."""
    at = data.index(b"tkhd") + 4 + 40
    values = b"".join(int(value).to_bytes(4, "big", signed=True) for value in matrix)
    return data[:at] + values + data[at + 36 :]


ONE, W = 0x10000, 0x40000000


@pytest.mark.parametrize(
    ("matrix", "shown"),
    [
        ((0, ONE, 0, -ONE, 0, 0, 240 * ONE, 0, W), Image.Transpose.ROTATE_270),
        ((-ONE, 0, 0, 0, -ONE, 0, 320 * ONE, 240 * ONE, W), Image.Transpose.ROTATE_180),
        ((0, -ONE, 0, ONE, 0, 0, 0, 320 * ONE, W), Image.Transpose.ROTATE_90),
    ],
)
def test_a_video_filmed_on_its_side_is_hashed_upright(
    shots: list[Image.Image], reference: Reference, matrix: Sequence[int], shown: Image.Transpose
) -> None:
    result = fingerprint(turned(film(shots[:1]), matrix))
    upright = shots[0].transpose(shown)
    assert result.pdq is not None
    assert distance(result.pdq, reference(upright)[0]) <= 24
    assert (result.width, result.height) == upright.size


def test_a_video_without_a_picture_says_so() -> None:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as output:
        stream = output.add_stream("aac", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.float32), format="fltp", layout="mono")
        frame.rate = 8000
        output.mux(stream.encode(frame))
        output.mux(stream.encode())
    assert fingerprint(buffer.getvalue()).error == "no_picture"


def test_a_truncated_video_is_hashed_as_far_as_it_goes(shots: list[Image.Image]) -> None:
    data = film(shots, container="matroska")
    result = fingerprint(data[: len(data) // 2])
    assert result.pdq is not None
    assert fingerprint(film(shots)[:200]).error == "damaged"


def test_a_video_longer_than_the_limits_keeps_its_beginning(shots: list[Image.Image]) -> None:
    result = fingerprint(film(shots), Limits(video_max_seconds=1.5))
    assert result.error == "too_many_frames"
    assert result.pdq is not None


def test_a_video_that_would_take_too_long_is_read_to_its_end_by_key_frames(
    shots: list[Image.Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = itertools.count(step=1.0)
    monkeypatch.setattr(video, "time", SimpleNamespace(monotonic=lambda: next(ticks)))
    frames = list(video_hashes(film(shots, frames_each=60), "video/mp4", Limits(max_decode_s=40.0)))
    assert 20 < len(frames) < 60
    assert frames[-1].time_s > 16
    assert all(frame.number % 12 == 0 for frame in frames[-5:])


def test_a_playlist_opens_no_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.5)
        port = server.getsockname()[1]
        asked: list[object] = []

        def listen() -> None:
            try:
                asked.append(server.accept()[1])
            except TimeoutError:
                return

        listener = threading.Thread(target=listen)
        listener.start()
        playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nhttp://127.0.0.1:{port}/a.ts\n#EXT-X-ENDLIST\n"
        for demuxer in ("hls", "concat", "dash"):
            with pytest.raises((CannotFingerprint, av.error.FFmpegError, ValueError)):
                next(iter(video._open(playlist.encode(), demuxer).decode(video=0)))
        assert fingerprint(playlist.encode()).error == "not_an_image"
        listener.join()
    assert asked == []
