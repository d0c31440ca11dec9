"""Films and files of pages out of drawn pictures, and items of them: what matching finds in them is found for real."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np
import pillow_heif
from PIL import Image

if TYPE_CHECKING:
    from orbweaver.assess.review.models import ReviewItem


def shot(seed: int) -> Image.Image:
    from orbweaver_trials.demo.pictures import edited

    with Image.open(io.BytesIO(edited(seed))) as picture:
        return picture.convert("RGB").resize((320, 240))


def film(*seeds: int) -> bytes:
    """Each picture for two seconds."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as output:
        stream = output.add_stream("mpeg4", rate=5)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = 320, 240, "yuv420p", 4_000_000
        for number, picture in enumerate(shot(seed) for seed in seeds for _ in range(10)):
            frame = av.VideoFrame.from_ndarray(np.asarray(picture), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 5)
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
    return buffer.getvalue()


def pages(*seeds: int) -> bytes:
    first, *others = map(shot, seeds)
    buffer = io.BytesIO()
    first.save(buffer, "TIFF", save_all=True, append_images=others)
    return buffer.getvalue()


def find_film(body: bytes, known: Sequence[int], folder: Path, now: dt.datetime) -> ReviewItem:
    """An item of a file in which these pictures are on a list, or else its bytes; ``folder`` takes the index."""
    from orbweaver.assess.review.models import ReviewItem
    from orbweaver.assess.review.services import open_items
    from orbweaver.detect.hashlists.rules import EntryRow
    from orbweaver.detect.hashlists.services import get_or_create_list
    from orbweaver.detect.hashlists.writing import upsert_entries
    from orbweaver.detect.matching.index import ListIndex
    from orbweaver.detect.matching.models import Sighting
    from orbweaver.detect.matching.services import Finding, record_findings
    from orbweaver.fingerprints import fingerprint

    entries = get_or_create_list("National list", "NCMEC", now)
    rows = []
    for seed in known:
        buffer = io.BytesIO()
        shot(seed).save(buffer, "PNG")
        pdq = fingerprint(buffer.getvalue()).pdq
        assert pdq is not None
        rows.append(EntryRow("pdq", pdq, "csam", "unidentified", "", "NCMEC", False))
    prints = fingerprint(body)
    if not known:
        rows.append(EntryRow("sha256", prints.sha256, "csam", "unidentified", "", "NCMEC", False))
    upsert_entries(entries, rows, now)
    index = ListIndex(folder)
    (hits,) = index.lookup([prints])
    finding = Finding("https://films.example/1", "192.0.2.1", body, prints, hits, None, Sighting.Origin.CRAWL)
    open_items(record_findings([finding], now), now)
    return ReviewItem.objects.latest("pk")


def avif(shots: Sequence[Image.Image]) -> bytes:
    """An animation."""
    buffer = io.BytesIO()
    shots[0].save(buffer, "AVIF", save_all=True, append_images=shots[1:], duration=100)
    return buffer.getvalue()


def heic(pictures: Sequence[Image.Image], first: int = 0) -> bytes:
    """A HEIC file with all of these, of which one is shown first."""
    made = pillow_heif.HeifFile()  # type: ignore[no-untyped-call]
    for picture in pictures:
        made.add_from_pillow(picture)
    buffer = io.BytesIO()
    made.save(buffer, primary_index=first, quality=90)
    return buffer.getvalue()


def jpeg_of_several(pictures: Sequence[Image.Image]) -> bytes:
    """A JPEG with further ones behind it, as cameras write it (CIPA DC-007)."""
    buffer = io.BytesIO()
    pictures[0].save(buffer, "MPO", save_all=True, append_images=pictures[1:])
    return buffer.getvalue()


def heif_sequence(pictures: Sequence[Image.Image], seconds_each: float = 0.1) -> bytes:
    """A HEIF sequence: a track of pictures, and no still picture."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as output:
        stream = output.add_stream("libx265", round(1 / seconds_each), {"x265-params": "log-level=none"})
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = *pictures[0].size, "yuv420p"
        for picture in pictures:
            output.mux(stream.encode(av.VideoFrame.from_ndarray(np.asarray(picture), format="rgb24")))
        output.mux(stream.encode(None))
    made = bytearray(buffer.getvalue())
    made[8:12], made[16:20] = b"hevc", b"msf1"
    return bytes(made)


def avif_collection(pictures: Sequence[Image.Image], first: int = 0, broken: int | None = None) -> bytes:
    """An AVIF file with all of these as still pictures, of which one is shown first, and a thumbnail of it. What is
    coded of the ``broken`` one is lost."""
    stills = [_avif_still(picture) for picture in [*pictures, pictures[first].resize((64, 48))]]
    if broken is not None:
        stills[broken] = (stills[broken][0], bytes(len(stills[broken][1])))
    ftyp = _box(b"ftyp", b"avif\0\0\0\0avifmif1miaf")
    places = len(_collection_meta(stills, first, 0))
    meta = _collection_meta(stills, first, len(ftyp) + places + 8)
    return ftyp + meta + _box(b"mdat", b"".join(content for _, content in stills))


def _avif_still(picture: Image.Image) -> tuple[list[bytes], bytes]:
    """Its property boxes and its coded picture."""
    buffer = io.BytesIO()
    picture.save(buffer, "AVIF")
    whole = _inside(buffer.getvalue())
    properties = _inside(_inside(_inside(whole[b"meta"][4:])[b"iprp"])[b"ipco"])
    return [_box(name, properties[name]) for name in (b"ispe", b"pixi", b"av1C")], whole[b"mdat"]


def _collection_meta(stills: Sequence[tuple[list[bytes], bytes]], first: int, at: int) -> bytes:
    count = len(stills).to_bytes(2, "big")
    names, places, kept, linked = b"", b"", b"", b""
    for number, (properties, content) in enumerate(stills):
        item = (number + 1).to_bytes(2, "big")
        names += _box(b"infe", b"\2\0\0\0" + item + b"\0\0av01\0")
        places += item + b"\0\0\0\1" + at.to_bytes(4, "big") + len(content).to_bytes(4, "big")
        kept += b"".join(properties)
        linked += item + bytes([3, 3 * number + 1, 3 * number + 2, 0x80 | 3 * number + 3])  # the last is essential
        at += len(content)
    shown, thumbnail = (first + 1).to_bytes(2, "big"), count
    return _box(
        b"meta",
        bytes(4)
        + _box(b"hdlr", bytes(8) + b"pict" + bytes(13))
        + _box(b"pitm", bytes(4) + shown)
        + _box(b"iloc", bytes(4) + b"\x44\0" + count + places)
        + _box(b"iinf", bytes(4) + count + names)
        + _box(b"iref", bytes(4) + _box(b"thmb", thumbnail + b"\0\1" + shown))
        + _box(b"iprp", _box(b"ipco", kept) + _box(b"ipma", bytes(6) + count + linked)),
    )


def _box(name: bytes, content: bytes) -> bytes:
    return (8 + len(content)).to_bytes(4, "big") + name + content


def _inside(data: bytes) -> dict[bytes, bytes]:
    found, at = {}, 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        found[data[at + 4 : at + 8]] = data[at + 8 : at + size]
        at += size
    return found
