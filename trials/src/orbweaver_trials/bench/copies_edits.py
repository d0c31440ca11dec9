"""The edits that copies are made with, and where the original is in each: for the benchmark and for tests.

Each edit takes a picture and gives an :class:`Edited`: the new picture and, for each original in it, a homography from
shares of the original's width and height to shares of the new picture's. All is drawn from the generator that is
given, so that a seed gives the same copies again.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageEnhance, ImageFont

Random = np.random.Generator
Matrix = npt.NDArray[np.float64]

WORDS = (
    "the",
    "quick",
    "brown",
    "fox",
    "jumps",
    "over",
    "a",
    "lazy",
    "dog",
    "while",
    "seven",
    "wizards",
    "pack",
    "my",
    "box",
)


@dataclass(frozen=True)
class Edited:
    """A copy: the picture, the names of what was done, and where each original lies in it."""

    image: Image.Image
    names: tuple[str, ...]
    places: tuple[tuple[int, Matrix], ...] = ((0, np.eye(3)),)
    """The original's number and the homography of shares, original to copy."""


def boxed(left: float, top: float, width: float, height: float) -> Matrix:
    """The homography that puts the unit square into a box, all in shares."""
    return np.array([[width, 0, left], [0, height, top], [0, 0, 1.0]])


def font(size: int) -> Any:
    """Pillow's own font."""
    return ImageFont.load_default(max(8, size))


def phrase(rng: Random, words: int) -> str:
    """Some words of no meaning."""
    return " ".join(rng.choice(WORDS, words))


def jpeg(image: Image.Image, quality: int = 88) -> bytes:
    """The picture as a JPEG."""
    buffer = io.BytesIO()
    image.convert("RGB").save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def as_saved(image: Image.Image, quality: int) -> Image.Image:
    """The picture after a JPEG."""
    return Image.open(io.BytesIO(jpeg(image, quality))).convert("RGB")


def colour(rng: Random) -> tuple[int, int, int]:
    """Any colour."""
    red, green, blue = (int(value) for value in rng.integers(0, 256, 3))
    return red, green, blue


def resaved(image: Image.Image, rng: Random) -> Edited:
    """Smaller, and a JPEG of low quality."""
    scale = rng.uniform(0.4, 1.0)
    small = image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.LANCZOS)
    return Edited(as_saved(small, int(rng.integers(25, 70))), ("resaved",))


def recoloured(image: Image.Image, rng: Random) -> Edited:
    """Grey, or another brightness, contrast and tint."""
    if rng.random() < 0.3:
        return Edited(image.convert("L").convert("RGB"), ("recoloured",))
    for enhance in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
        image = enhance(image).enhance(rng.uniform(0.55, 1.5))
    pixels = np.asarray(image, np.float32) * rng.uniform(0.75, 1.2, 3)
    return Edited(Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)), ("recoloured",))


def cropped(keep: float) -> Callable[[Image.Image, Random], Edited]:
    """Keep a share of the area, at any place."""

    def crop(image: Image.Image, rng: Random) -> Edited:
        stretch = rng.uniform(0.85, 1.18)
        width, height = min(1.0, keep**0.5 * stretch), min(1.0, keep**0.5 / stretch)
        left, top = rng.uniform(0, 1 - width), rng.uniform(0, 1 - height)
        box = (left * image.width, top * image.height, (left + width) * image.width, (top + height) * image.height)
        place = np.asarray(np.linalg.inv(boxed(left, top, width, height)), np.float64)
        return Edited(image.crop(tuple(round(side) for side in box)), ("crop",), ((0, place),))

    return crop


