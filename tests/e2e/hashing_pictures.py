"""Pictures of every kind that a person may have, drawn, and what our own PDQ says of each."""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageCms

from orbweaver.fingerprints import pdq
from orbweaver_trials.demo.pictures import edited

KINDS = (
    "jpeg",
    "turned",
    "mirrored",
    "cmyk",
    "grey",
    "wide",
    "png",
    "alpha",
    "palette",
    "deep",
    "webp",
    "gif",
    "large",
)


def picture(kind: str, seed: int) -> tuple[str, bytes]:
    """Name and bytes of a drawn picture of this kind."""
    with Image.open(io.BytesIO(edited(seed))) as drawn:
        image = drawn.convert("RGB").resize((320 + 37 * (seed % 9), 240 + 23 * (seed % 7)))
    ending, options = "jpg", dict[str, object](quality=90)
    if kind in ("turned", "mirrored"):
        exif = Image.Exif()
        exif[0x0112] = 6 if kind == "turned" else 2 + seed % 7
        options["exif"] = exif
    elif kind == "wide":
        options["icc_profile"] = _wide_gamut()
    elif kind == "large":
        image = image.resize((4800, 3600))
    elif kind in ("cmyk", "grey"):
        image = image.convert({"cmyk": "CMYK", "grey": "L"}[kind])
    elif kind in ("png", "alpha", "palette", "deep", "webp", "gif"):
        ending, options = {"webp": "webp", "gif": "gif"}.get(kind, "png"), {}
        image = _without_loss(kind, image)
    body = io.BytesIO()
    image.save(body, {"jpg": "JPEG"}.get(ending, ending.upper()), **options)
    return f"{kind}-{seed}.{ending}", body.getvalue()


def _without_loss(kind: str, image: Image.Image) -> Image.Image:
    if kind == "alpha":
        holes = np.linspace(0, 255, image.width * image.height).reshape(image.height, image.width)
        image.putalpha(Image.fromarray(holes.astype(np.uint8)))
    elif kind == "deep":
        return Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)
    elif kind in ("palette", "gif"):
        return image.quantize(200)
    return image


def _wide_gamut() -> bytes:
    """A profile whose numbers mean other colours than those of sRGB: red and blue change places in it."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, blue = profile.index(b"rXYZ"), profile.index(b"bXYZ")
    profile[red : red + 4], profile[blue : blue + 4] = b"bXYZ", b"rXYZ"
    return bytes(profile)


def pictures(seeds: range) -> Iterator[tuple[str, bytes]]:
    """One of each kind for each seed."""
    for seed in seeds:
        for kind in KINDS:
            yield picture(kind, seed)


def bits_apart(shown: str, body: bytes) -> int:
    """Bits by which the PDQ that a browser made differs from ours."""
    return (int(shown, 16) ^ int(pdq(body)[0], 16)).bit_count()
