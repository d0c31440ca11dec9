"""Films drawn by code: a camera, still or hand-held, over a drawn scene in which things move; and edits of them.

All is made from seeds, so that every run sees the same films. Nothing is downloaded.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction

import av
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

Frame = npt.NDArray[np.uint8]
"""uint8[height, width, 3]: red, green and blue."""
FPS = 15
SIZE = (320, 240)
SCENE = (1400, 1050)
UNSTEADY = (0.0, 0.2, 0.5, 0.8, 1.0)
"""How unsteady a camera is: from 0.5 on, frames a tenth of a second apart differ by 20-70 bits of PDQ."""


def scene(seed: int) -> Image.Image:
    """A ground of soft noise with shapes on it, and grain."""
    random = np.random.default_rng(seed)
    picture = Image.fromarray(_soft_noise(random)).resize(SCENE)
    draw = ImageDraw.Draw(picture, "RGBA")
    for _ in range(int(random.integers(40, 130))):
        _shape(draw, random)
    grain = random.normal(0, 6, (SCENE[1], SCENE[0], 1))
    return Image.fromarray(np.clip(np.asarray(picture) + grain, 0, 255).astype(np.uint8))


def _soft_noise(random: np.random.Generator) -> Frame:
    height, width = SCENE[1] // 2, SCENE[0] // 2
    spectrum = np.fft.rfft2(random.standard_normal((3, height, width)), axes=(1, 2))
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None])
    spectrum /= np.maximum(frequency, 0.002) ** random.uniform(1.0, 1.5)
    noise = np.fft.irfft2(spectrum, s=(height, width), axes=(1, 2))
    noise = (noise - noise.mean((1, 2), keepdims=True)) / noise.std((1, 2), keepdims=True)
    mixed = random.uniform(0.3, 1.0, (3, 3))
    mixed /= mixed.sum(1, keepdims=True)
    return np.asarray(np.clip(110 + np.einsum("ij,jhw->hwi", mixed, noise) * 45, 0, 255), np.uint8)


def _shape(draw: ImageDraw.ImageDraw, random: np.random.Generator) -> None:
    x, y, size = random.uniform(0, SCENE[0]), random.uniform(0, SCENE[1]), random.uniform(15, 160)
    red, green, blue = (int(level) for level in random.integers(0, 255, 3))
    colour = (red, green, blue, int(random.integers(90, 255)))
    if random.random() < 0.5:
        tall = size * random.uniform(0.3, 1.0)
        draw.ellipse((x - size, y - tall, x + size, y + tall), colour)
    else:
        angles = np.sort(random.uniform(0, 2 * np.pi, int(random.integers(3, 7))))
        draw.polygon([(x + size * np.cos(angle), y + size * np.sin(angle)) for angle in angles], colour)


def filmed_scene(seed: int, seconds: float, unsteady: float, of: int | None = None) -> list[Frame]:
    """What a camera sees of a scene, ``of`` another seed's where one is given."""
    random = np.random.default_rng(seed)
    source, count = scene(seed if of is None else of), int(seconds * FPS)
    zoom = 0.42 + unsteady * (_wander(random, count, 0.15, 0.12) + _wander(random, count, 1.0, 0.02))
    paths = [_wander(random, count, 0.12, 0.75) + _wander(random, count, 1.2, 0.05) for _ in range(2)]
    turn = _wander(random, count, 0.3, 0.06) * unsteady
    sprites = [(_wander(random, count, 0.3, 0.4), _wander(random, count, 0.3, 0.4), *_look(random)) for _ in range(2)]
    frames = []
    for at in range(count):
        wide = zoom[at] * min(SCENE[0], SCENE[1] * SIZE[0] / SIZE[1])
        margins = (SCENE[0] - wide) / 2, (SCENE[1] - wide * SIZE[1] / SIZE[0]) / 2
        x, y = (
            side / 2 + margin * float(np.clip(path[at] * unsteady, -0.95, 0.95))
            for side, margin, path in zip(SCENE, margins, paths, strict=True)
        )
        view = _view(source, (x, y), wide / SIZE[0], float(turn[at]))
        draw = ImageDraw.Draw(view)
        for across, down, size, colour in sprites:
            left, top = (0.5 + across[at] - size) * SIZE[0], (0.5 + down[at] - size) * SIZE[1]
            draw.ellipse((left, top, left + 2 * size * SIZE[0], top + 2 * size * SIZE[1]), colour)
        frames.append(np.asarray(view))
    return frames


