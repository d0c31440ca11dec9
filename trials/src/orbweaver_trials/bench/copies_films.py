"""Films against held ones: are all sources of a compilation named, with times, and no other; and how long it takes."""

from __future__ import annotations

import io
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from PIL import Image

from orbweaver.detect.copies.film_index import FilmIndex
from orbweaver.detect.copies.filmed import Filmed, filmed
from orbweaver.detect.copies.films import HeldFilms
from orbweaver.detect.copies.segments import Segment, find_segments
from orbweaver.fingerprints.film_track import film_track, picture_track
from orbweaver.fingerprints.limits import Limits
from orbweaver_trials.bench import film_drawing as drawing
from orbweaver_trials.bench.film_drawing import EDITS, FPS, SPEEDS, UNSTEADY, Frame
from orbweaver_trials.bench.result import BenchResult, Progress

PATIENT = Limits(max_decode_s=1e9)
WITHIN_S = 2.0
"""Seconds by which the ends of a segment may be off, in both films."""
STILL_WITHIN_S = 1.0
FULL_HOURS, HOURS, QUICK_HOURS = 1_000, 100, 20
"""Hours of held films that are searched; a thousand take 6 GB of memory."""
HOUR = 36_000
"""Frames of an hour, ten a second."""


@dataclass(frozen=True)
class Part:
    """What is true of one part of a compilation."""

    reference: int
    query_start: float
    query_end: float
    reference_start: float
    reference_end: float
    mirrored: bool


def run_copies_films(quick: bool, full: bool, progress: Progress) -> BenchResult:
    """Draw films, hold them, compile others of their parts, and look for them."""
    held_count, compiled_count = (6, 8) if quick else (20, 56)
    result = BenchResult("Parts of films, among held ones")
    progress(f"drawing {held_count} films")
    frames = [_held(number) for number in range(held_count)]
    bodies = [drawing.encoded(each, 20) for each in frames]
    result.figures["film_hashing_share"] = _hashing_share(bodies)
    with tempfile.TemporaryDirectory() as folder:
        held = HeldFilms([str(number) for number in range(held_count)], [_read(body) for body in bodies], Path(folder))
        progress(f"{compiled_count} compilations")
        _judge_compilations(result, held, frames, compiled_count)
        progress("stills")
        _judge_stills(result, held, frames)
    _measure_search(result, FULL_HOURS if full else QUICK_HOURS if quick else HOURS, progress)
    return result


def _held(number: int) -> list[Frame]:
    return drawing.filmed_scene(1_000 + number, 14.0 + number % 8, UNSTEADY[number % len(UNSTEADY)])


def _read(body: bytes) -> Filmed:
    return filmed(film_track(body, "video/mp4", PATIENT))


def _hashing_share(bodies: list[bytes]) -> float:
    """Processor time of decoding alone, as a share of that of decoding and hashing; the best of three of each."""
    film_track(bodies[0], "video/mp4", PATIENT)
    best = [float("inf"), float("inf")]
    for _ in range(3):
        for number, work in enumerate((_decode, _read)):
            began = time.process_time()
            for body in bodies[:4]:
                work(body)
            best[number] = min(best[number], time.process_time() - began)
    return best[0] / best[1]


def _decode(body: bytes) -> int:
    with av.open(io.BytesIO(body), "r") as container:
        stream = container.streams.video[0]
        stream.thread_count, stream.thread_type = 1, "NONE"
        return len([frame.pts for frame in container.decode(stream)])


def _judge_compilations(result: BenchResult, held: HeldFilms, frames: list[list[Frame]], count: int) -> None:
    totals: Counter[str] = Counter()
    by_edit: dict[str, Counter[str]] = {}
    for number in range(count):
        edit = list(EDITS)[number % len(EDITS)]
        body, truth = _compilation(number, edit, frames)
        segments = held.segments(_read(body))
        counts = Counter(
            right=_right(segments, truth),
            named=len(segments),
            there=len(truth),
            false=sum(each.reference not in {part.reference for part in truth} for each in segments),
        )
        totals.update(counts)
        by_edit.setdefault(edit, Counter()).update(counts)
    for edit, counts in by_edit.items():
        result.rows.append(
            {"edit": edit, "parts": counts["there"], "f1": _f1(counts), "false_sources": counts["false"]}
        )
    result.figures["segment_f1"] = _f1(totals)
    result.figures["segment_false_sources"] = float(totals["false"])
    result.figures["segment_parts"] = float(totals["there"])


def _f1(counts: Counter[str]) -> float:
    return 2 * counts["right"] / max(1, counts["named"] + counts["there"])


