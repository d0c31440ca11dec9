"""Pictures that are no copies and look as if they were: what they share with held ones is a logo, a site, a pattern."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from orbweaver_trials.bench.copies_edits import ALONE, Random, colour, copy_of, font, page, phrase, two

SEED = 21


class Negative(NamedTuple):
    """A picture that shows nothing held."""

    kind: str
    image: Image.Image


def logo(image: Image.Image, rng: Random) -> Image.Image:
    """The same large, opaque sign on each picture, in one of its corners."""
    image = image.copy()
    side = round(min(image.size) * rng.uniform(0.25, 0.45))
    sign = Image.new("RGB", (400, 400), (250, 250, 245))
    draw = ImageDraw.Draw(sign)
    draw.ellipse((20, 20, 380, 380), outline=(180, 20, 40), width=26)
    draw.polygon([(200, 60), (330, 290), (70, 290)], fill=(20, 60, 150))
    draw.text((90, 150), "HOME OF", fill=(255, 255, 255), font=font(52))
    draw.text((70, 300), "EXAMPLE", fill=(20, 20, 20), font=font(60))
    right, low = rng.random() < 0.5, rng.random() < 0.5
    at = (image.width - side - 10 if right else 10, image.height - side - 10 if low else 10)
    image.paste(sign.resize((side, side), Image.Resampling.LANCZOS), at)
    return image


def text_page(rng: Random) -> Image.Image:
    """A page of words under the menu that all pages of its site have."""
    canvas = Image.new("RGB", (900, 1100), (255, 255, 255))
    draw = ImageDraw.Draw(canvas)
    draw.rectangle((0, 0, 900, 90), fill=(30, 60, 120))
    draw.text((30, 25), "The same menu on every page", fill=(255, 255, 255), font=font(34))
    for line in range(30):
        draw.text((40, 120 + line * 31), phrase(rng, 12), fill=(20, 20, 20), font=font(20))
    return canvas


def pattern(rng: Random) -> Image.Image:
    """Stripes, dots or checks, of any width and two colours, a little uneven as water is."""
    across, down = np.meshgrid(np.arange(800), np.arange(600))
    turn, period = rng.uniform(0, np.pi), rng.uniform(8, 60)
    along, over = across * np.cos(turn) + down * np.sin(turn), down * np.cos(turn) - across * np.sin(turn)
    bend = rng.uniform(0, 6) * np.sin(over / rng.uniform(30, 90))
    kind = int(rng.integers(0, 3))
    one = np.sin(2 * np.pi * (along + bend) / period)
    other = np.sin(2 * np.pi * over / period)
    level = one if kind == 0 else one * other if kind == 1 else np.minimum(one, other)
    mixed = np.clip(level * rng.uniform(1, 6) * 0.5 + 0.5, 0, 1)[..., None]
    pixels = mixed * colour(rng) + (1 - mixed) * colour(rng)
    return Image.fromarray(pixels.astype(np.uint8))


def flat(rng: Random) -> Image.Image:
    """One colour that fades into another, with a line of words."""
    fade = np.linspace(0, 1, 480)[:, None, None] * np.ones((1, 640, 1))
    pixels = fade * colour(rng) + (1 - fade) * colour(rng)
    image = Image.fromarray(pixels.astype(np.uint8))
    ImageDraw.Draw(image).text((40, 400), phrase(rng, 4), fill=colour(rng), font=font(24))
    return image


def of_one_site(image: Image.Image, rng: Random) -> Image.Image:
    """A page of one site: its bar, its menus and its words are those of all its pages, its picture is another."""
    same = np.random.default_rng(7)
    canvas = page(image.resize((800, 600)), same).image
    draw = ImageDraw.Draw(canvas)
    draw.text((420, 20), phrase(rng, 3), fill=(255, 255, 255), font=font(22))
    return canvas


def of_one_template(image: Image.Image, rng: Random) -> Image.Image:
    """A card of one template: the same frame and words about another picture."""
    canvas = Image.new("RGB", (720, 960), (245, 238, 220))
    draw = ImageDraw.Draw(canvas)
    draw.rectangle((20, 20, 700, 940), outline=(120, 60, 20), width=12)
    draw.text((60, 50), "Picture of the day", fill=(120, 60, 20), font=font(56))
    draw.text((60, 780), "Every day another one, always at noon.", fill=(60, 40, 20), font=font(30))
    draw.text((60, 830), phrase(rng, 6), fill=(60, 40, 20), font=font(26))
    canvas.paste(image.resize((600, 450)), (60, 200))
    return canvas


ALIKE: dict[str, Callable[[Image.Image, Random], Image.Image]] = {
    "logo": logo,
    "text_page": lambda _image, rng: text_page(rng),
    "pattern": lambda _image, rng: pattern(rng),
    "flat": lambda _image, rng: flat(rng),
    "site": of_one_site,
    "template": of_one_template,
}
"""Kinds of pictures of which some are held, and others are asked for."""

EDITED = (*ALONE, "two")
OF_EACH = 0.06
"""Share of all that each kind of ``ALIKE`` has; the others are photographs under an edit."""


def alike(others: Sequence[Image.Image], each: int) -> list[Image.Image]:
    """Pictures of each kind that are held; the negatives are others of these kinds."""
    rng = np.random.default_rng(SEED + 1)
    return [make(others[number % len(others)], rng) for make in ALIKE.values() for number in range(each)]


def negatives(others: Sequence[Image.Image], count: int, first: int = 0) -> Iterator[Negative]:
    """``count`` pictures made of others than are held, from the ``first`` on; the same number gives the same one."""
    kinds = list(ALIKE)
    every = round(1 / OF_EACH)
    for number in range(first, first + count):
        rng = np.random.default_rng((SEED, number))
        image = others[number % len(others)]
        if number % every < len(kinds):
            kind = kinds[number % every]
            yield Negative(kind, ALIKE[kind](image, rng))
            continue
        row = EDITED[(number // every) % len(EDITED)]
        edited = two(image, rng) if row == "two" else copy_of(row, [image], rng)
        yield Negative(row, edited.image)
