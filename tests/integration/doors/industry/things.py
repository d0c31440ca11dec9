"""Pictures drawn here, and lists that know them."""

from __future__ import annotations

import datetime as dt
import io

import av
import numpy as np
from PIL import Image

from orbweaver.detect.hashlists.models import HashListEntry
from orbweaver.detect.hashlists.rules import EntryRow
from orbweaver.detect.hashlists.services import get_or_create_list
from orbweaver.detect.hashlists.writing import upsert_entries
from orbweaver.detect.media.models import Media
from orbweaver.fingerprints import fingerprint

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)


def picture(quality: int = 90, seed: int = 7) -> bytes:
    """A picture with structure at several scales, so that its PDQ quality is high."""
    image = Image.linear_gradient("L").resize((640, 480))
    for x in range(0, 640, 80):
        for y in range(0, 480, 60):
            shade = (x * seed + y * 13) * 31 % 256
            image.paste(shade, (x, y, x + 40 + x % 37, y + 30 + y % 29))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


def film(frames: int) -> bytes:
    """A film of so many frames, 25 a second, in which the picture slides to the left."""
    out, image = io.BytesIO(), Image.open(io.BytesIO(picture())).convert("RGB")
    with av.open(out, "w", format="mp4") as output:
        stream = output.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for number in range(frames):
            shown = image.crop((number, 0, number + 320, 240))
            output.mux(stream.encode(av.VideoFrame.from_ndarray(np.asarray(shown), format="rgb24")))
        output.mux(stream.encode())
    return out.getvalue()


def pdq_of(body: bytes) -> bytes:
    found = fingerprint(body).pdq
    assert found is not None
    return found


def put_on_list(kind: str, value: bytes, classification: str = "csam", name: str = "Known") -> HashListEntry:
    known = get_or_create_list(name, "NCMEC", NOW)
    row = EntryRow(kind, value, classification, "unidentified", "", "NCMEC", False)
    upsert_entries(known, [row], NOW)
    return known.entries.get(hashes__kind=kind, hashes__value=value)


def held(body: bytes) -> Media:
    """The picture as one that the hotline knows itself."""
    prints = fingerprint(body)
    return Media.objects.create(
        sha256=prints.sha256,
        sha1=prints.sha1,
        md5=prints.md5,
        size=len(body),
        mime="image/jpeg",
        pdq=prints.pdq,
        pdq_quality=prints.pdq_quality,
        first_seen_at=NOW,
    )