def _compilation(number: int, edit: str, frames: list[list[Frame]]) -> tuple[bytes, list[Part]]:
    """Two or three parts of held films and one that is of none, in any order."""
    random = np.random.default_rng(50_000 + number)
    sources = [int(each) for each in random.choice(len(frames), int(random.integers(2, 4)), replace=False)]
    speed = float(random.choice(SPEEDS)) if edit == "speed" else 1.0
    shown: list[Frame] = []
    truth = []
    for source in random.permutation([*sources, -1]).tolist():
        seconds, start_s = float(random.uniform(3.0, 6.0)), len(shown) / FPS
        if source < 0:
            part = drawing.filmed_scene(90_000 + number, seconds, float(random.choice(UNSTEADY)))
        else:
            begin = float(random.uniform(0.0, len(frames[source]) / FPS - seconds * speed - 0.2))
            rows = (begin * FPS + np.arange(int(seconds * FPS)) * speed).astype(int)
            part = EDITS[edit]([frames[source][row] for row in rows])
            length = len(rows) / FPS
            truth.append(Part(source, start_s, start_s + length, begin, begin + length * speed, "mirrored" in edit))
        shown += drawing.fitted(part)
    return drawing.encoded(shown, 32 if edit == "re-encoded" else 26), truth


def _right(segments: list[Segment], truth: list[Part]) -> int:
    """Parts that a segment names with its times and its mirror."""
    left = list(segments)
    right = 0
    for part in truth:
        found = next((each for each in left if _is(each, part)), None)
        if found is not None:
            left.remove(found)
            right += 1
    return right


def _is(segment: Segment, part: Part) -> bool:
    ends = ("query_start", "query_end", "reference_start", "reference_end")
    near = all(abs(getattr(segment, end) - getattr(part, end)) <= WITHIN_S for end in ends)
    return near and (segment.reference, segment.mirrored) == (part.reference, part.mirrored)


def _judge_stills(result: BenchResult, held: HeldFilms, frames: list[list[Frame]]) -> None:
    random = np.random.default_rng(4)
    found = total = false = 0
    for number, film in enumerate(frames):
        for row in random.choice(len(film), 5, replace=False).tolist():
            grey = np.asarray(Image.fromarray(film[row]).convert("L").resize((480, 360)))
            moments = held.moments(filmed(picture_track(grey)))
            near = [each for each in moments if abs(each.time_s - row / FPS) <= STILL_WITHIN_S]
            found += any(each.reference == number for each in near)
            false += any(each.reference != number for each in moments)
            total += 1
    result.figures["still_recall"] = found / total
    result.figures["still_false"] = float(false)


def _measure_search(result: BenchResult, hours: int, progress: Progress) -> None:
    """An hour against many, by hashes that move as those of a hand-held camera do."""
    progress(f"an hour against {hours} hours")
    random = np.random.default_rng(6)
    thumbs = random.integers(0, 255, (HOUR, 16, 16), np.uint8)
    films = [_moving(random, HOUR, thumbs) for _ in range(hours)]
    query = _moving(random, HOUR, thumbs.copy())
    query = query._replace(mirrored=query.words[::-1].copy())
    parts = range(0, HOUR - 400, 400)
    for begin in parts:
        source, at = films[int(random.integers(hours))], int(random.integers(0, HOUR - 200))
        query.words[begin : begin + 200] = source.words[at : at + 200] ^ _few_bits(random, 200, 5)
        query.thumbs[begin : begin + 200] = thumbs[at : at + 200]
    with tempfile.TemporaryDirectory() as folder:
        index = FilmIndex.build(Path(folder) / "frames", films)
        index.propose(query)
        began = time.process_time()
        segments = find_segments(query, films, index.propose(query))
        seconds = time.process_time() - began
    result.figures["film_search_hours"] = float(hours)
    result.figures["film_search_s"] = seconds
    result.figures["film_search_found"] = len(segments) / len(parts)


def _few_bits(
    random: np.random.Generator, count: int, halvings: int
) -> np.ndarray[tuple[int, int], np.dtype[np.uint64]]:
    """uint64[count, 4]: each bit set with a chance of 1 in 2 ** ``halvings``."""
    return np.asarray(np.bitwise_and.reduce(random.integers(0, 2**64, (halvings, count, 4), np.uint64)))


def _moving(
    random: np.random.Generator, count: int, thumbs: np.ndarray[tuple[int, int, int], np.dtype[np.uint8]]
) -> Filmed:
    steps = _few_bits(random, count, 3)
    steps[0] = random.integers(0, 2**64, 4, np.uint64)
    words = np.bitwise_xor.accumulate(steps, axis=0)
    times = np.arange(count) / 10
    every = np.ones(count, np.bool_)
    return Filmed(times, np.full(count, 0.1), words, words, every, every, thumbs, count / 10)
