"""What decoder processes send is checked, never trusted."""

from __future__ import annotations

import os
import random

import numpy as np
import pytest

from orbweaver.fingerprints.errors import REASONS
from orbweaver.fingerprints.result import (
    Fingerprints,
    FramePdq,
    Frames,
    PiecePdq,
    Rate,
    Sized,
    StillPosition,
    View,
    Views,
    Wanted,
)
from orbweaver.fingerprints.track import NO_FRAMES, THUMB, Track
from orbweaver.fingerprints.wire import ASKED_BYTES, COUNT, Ask, Reader, WireError, pack, request_head, unpack_ask


def results() -> list[Fingerprints]:
    turns = tuple(os.urandom(32) for _ in range(8))
    frames = tuple(FramePdq(n, n / 3, turns[0], 100 - n, turns) for n in range(1, 4))
    pieces = tuple(PiecePdq((0.1 * n, 0.0, 0.1 * n + 0.5, 1.0), 60 + n, turns) for n in range(1, 4))
    plain = Fingerprints(b"a" * 32, b"b" * 20, b"c" * 16, 7)
    return [
        plain,
        Fingerprints(b"a" * 32, b"b" * 20, b"c" * 16, 7, "image/png", 8, 9, turns[0], 88, turns, pieces=pieces),
        Fingerprints(b"a" * 32, b"b" * 20, b"c" * 16, 7, "image/png", 8, 9, turns[0], 88, turns, frames),
        *(
            Fingerprints(b"a" * 32, b"b" * 20, b"c" * 16, 2**40, error=code, error_text=text)
            for code, text in REASONS.items()
        ),
        Fingerprints(b"a" * 32, b"b" * 20, b"c" * 16, 0, extra=(("licensed", b"\0" * 144), ("other", b""))),
    ]


def test_every_result_arrives_as_it_was_sent() -> None:
    sent = results()
    assert Reader(b"".join(pack(one) for one in sent)).results() == sent


def test_damaged_answers_are_refused_not_believed() -> None:
    payload = b"".join(pack(one) for one in results())
    rng = random.Random(1)
    refused = 0
    for _ in range(500):
        damaged = bytearray(payload)
        for _ in range(rng.randint(1, 20)):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        try:
            Reader(bytes(damaged[: rng.randrange(1, len(damaged))])).results()
        except WireError:
            refused += 1
    assert refused > 250


def test_a_quality_above_a_hundred_is_refused() -> None:
    turns = (bytes(32),) * 8
    sent = pack(Fingerprints(b"a" * 32, b"b" * 20, b"c" * 16, 7, None, 8, 9, turns[0], 200, turns))
    with pytest.raises(WireError):
        Reader(sent).results()


@pytest.mark.parametrize("region", [(0.5, 0.0, 0.4, 1.0), (-0.1, 0.0, 1.0, 1.0), (0.0, 0.0, float("nan"), 1.0)])
def test_a_piece_outside_its_picture_is_refused(region: tuple[float, float, float, float]) -> None:
    turns = (bytes(32),) * 8
    piece = PiecePdq(region, 80, turns)
    sent = pack(Fingerprints(b"a" * 32, b"b" * 20, b"c" * 16, 7, None, 8, 9, turns[0], 90, turns, pieces=(piece,)))
    with pytest.raises(WireError):
        Reader(sent).results()


def a_track() -> Track:
    random = np.random.default_rng(1)
    hashes, mirrored = random.integers(0, 255, (2, 9, 32), np.uint8)
    quality, detail = random.integers(0, 100, (2, 9), np.uint8)
    thumbs = random.integers(0, 255, (9, THUMB, THUMB), np.uint8)
    times = np.linspace(0.0, 0.8, 9, dtype=np.float32)
    return Track(times, hashes, mirrored, quality, detail, thumbs, 0.9, "truncated")


def test_a_track_arrives_as_it_was_sent() -> None:
    for sent in (a_track(), NO_FRAMES._replace(note="damaged")):
        (seen,) = Reader(pack(sent)).results()
        assert isinstance(seen, Track)
        assert seen.note == sent.note
        assert seen.length_s == sent.length_s
        for name in ("times", "hashes", "mirrored", "quality", "detail", "thumbs"):
            assert np.array_equal(getattr(seen, name), getattr(sent, name))


def test_a_track_that_is_cut_off_or_runs_backwards_is_refused() -> None:
    whole = pack(a_track())
    for broken in (whole[:-1], pack(a_track()._replace(times=np.arange(9, 0, -1, dtype=np.float32)))):
        with pytest.raises(WireError):
            Reader(broken).results()


A_VIEW = View(1.5, 3, 2, bytes(range(18)))


def test_views_arrive_as_they_were_sent() -> None:
    later = View(2.5, 1, 1, b"abc")
    sent = [Views((A_VIEW,)), Views((A_VIEW, later), more=True), Views((A_VIEW,), "damaged"), Views(error="empty")]
    assert Reader(b"".join(map(pack, sent))).results() == sent


@pytest.mark.parametrize(
    "broken",
    [
        pack(Views((A_VIEW,)))[:-1],
        pack(Views((A_VIEW._replace(width=4),))),
        pack(Views((A_VIEW._replace(width=2**32 - 1, height=2**32 - 1),))),
        pack(Views((A_VIEW._replace(height=0, pixels=b""),))),
        pack(Views((A_VIEW, A_VIEW._replace(time_s=1.0)))),
        pack(Views((A_VIEW._replace(time_s=float("nan")),))),
        pack(Views()),
        pack(Views(error="damaged", more=True)),
    ],
)
def test_views_that_are_not_well_formed_are_refused(broken: bytes) -> None:
    with pytest.raises(WireError):
        Reader(broken).results()


@pytest.mark.parametrize("wanted", [None, StillPosition(3, 1.5), Rate(10.0), Sized(640), Frames(0.5, 7.25)])
def test_what_is_asked_of_a_body_arrives(wanted: Wanted) -> None:
    head = request_head([Ask(77, wanted)])
    assert len(head) == COUNT.size + ASKED_BYTES
    seen = unpack_ask(head[COUNT.size :])
    assert seen == Ask(77, wanted)
    assert type(seen.wanted) is type(wanted)
