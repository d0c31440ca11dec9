"""Content encodings: whatever was packed comes out whole, however it is cut on the way, in pieces of a bounded size."""

from __future__ import annotations

import gzip
import random
import zlib
from collections.abc import Callable

import brotli  # type: ignore[import-untyped]
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from orbweaver.detect.fetching.encodings import MAX_MEMBERS, decoder_for
from orbweaver.detect.fetching.errors import FetchFailed

NOISE = random.Random(1).randbytes(2**20)
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda data: gzip.compress(data, 6),
    "deflate": zlib.compress,
    "br": lambda data: bytes(brotli.compress(data, quality=4)),
    "identity": bytes,
}
MOST = 2**20
"""Bytes of one piece: what a decoder is asked for, and what it adds of its own."""
PLAIN = ("identity", "utf-8", "none", "binary", "ISO-8859-1", "", ",", "8bit")
"""Names under which nothing is undone: what came is one piece."""

DATA = {"noise": NOISE, "zeros": bytes(2**20), "words": b"words " * 170_000}
PARTS = st.lists(st.tuples(st.sampled_from(sorted(DATA)), st.integers(0, 2**20)), max_size=4)


def unpacked(name: str, packed: bytes, cut: int) -> tuple[bytes, bool]:
    """What comes out, and whether the stream may end there."""
    decoder = decoder_for(name)
    pieces = [piece for at in range(0, len(packed), cut) for piece in decoder.feed(packed[at : at + cut])]
    assert max(map(len, pieces), default=0) <= (cut if name in PLAIN else MOST)
    return b"".join(pieces), decoder.complete


@pytest.mark.parametrize("name", PACKERS)
@settings(max_examples=40, deadline=None)
@given(parts=PARTS, cut=st.sampled_from([5000, 16_384, 65_536, 300_000, 2**24]))
@example(parts=[("noise", 2**20)], cut=65_536)
@example(parts=[("noise", 2**20)], cut=2**24)
def test_what_was_packed_comes_out_whole(name: str, parts: list[tuple[str, int]], cut: int) -> None:
    data = b"".join(DATA[part][:length] for part, length in parts)
    assert unpacked(name, PACKERS[name](data), cut) == (data, True)


@pytest.mark.parametrize("name", ["gzip", "deflate", "br"])
def test_what_ends_early_is_not_complete(name: str) -> None:
    data, complete = unpacked(name, PACKERS[name](NOISE)[:-20], 65_536)
    assert not complete
    assert NOISE.startswith(data)


@pytest.mark.parametrize("names", ["gzip, br", "br,deflate", "gzip, gzip", "deflate, br, gzip", "GZIP , identity"])
def test_encodings_over_one_another_are_undone_as_browsers_do(names: str) -> None:
    data = NOISE[:300_000] + b"words " * 100_000
    packed = data
    for name in names.lower().split(","):
        packed = PACKERS[name.strip()](packed)
    assert unpacked(names, packed, 65_536) == (data, True)
    assert not unpacked(names, packed[:-20], 65_536)[1]


@pytest.mark.parametrize("name", PLAIN[1:])
def test_names_that_are_no_encoding_are_ignored_as_browsers_do(name: str) -> None:
    assert unpacked(name, NOISE, 65_536) == (NOISE, True)


@pytest.mark.parametrize("name", ["zstd", "compress", "gzip, zstd", "gzip, gzip, gzip, gzip"])
def test_what_was_not_asked_for_is_refused(name: str) -> None:
    with pytest.raises(FetchFailed):
        decoder_for(name)


def test_members_are_told_from_junk_wherever_the_network_cuts_them() -> None:
    members = gzip.compress(b"first", mtime=0) + gzip.compress(b"second", mtime=0)
    for cut in range(1, len(members)):
        assert unpacked("gzip", members, cut) == (b"firstsecond", True)
    junk = bytes(2) + b"\x1f\x8bjunk" + bytes(8)
    for cut in range(1, len(members + junk)):
        assert unpacked("gzip", members + junk, cut) == (b"firstsecond", True)


def test_members_without_end_are_refused() -> None:
    empty = gzip.compress(b"", mtime=0)
    assert unpacked("gzip", empty * MAX_MEMBERS + b"\0" * 512, 65_536) == (b"", True)
    with pytest.raises(FetchFailed):
        unpacked("gzip", empty * (MAX_MEMBERS + 1), 65_536)