def overlay(image: Image.Image, rng: Random) -> Edited:
    """A half-transparent sign, once or all over."""
    layer = Image.new("RGBA", image.size, (0, 0, 0, 0))
    draw = ImageDraw.Draw(layer)
    side = image.width // int(rng.integers(3, 6))
    ink = (*colour(rng), int(rng.integers(80, 150)))
    places = [(x, y) for x in range(0, image.width, side * 2) for y in range(0, image.height, side * 2)]
    if rng.random() < 0.5:
        side = image.width // 2
        places = [(int(rng.uniform(0, image.width - side)), int(rng.uniform(0, max(1, image.height - side))))]
    for x, y in places:
        draw.ellipse((x, y, x + side, y + side * 0.6), outline=ink, width=max(2, side // 12))
        draw.text((x + side * 0.2, y + side * 0.15), "LOGO", fill=ink, font=font(side // 4))
    return Edited(Image.alpha_composite(image.convert("RGBA"), layer).convert("RGB"), ("overlay",))


def text(image: Image.Image, rng: Random) -> Edited:
    """Some lines of text over it."""
    image = image.copy()
    draw = ImageDraw.Draw(image)
    for _ in range(int(rng.integers(1, 4))):
        size = int(image.height * rng.uniform(0.06, 0.12))
        at = (rng.uniform(0, 0.3) * image.width, rng.uniform(0, 0.85) * image.height)
        ink = (255, 255, 255) if rng.random() < 0.5 else colour(rng)
        draw.text(at, phrase(rng, 4), fill=ink, font=font(size), stroke_width=size // 14, stroke_fill=(0, 0, 0))
    return Edited(image, ("text",))


def emoji(image: Image.Image, rng: Random) -> Edited:
    """One to four yellow faces."""
    image = image.copy()
    draw = ImageDraw.Draw(image)
    for _ in range(int(rng.integers(1, 5))):
        side = min(image.size) * rng.uniform(0.15, 0.3)
        x, y = rng.uniform(0, image.width - side), rng.uniform(0, image.height - side)
        draw.ellipse((x, y, x + side, y + side), fill=(255, 205, 50), outline=(120, 90, 10), width=3)
        for eye in (0.3, 0.6):
            draw.ellipse((x + side * eye, y + side * 0.28, x + side * (eye + 0.12), y + side * 0.42), fill=(60, 40, 10))
        draw.arc((x + side * 0.2, y + side * 0.3, x + side * 0.8, y + side * 0.8), 20, 160, (60, 40, 10), 5)
    return Edited(image, ("emoji",))


def box(image: Image.Image, rng: Random) -> Edited:
    """A box of one colour over up to a quarter."""
    image = image.copy()
    share, stretch = rng.uniform(0.08, 0.25) ** 0.5, rng.uniform(0.6, 1.6)
    width, height = image.width * min(0.95, share * stretch), image.height * min(0.95, share / stretch)
    x, y = rng.uniform(0, image.width - width), rng.uniform(0, image.height - height)
    fill = (0, 0, 0) if rng.random() < 0.7 else colour(rng)
    ImageDraw.Draw(image).rectangle((x, y, x + width, y + height), fill=fill)
    return Edited(image, ("box",))


def on_ground(
    image: Image.Image, size: tuple[int, int], at: tuple[int, int], ground: Any
) -> tuple[Image.Image, Matrix]:
    """The picture on a ground of one colour, and its place."""
    canvas = Image.new("RGB", size, ground)
    canvas.paste(image, at)
    return canvas, boxed(at[0] / size[0], at[1] / size[1], image.width / size[0], image.height / size[1])


def border(image: Image.Image, rng: Random) -> Edited:
    """A frame of one colour."""
    x, y = (int(image.width * rng.uniform(0.03, 0.2)) for _ in range(2))
    ground = colour(rng) if rng.random() < 0.5 else ((0, 0, 0) if rng.random() < 0.5 else (255, 255, 255))
    canvas, place = on_ground(image, (image.width + 2 * x, image.height + 2 * y), (x, y), ground)
    return Edited(canvas, ("border",), ((0, place),))


def caption(image: Image.Image, rng: Random) -> Edited:
    """A band with words above or below."""
    band = int(image.height * rng.uniform(0.1, 0.25))
    above = rng.random() < 0.5
    ground = (255, 255, 255) if rng.random() < 0.6 else (0, 0, 0)
    canvas, place = on_ground(image, (image.width, image.height + band), (0, band if above else 0), ground)
    at = (image.width * 0.05, band * 0.2 + (0 if above else image.height))
    ink = tuple(255 - level for level in ground)
    ImageDraw.Draw(canvas).text(at, phrase(rng, 5), fill=ink, font=font(int(band * 0.45)))
    return Edited(canvas, ("caption",), ((0, place),))


def turn(image: Image.Image, rng: Random) -> Edited:
    """Any turn, whole, on a ground of one colour; a third are quarter turns."""
    quarter = rng.random() < 0.33
    angle = float(rng.choice([90, 180, 270])) if quarter else rng.uniform(-180, 180)
    ground = (0, 0, 0) if rng.random() < 0.7 else colour(rng)
    turned = image.rotate(angle, expand=True, resample=Image.Resampling.BICUBIC, fillcolor=ground)
    cosine, sine = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    about = np.array([[cosine, sine, 0], [-sine, cosine, 0], [0, 0, 1.0]])
    place = (
        np.diag([1 / turned.width, 1 / turned.height, 1.0])
        @ np.array([[1, 0, turned.width / 2], [0, 1, turned.height / 2], [0, 0, 1.0]])
        @ about
        @ np.array([[image.width, 0, -image.width / 2], [0, image.height, -image.height / 2], [0, 0, 1.0]])
    )
    return Edited(turned, ("turned",), ((0, place),))


def mirror(image: Image.Image, _rng: Random) -> Edited:
    """Left to right."""
    place = np.array([[-1, 0, 1], [0, 1, 0], [0, 0, 1.0]])
    return Edited(image.transpose(Image.Transpose.FLIP_LEFT_RIGHT), ("mirrored",), ((0, place),))


def page(image: Image.Image, rng: Random) -> Edited:
    """A page of a site, photographed off the screen by its own program: bars, menus, words, and the picture."""
    width, height = 1280, 900
    dark = rng.random() < 0.3
    ground, ink = ((24, 26, 30), (220, 220, 220)) if dark else ((250, 250, 250), (30, 30, 30))
    canvas = Image.new("RGB", (width, height), ground)
    draw = ImageDraw.Draw(canvas)
    draw.rectangle((0, 0, width, 70), fill=colour(rng))
    draw.text((20, 15), phrase(rng, 3), fill=ground, font=font(30))
    scale = min(rng.uniform(500, 800) / image.width, 560 / image.height)
    shown = image.resize((int(image.width * scale), int(image.height * scale)), Image.Resampling.LANCZOS)
    x, y = int(rng.integers(30, width - shown.width - 330)), int(rng.integers(100, 180))
    canvas.paste(shown, (x, y))
    for line in range(24):
        draw.text((width - 280, 100 + line * 32), phrase(rng, 4), fill=ink, font=font(16))
    line_y = y + shown.height + 20
    while line_y < height - 30:
        draw.text((x, line_y), phrase(rng, 10), fill=ink, font=font(18))
        line_y += 28
    place = boxed(x / width, y / height, shown.width / width, shown.height / height)
    return Edited(canvas, ("page",), ((0, place),))


def screen(image: Image.Image, rng: Random) -> Edited:
    """A photograph of a screen that shows it: in perspective, with a dark frame, softer, with moiré and noise."""
    width, height = 1000, round(1000 * image.height / image.width)
    shown = np.asarray(image.resize((width, height), Image.Resampling.LANCZOS), np.float32)
    canvas_size = (int(width * 1.25), int(height * 1.25))
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float64)
    inset = 0.1 + rng.uniform(-0.05, 0.07, (4, 2))
    target = np.where(corners == 0, inset, 1 - inset) * np.array(canvas_size)
    warp = cv2.getPerspectiveTransform((corners * [width, height]).astype(np.float32), target.astype(np.float32))
    ground = np.full((canvas_size[1], canvas_size[0], 3), rng.uniform(10, 60), np.float32)
    frame = cv2.getPerspectiveTransform(
        (np.array([[-20, -20], [width + 20, -20], [width + 20, height + 20], [-20, height + 20]])).astype(np.float32),
        cv2.perspectiveTransform(
            np.array([[[-20.0, -20], [width + 20, -20], [width + 20, height + 20], [-20, height + 20]]]), warp
        )[0].astype(np.float32),
    )
    mask = cv2.warpPerspective(np.ones((height, width), np.float32), frame, canvas_size)[..., None]
    photo = cv2.warpPerspective(shown, warp, canvas_size)
    wave = np.sin(
        np.arange(canvas_size[0])[None, :, None] * rng.uniform(0.5, 1.4)
        + np.arange(canvas_size[1])[:, None, None] * 0.2
    )
    photo = ground * (1 - mask) + photo * mask * (1 + 0.05 * wave) * rng.uniform(0.75, 1.1) + mask * rng.uniform(0, 25)
    photo = cv2.GaussianBlur(photo, (0, 0), rng.uniform(0.6, 1.3)) + rng.normal(0, 4, photo.shape)
    place = np.diag([1 / canvas_size[0], 1 / canvas_size[1], 1.0]) @ warp @ np.diag([width, height, 1.0])
    saved = as_saved(Image.fromarray(np.clip(photo, 0, 255).astype(np.uint8)), 75)
    return Edited(saved, ("screen",), ((0, place),))


def collage(images: list[Image.Image], side: int, rng: Random, *, fill: bool = False) -> Edited:
    """``side`` times ``side`` pictures: each shown whole on a ground, or cropped so that it fills its cell."""
    cell_w, cell_h = (480, 360) if side == 2 else (340, 260)
    gap = int(rng.integers(0, 14))
    size = (side * cell_w + (side + 1) * gap, side * cell_h + (side + 1) * gap)
    canvas = Image.new("RGB", size, (255, 255, 255) if rng.random() < 0.6 else (0, 0, 0))
    places = []
    for number, image in enumerate(images[: side * side]):
        x, y = gap + (number % side) * (cell_w + gap), gap + (number // side) * (cell_h + gap)
        fit = (max if fill else min)(cell_w / image.width, cell_h / image.height)
        shown = image.resize(
            (max(1, round(image.width * fit)), max(1, round(image.height * fit))), Image.Resampling.LANCZOS
        )
        if fill:
            left, top = (shown.width - cell_w) // 2, (shown.height - cell_h) // 2
            canvas.paste(shown.crop((left, top, left + cell_w, top + cell_h)), (x, y))
            at = (x - left, y - top)
        else:
            at = (x + (cell_w - shown.width) // 2, y + (cell_h - shown.height) // 2)
            canvas.paste(shown, at)
        place = boxed(at[0] / size[0], at[1] / size[1], shown.width / size[0], shown.height / size[1])
        places.append((number, place))
    return Edited(as_saved(canvas, 85), ("collage",), tuple(places))


def pasted(image: Image.Image, other: Image.Image, rng: Random) -> Edited:
    """On another photograph, over 25 to 50 % of it."""
    canvas = other.copy()
    scale = min(
        (rng.uniform(0.25, 0.5) * canvas.width * canvas.height / (image.width * image.height)) ** 0.5,
        0.95 * canvas.width / image.width,
        0.95 * canvas.height / image.height,
    )
    shown = image.resize((int(image.width * scale), int(image.height * scale)), Image.Resampling.LANCZOS)
    x, y = int(rng.uniform(0, canvas.width - shown.width)), int(rng.uniform(0, canvas.height - shown.height))
    canvas.paste(shown, (x, y))
    place = boxed(x / canvas.width, y / canvas.height, shown.width / canvas.width, shown.height / canvas.height)
    return Edited(canvas, ("pasted",), ((0, place),))


ALONE: dict[str, Callable[[Image.Image, Random], Edited]] = {
    "resaved": resaved,
    "recoloured": recoloured,
    "crop_half": cropped(0.5),
    "crop_quarter": cropped(0.25),
    "crop_tenth": cropped(0.1),
    "overlay": overlay,
    "text": text,
    "emoji": emoji,
    "box": box,
    "border": border,
    "caption": caption,
    "turn": turn,
    "mirror": mirror,
    "page": page,
    "screen": screen,
}
"""What is done to one picture alone, by the name of its row."""

FIRST_OF_TWO = ("recoloured", "crop_half", "overlay", "text", "emoji", "box")
SECOND_OF_TWO = ("resaved", "border", "caption", "turn", "mirror", "page")


def two(image: Image.Image, rng: Random) -> Edited:
    """Two edits, one after the other."""
    first = ALONE[str(rng.choice(FIRST_OF_TWO))](image, rng)
    second = ALONE[str(rng.choice(SECOND_OF_TWO))](first.image, rng)
    place = second.places[0][1] @ first.places[0][1]
    return Edited(second.image, first.names + second.names, ((0, place),))


def copy_of(row: str, images: list[Image.Image], rng: Random) -> Edited:
    """A copy of the named row; ``images`` are the original and what else is shown with it."""
    if row == "two":
        return two(images[0], rng)
    if row == "pasted":
        return pasted(images[0], images[1], rng)
    if row.startswith("collage"):
        return collage(images, int(row[8]), rng, fill=row.endswith("fill"))
    return ALONE[row](images[0], rng)


ROWS = (*ALONE, "collage_2x2", "collage_3x3", "collage_2x2_fill", "pasted", "two")
