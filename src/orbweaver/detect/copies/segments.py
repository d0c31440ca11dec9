"""Which parts of one film are parts of others: where in both, how fast, and whether mirrored. Pure.

A frame that is near a frame of a held film is only a proposal. From it the line is sought on which the times of both
films run (reference = speed x query + offset): along it every frame is compared, not the few that were looked up. A
segment grows from its proposal as long as frames agree, its line is fitted anew to them, and so on until nothing moves.
It is proved by how densely and how nearly its frames agree, and by their small pictures.

Hashes of unrelated pictures are some 128 bits apart, 100 among the best of a few neighbours, so along a line frames
count as agreeing far beyond the radius of a single look-up. That finds hand-held films, whose neighbouring frames
differ by 20-50 bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from orbweaver.detect.copies import lines
from orbweaver.detect.copies.filmed import Filmed, agreement

SPEEDS: Final = np.array([1.0, *(step**sign for step in np.geomspace(1.02, 1.38, 17) for sign in (1, -1))])
"""Speeds that are tried, from 0.72 to 1.38, the likeliest first; each next one differs by some 2 %."""
SLOWEST, FASTEST = 0.7, 1.42
NEAR_S: Final = 1.5
"""Seconds on both sides of a proposal that decide whether a line passes through it."""
LEAST_VOTES: Final = 0.4
"""Votes (seconds) of such a line; ``lines.vote``."""
NUDGES: Final = np.array([0.0, 0.1, -0.1, 0.2, -0.2, 0.3, -0.3])
"""Seconds by which a line is moved then: the frame that was found may be a neighbour of the right one."""
GIVE_UP_S: Final = 0.7
"""Votes against a line, in seconds, after which its segment has ended: a second of unrelated frames."""
BEYOND_S: Final = 6.0
"""Seconds beyond its ends that a segment looks at least."""
REACH_S: Final = 0.12
"""Seconds around a time in the reference within which its nearest frame is taken; its frames are 0.1 s apart."""
PULL_S: Final = 0.35
"""The same while a line is fitted."""
SLIDES: Final = np.array(sorted(np.arange(-15.0, 15.05, 0.1), key=abs))
"""Seconds by which a whole segment is moved to see whether it fits better elsewhere, the nearest first."""
SLID_FRAMES: Final = 60
"""Frames that are compared then, and small pictures that prove a segment, about."""
ROUNDS: Final = 8
FIT_S: Final = 4.0
"""Length from which a segment says more of the speed than the speeds that are tried do."""

IN_VAIN: Final = 5_000
"""Neighbourhoods of proposals that are tried in vain, the nearest first, before the rest is left: some seconds."""
LEAST_S: Final = 1.5
"""Seconds of the shortest segment."""
LEAST_FRAMES: Final = 6
MEDIAN_BITS: Final = 46
"""Median distance of the frames of a segment: where a film is hand-held, half a step between frames is 10-25."""
LOOSEST_BITS: Final = 28
"""How much beyond that median a frame that agrees may be."""
DENSITY: Final = 0.7
"""Share of frames of a segment that agree."""
PIXELS: Final = 0.6
"""Median correlation of the small pictures of a segment."""
STILL_BITS: Final = 10
"""Bits by which the frames of a still scene differ at most, from codecs alone."""
WORSE_BITS: Final = 12
"""Bits by which a frame is nearer to another reference for this one to have lost it."""
JOIN_S: Final = 2.0
"""Seconds between two segments that are one."""
JOIN_OFF_S: Final = 0.5
"""Seconds by which the second may miss the line of the first."""
_MEANS = ("median_bits", "density", "pixels")

Words: TypeAlias = NDArray[np.uint64]
Numbers: TypeAlias = NDArray[np.int64]


class Proposal(NamedTuple):
    """A frame of the query near a frame of a reference."""

    query: int
    """Number of the frame in the query's track."""
    reference: int
    """Number of the film."""
    frame: int
    """Number of the frame in its track."""
    mirrored: bool
    distance: int


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of the query that is a part of a reference; seconds from the start of each."""

    reference: int
    """Number of the film."""
    query_start: float
    query_end: float
    reference_start: float
    reference_end: float
    mirrored: bool
    speed: float
    """Seconds of the reference for each second of the query: 1.25 is a quarter faster than the original."""
    frames: int
    """Frames that agree."""
    median_bits: float
    """Median distance of all its frames."""
    density: float
    """Share of its frames that agree."""
    pixels: float
    """Median correlation of the small pictures, -1 to 1."""


class Line(NamedTuple):
    """reference = slope x query + offset, in seconds."""

    slope: float
    offset: float

    def at(self, seconds: float) -> float:
        """The second of the reference."""
        return self.slope * seconds + self.offset


@dataclass(slots=True)
class Stretch:
    """A segment in the making: frames ``first`` to ``last`` of the query on a line."""

    reference: int
    mirrored: bool
    line: Line
    first: int
    last: int
    bits: NDArray[np.int64]
    """int64[last - first + 1]: distances; negative where a frame does not count."""
    frames: NDArray[np.int64]
    """int64 of the same length: the frames of the reference that were nearest, -1 for none."""


def find_segments(query: Filmed, references: Sequence[Filmed], proposals: Sequence[Proposal]) -> list[Segment]:
    """All segments of the query that are proved, by their time in it.

    ``references`` by the numbers that the proposals name. Where two references show the same, both are named.
    """
    found: list[Stretch] = []
    failed: set[tuple[int, bool, int, int]] = set()
    for proposal in sorted(proposals, key=lambda each: (each.distance, each.query, each.reference, each.frame)):
        other = references[proposal.reference]
        if any(_covers(stretch, proposal) for stretch in found):
            continue
        key = _neighbourhood(query, other, proposal)
        if key in failed:
            continue
        if len(failed) >= IN_VAIN:
            break
        grown = _grown(query, other, proposal)
        if grown is None:
            failed.add(key)
        else:
            found.append(grown)
    segments = [_proved(query, references[each.reference], each) for each in _without_worse(query, found)]
    proved = [each for each in segments if each is not None]
    return _joined(sorted(proved, key=lambda each: (each.reference, each.mirrored, each.query_start)))


def _covers(stretch: Stretch, proposal: Proposal) -> bool:
    same = stretch.reference == proposal.reference and stretch.mirrored == proposal.mirrored
    return same and stretch.first <= proposal.query <= stretch.last


def _neighbourhood(query: Filmed, other: Filmed, proposal: Proposal) -> tuple[int, bool, int, int]:
    """What fails for one proposal fails for those beside it."""
    at = round(float(query.times[proposal.query]))
    return proposal.reference, proposal.mirrored, at, round(float(other.times[proposal.frame])) - at


def _grown(query: Filmed, other: Filmed, proposal: Proposal) -> Stretch | None:
    """The stretch around a proposal, grown and fitted until nothing moves; None where too little speaks for it."""
    words = query.mirrored if proposal.mirrored else query.words
    seed, near = proposal.query, _span(query, proposal.query, proposal.query, NEAR_S)
    to = float(other.times[proposal.frame])
    slope, offset, votes = lines.through(query, words, near, seed, other, to, SPEEDS, NUDGES, REACH_S, GIVE_UP_S)
    if votes < LEAST_VOTES:
        return None
    line = Line(float(slope), float(offset))
    stretch = Stretch(
        proposal.reference, proposal.mirrored, line, seed, seed, *_compared(query, words, (seed, seed + 1), other, line)
    )
    for round_ in range(ROUNDS):
        before = stretch.first, stretch.last
        stretch = _extended(query, words, other, stretch, seed)
        if round_ == 0:
            stretch.line = _slid(query, words, other, stretch)
        elif (stretch.first, stretch.last) == before:
            break
        stretch.line = _fitted(query, words, other, stretch)
    return stretch


def _span(query: Filmed, first: int, last: int, around: float) -> tuple[int, int]:
    """The frames so many seconds around two: the first, and the one after the last."""
    low = np.searchsorted(query.times, query.times[first] - around)
    return int(low), int(np.searchsorted(query.times, query.times[last] + around, side="right"))


def _compared(
    query: Filmed, words: Words, span: tuple[int, int], other: Filmed, line: Line, reach: float = REACH_S
) -> tuple[Numbers, Numbers]:
    bits, frames = np.empty(span[1] - span[0], np.int64), np.empty(span[1] - span[0], np.int64)
    lines.compare(query, words, span, other, tuple(line), reach, bits, frames)
    return bits, frames


def _extended(query: Filmed, words: Words, other: Filmed, stretch: Stretch, seed: int) -> Stretch:
    """As far as its line carries, looked at in steps of its own length: a short one is not compared with hours."""
    first, last = stretch.first, stretch.last
    while True:
        around = max(BEYOND_S, float(query.times[last] - query.times[first]))
        span = _span(query, first, last, around)
        bits, frames = _compared(query, words, span, other, stretch.line)
        first, last, _ = map(int, lines.stretch(bits, query.times, query.seconds, span[0], seed, GIVE_UP_S))
        begins = span[0] == 0 or query.times[first] - query.times[span[0]] >= lines.STILL_S
        ends = span[1] == len(query.times) or query.times[span[1] - 1] - query.times[last] >= lines.STILL_S
        if begins and ends:
            part = slice(first - span[0], last + 1 - span[0])
            return replace(stretch, first=first, last=last, bits=bits[part], frames=frames[part])


def _slid(query: Filmed, words: Words, other: Filmed, stretch: Stretch) -> Line:
    """The line where it fits best: in a still scene any frame of it may have been found first."""
    span = (stretch.first, stretch.last + 1)
    every = max(1, (span[1] - span[0]) // SLID_FRAMES)
    move = lines.slid(query, words, span, every, other, tuple(stretch.line), SLIDES, REACH_S)
    return stretch.line._replace(offset=stretch.line.offset + float(move))


def _fitted(query: Filmed, words: Words, other: Filmed, stretch: Stretch) -> Line:
    """The line through the nearest frames of the stretch; of a short one only moved, not turned."""
    bits, frames = _compared(query, words, (stretch.first, stretch.last + 1), other, stretch.line, PULL_S)
    good = (frames >= 0) & (bits < lines.AGREEING)
    times = query.times[stretch.first : stretch.last + 1][good]
    there = other.times[frames[good]]
    if not len(times):
        return stretch.line
    if times[-1] - times[0] < FIT_S:
        return stretch.line._replace(offset=float(np.median(there - stretch.line.slope * times)))
    slope, offset = np.polyfit(times, there, 1, w=1.0 / (8.0 + bits[good]))
    return Line(float(np.clip(slope, SLOWEST, FASTEST)), float(offset)) if SLOWEST <= slope <= FASTEST else stretch.line


def _without_worse(query: Filmed, found: Sequence[Stretch]) -> list[Stretch]:
    """Without what is clearly nearer to another reference: another take of a scene, or what lies beyond a joint."""
    best: dict[int, Numbers] = {}
    for each in found:
        mine = best.setdefault(each.reference, np.full(len(query.times), lines.FAR, np.int64))
        part = mine[each.first : each.last + 1]
        np.minimum(part, np.where(each.bits < 0, lines.FAR, each.bits), out=part)
    kept = []
    for each in found:
        others = [bits[each.first : each.last + 1] for reference, bits in best.items() if reference != each.reference]
        left = _left(each, np.min(others, axis=0)) if others else each
        if left is not None:
            kept.append(left)
    return kept


def _left(stretch: Stretch, others: Numbers) -> Stretch | None:
    """What other references do not have nearer, from its first frame to its last; None for less than half."""
    counted = stretch.bits >= 0
    lost = counted & (others + WORSE_BITS < stretch.bits)
    if 2 * lost.sum() > counted.sum():
        return None
    kept = np.flatnonzero(counted & ~lost & (stretch.bits < lines.AGREEING))
    if not len(kept):
        return None
    part = slice(kept[0], kept[-1] + 1)
    first = stretch.first + int(kept[0])
    return replace(
        stretch,
        first=first,
        last=first + part.stop - part.start - 1,
        bits=stretch.bits[part],
        frames=stretch.frames[part],
    )


def _proved(query: Filmed, other: Filmed, stretch: Stretch) -> Segment | None:
    """The segment, where its frames agree densely, nearly, and in their small pictures."""
    counted = stretch.bits >= 0
    bits = stretch.bits[counted]
    start = float(query.times[stretch.first])
    end = float(query.times[stretch.last] + query.seconds[stretch.last])
    if len(bits) < LEAST_FRAMES or end - start < LEAST_S or _is_card(query, stretch):
        return None
    median, agreeing = float(np.median(bits)), bits < min(lines.AGREEING, np.median(bits) + LOOSEST_BITS)
    pixels = _pixels(query, other, stretch)
    if median > MEDIAN_BITS or agreeing.mean() < DENSITY or pixels < PIXELS:
        return None
    return Segment(
        stretch.reference,
        start,
        end,
        _within(stretch.line.at(start), other.length_s),
        _within(stretch.line.at(end), other.length_s),
        stretch.mirrored,
        stretch.line.slope,
        int(agreeing.sum()),
        median,
        float(agreeing.mean()),
        pixels,
    )


def _is_card(query: Filmed, stretch: Stretch) -> bool:
    """Whether nothing moves and little is shown: a title or a logo, which unrelated films may share."""
    rows = np.arange(stretch.first, stretch.last + 1)[stretch.bits >= 0]
    apart = np.bitwise_count(query.words[rows] ^ query.words[rows[len(rows) // 2]]).sum(axis=1)
    return bool(np.mean(apart <= STILL_BITS) >= DENSITY and np.mean(query.rich[rows]) < 0.5)


def _within(seconds: float, length_s: float) -> float:
    return min(max(seconds, 0.0), length_s)


def _pixels(query: Filmed, other: Filmed, stretch: Stretch) -> float:
    """Median correlation of the small pictures of up to ``SLID_FRAMES`` pairs."""
    pairs = np.flatnonzero(stretch.frames >= 0)
    pairs = pairs[:: max(1, len(pairs) // SLID_FRAMES)]
    mine = query.thumbs[stretch.first + pairs]
    return float(
        np.median(agreement(mine[:, :, ::-1] if stretch.mirrored else mine, other.thumbs[stretch.frames[pairs]]))
    )


def _joined(segments: Sequence[Segment]) -> list[Segment]:
    """Segments that go on along the same line, with a short gap, are one; by their time in the query."""
    joined: list[Segment] = []
    for each in segments:
        last = joined[-1] if joined else None
        if last is not None and _goes_on(last, each):
            weight = each.frames / (last.frames + each.frames)
            joined[-1] = replace(
                last,
                query_end=max(last.query_end, each.query_end),
                reference_end=max(last.reference_end, each.reference_end),
                frames=last.frames + each.frames,
                **{name: (1 - weight) * getattr(last, name) + weight * getattr(each, name) for name in _MEANS},
            )
        else:
            joined.append(each)
    return sorted(joined, key=lambda each: (each.query_start, each.reference))


def _goes_on(last: Segment, following: Segment) -> bool:
    gap = following.query_start - last.query_end
    return (
        (last.reference, last.mirrored) == (following.reference, following.mirrored)
        and gap <= JOIN_S
        and abs(following.reference_start - last.reference_end - gap * last.speed) <= JOIN_OFF_S
    )
