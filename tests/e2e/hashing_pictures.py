"""Pictures and videos of every kind that a person may have, drawn, and what our own PDQ says of each."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

import av
import numpy as np
from PIL import Image, ImageCms

from orbweaver.detect.intake.rules import AskedFor, read_hashes
from orbweaver.fingerprints import pdq
from orbweaver.fingerprints.limits import DEFAULT_LIMITS
from orbweaver.fingerprints.sniff import sniff
from orbweaver.fingerprints.video import video_hashes
from orbweaver_trials.demo.pictures import edited

PATIENT = replace(DEFAULT_LIMITS, max_decode_s=600.0)
"""A busy machine leaves a video where it is after twelve seconds: what it shows later is compared here, too."""
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


def video(
    seeds: Sequence[int], container: str = "webm", codec: str = "libvpx", *, turned: int = 0, streamed: bool = False
) -> bytes:
    """Each picture for two seconds. ``turned``: degrees by which a player turns it, as telephones film upright.

    ``streamed``: written as a browser records, without its length.
    """
    buffer = _Stream() if streamed else io.BytesIO()
    with av.open(buffer, "w", format=container) as output:
        stream = output.add_stream(codec, rate=5)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = 320, 240, "yuv420p", 4_000_000
        for number, seed in enumerate(seed for seed in seeds for _ in range(10)):
            with Image.open(io.BytesIO(edited(seed))) as picture:
                shown = picture.convert("RGB").resize((320, 240))
            frame = av.VideoFrame.from_ndarray(np.asarray(shown), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 5)
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
    return _turned(buffer.getvalue(), turned) if turned else buffer.getvalue()


class _Stream(io.BytesIO):
    """Cannot be gone back in, so that nothing is written where the length would stand."""

    def seekable(self) -> bool:
        return False


def _turned(body: bytes, degrees: int) -> bytes:
    """An MP4 whose track says that it is shown turned to the right by that much: its header's matrix is another."""
    one = {0: (1, 0, 0, 1), 90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}
    plain, wanted = (_matrix(one[each]) for each in (0, degrees))
    at = body.index(plain, body.index(b"tkhd"))
    return body[:at] + wanted + body[at + len(plain) :]


def _matrix(numbers: tuple[int, int, int, int]) -> bytes:
    a, b, c, d = ((number << 16).to_bytes(4, "big", signed=True) for number in numbers)
    return a + b + bytes(4) + c + d + bytes(4)


def frames_in(lines: Sequence[str]) -> list[AskedFor]:
    """The pictures out of videos among what the page wrote, as the form reads them; fails where it cannot."""
    found, bad = read_hashes("\n".join(lines))
    assert not bad, [lines[number - 1] for number in bad]
    return [each for each in found if each.is_frame]


def frames_apart(frames: Sequence[AskedFor], body: bytes) -> list[int]:
    """Bits by which each differs from our own PDQ of the frame that the video shows at that time."""
    ours = [(each.time_s, each.hashes.pdq) for each in video_hashes(body, sniff(body) or "", PATIENT)]
    shown = ([pdq for time_s, pdq in ours if time_s <= (frame.time_s or 0) + 0.0005][-1] for frame in frames)
    return [_bits(frame.value, pdq) for frame, pdq in zip(frames, shown, strict=True)]


def nearest_of_ours(body: bytes, frames: Sequence[AskedFor]) -> list[int]:
    """For each picture that we keep of this video, the bits to the nearest of these."""
    from orbweaver.fingerprints import fingerprint

    prints = fingerprint(body, PATIENT)
    kept = [each.pdq for each in prints.frames if each.quality >= 50]
    kept += [prints.pdq] if prints.pdq is not None and (prints.pdq_quality or 0) >= 50 else []
    return [min(_bits(pdq, each.value) for each in frames) for pdq in kept]


def _bits(one: bytes, other: bytes) -> int:
    return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).bit_count()
