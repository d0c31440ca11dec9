"""Draws the test pictures that the program brings and writes the list that knows them, to try a filter without harm."""

from __future__ import annotations

import csv
import random
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from orbweaver.fingerprints import fingerprint

FOLDER = Path(__file__).parent.parent / "src" / "orbweaver" / "detect" / "hashlists" / "test_pictures"
SIDES = (800, 600)


def drawn(number: int) -> Image.Image:
    """Coloured shapes and words, the same in every run; with structure enough for a good hash."""
    chance = random.Random(number)  # noqa: S311 - shapes, no secrets
    image = Image.new("RGB", SIDES, tuple(chance.randrange(256) for _ in range(3)))
    draw = ImageDraw.Draw(image)
    for _ in range(60):
        left, top = chance.randrange(SIDES[0]), chance.randrange(SIDES[1])
        box = (left, top, left + chance.randrange(30, 260), top + chance.randrange(30, 260))
        colour = tuple(chance.randrange(256) for _ in range(3))
        (draw.ellipse if chance.random() < 0.5 else draw.rectangle)(box, fill=colour)
    draw.rectangle((0, 250, SIDES[0], 350), fill="white")
    draw.text((60, 268), f"Test picture {number}", fill="black", font=ImageFont.load_default(56))
    return image


def main() -> None:
    """Write all files anew."""
    FOLDER.mkdir(exist_ok=True)
    rows = []
    for number in (1, 2):
        path = FOLDER / f"test-{number}.jpg"
        drawn(number).save(path, quality=85)
        prints = fingerprint(path.read_bytes())
        assert prints.pdq is not None
        rows += [(kind, getattr(prints, kind).hex(), "csam") for kind in ("sha256", "pdq")]
    with (FOLDER / "list.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([("kind", "value", "classification"), *rows])


if __name__ == "__main__":
    main()