def _wander(random: np.random.Generator, count: int, hertz: float, most: float) -> npt.NDArray[np.float64]:
    """float64[count]: a smooth way about 0 that reaches ``most``."""
    at = np.arange(count) / FPS
    way = np.zeros(count)
    for _ in range(6):
        way += np.sin(2 * np.pi * random.uniform(0.2, 1.0) * hertz * at + random.uniform(0, 6.28)) * random.uniform(
            0.3, 1
        )
    return np.asarray(way / max(1e-9, float(np.abs(way).max())) * most)


def _look(random: np.random.Generator) -> tuple[float, tuple[int, int, int]]:
    red, green, blue = (int(level) for level in random.integers(0, 255, 3))
    return float(random.uniform(0.04, 0.14)), (red, green, blue)


def _view(source: Image.Image, centre: tuple[float, float], scale: float, turn: float) -> Image.Image:
    cosine, sine = np.cos(turn) * scale, np.sin(turn) * scale
    half = SIZE[0] / 2, SIZE[1] / 2
    matrix = (
        *(cosine, -sine, centre[0] - cosine * half[0] + sine * half[1]),
        *(sine, cosine, centre[1] - sine * half[0] - cosine * half[1]),
    )
    return source.transform(SIZE, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)


def _letterboxed(frames: Sequence[Frame]) -> list[Frame]:
    return [np.pad(frame, ((40, 40), (0, 0), (0, 0))) for frame in frames]


EDITS: dict[str, Callable[[Sequence[Frame]], list[Frame]]] = {
    "re-encoded": list,
    "scaled": lambda frames: [np.asarray(Image.fromarray(frame).resize((224, 168))) for frame in frames],
    "letterbox": _letterboxed,
    "pillarbox": lambda frames: [np.pad(frame, ((0, 0), (50, 50), (0, 0))) for frame in frames],
    "mirrored": lambda frames: [frame[:, ::-1] for frame in frames],
    "speed": list,
    "darker": lambda frames: [np.clip(frame * 0.7 + 10, 0, 255).astype(np.uint8) for frame in frames],
    "letterbox, mirrored": lambda frames: _letterboxed([frame[:, ::-1] for frame in frames]),
}
SPEEDS = (0.8, 0.9, 1.1, 1.25)


def fitted(frames: Sequence[Frame], size: tuple[int, int] = (360, 270)) -> Iterator[Frame]:
    """Frames as a compilation shows them: of one size, with black bars where their shape is another."""
    for frame in frames:
        height, width = frame.shape[:2]
        scale = min(size[0] / width, size[1] / height)
        small = Image.fromarray(np.ascontiguousarray(frame)).resize((int(width * scale), int(height * scale)))
        whole = Image.new("RGB", size)
        whole.paste(small, ((size[0] - small.width) // 2, (size[1] - small.height) // 2))
        yield np.asarray(whole)


def encoded(frames: Iterable[Frame], quality: int = 23) -> bytes:
    """An MP4 file (H.264); a greater ``quality`` number is a smaller file."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as output:
        stream = output.add_stream("libx264", rate=FPS, options={"crf": str(quality), "preset": "veryfast"})
        stream.pix_fmt, stream.thread_count = "yuv420p", 1
        for number, frame in enumerate(frames):
            if number == 0:
                stream.height, stream.width = (side // 2 * 2 for side in frame.shape[:2])
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame[: stream.height, : stream.width]), "rgb24")
            picture.pts, picture.time_base = number, Fraction(1, FPS)
            output.mux(stream.encode(picture))
        output.mux(stream.encode())
    return buffer.getvalue()
