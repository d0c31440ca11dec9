"""Copies of held pictures under every edit: how many are found, what is falsely proved, and what a query costs.

The photographs are those of a folder, or drawn: noise with structure at all scales over parts of the sample that ships.
PDQ alone and PDQ in eight turns are measured on the same copies. Fillers, points of the references with an eighth of
their bits changed, bring the collection to its size; so the time is that of a crowded index.
"""

from __future__ import annotations

import dataclasses
import hashlib
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from orbweaver.detect.copies.geometry import UNIT, clipped, moved
from orbweaver.detect.copies.matching import RADIUS, Matcher
from orbweaver.detect.copies.picture import Picture, decoded
from orbweaver.detect.copies.references import Reference, reference_of
from orbweaver.detect.copies.results import Answer, CopyMatch
from orbweaver_trials.bench.copies_edits import ROWS, Edited, Matrix, copy_of, jpeg
from orbweaver_trials.bench.copies_photos import photographs
from orbweaver_trials.bench.result import Progress, this_machine

SEED = 20
SIZES = {"1e4": 10_000, "1e5": 100_000}
"""Sizes of collections that are timed; the larger takes 2 GB of memory and is measured with ``full`` alone."""
TIMED = 40
"""Queries that are timed at each size."""
OVERLAP = 0.7
"""The share of what a told and a true region cover together that both cover, from which the told one is right."""
DRAWN = 400
"""Pixels of a side of the plane on which regions are compared."""


class Told(NamedTuple):
    """Whether what a match tells is right."""

    region: bool
    edits: bool


def run_copies(folder: Path | None, quick: bool, full: bool, progress: Progress) -> dict[str, Any]:
    """The figures by their names. Half of the photographs are held, the others are negatives.

    ``regions_right`` and ``edits_right`` are shares of the true matches: see ``checked``.

    ``ms_mean_1e5`` is None without ``full``; a size of a million is not measured here, and None.
    """
    images = photographs(folder, 24 if quick else 120)
    held, others = images[::2], images[1::2]
    progress(f"{len(held)} references")
    pictures = [decoded(jpeg(image)) for image in held]
    references = [reference_of(str(number), picture) for number, picture in enumerate(pictures)]
    matcher = Matcher(references, lambda name: pictures[int(name)])
    figures: dict[str, Any] = {"references": len(references), "bytes_per_reference": round(matcher.bytes_per_reference)}
    wrong = 0
    told: list[Told] = []
    for row in ROWS:
        progress(row)
        found, false, said = _recall(row, held, others, matcher, 8 if quick else 40)
        figures |= {f"{kind}recall_{row}": round(share, 4) for kind, share in found.items()}
        wrong += false
        told += said
    figures["regions_right"] = round(sum(each.region for each in told) / max(1, len(told)), 4)
    figures["edits_right"] = round(sum(each.edits for each in told) / max(1, len(told)), 4)
    progress("negatives")
    answers = [_asked(matcher, image) for image in others]
    proved = [match for answer in answers for match in answer.matches if match.decision == "proved"]
    suspected = [match for answer in answers for match in answer.matches if match.decision == "suspected"]
    figures |= {"false_proved": len(proved) + wrong, "false_suspected": len(suspected), "negatives": len(others)}
    for name, size in SIZES.items():
        wanted = (not quick) if name == "1e4" else full
        progress(f"{size:,} references")
        figures[f"ms_mean_{name}"] = _mean_ms(references, size, others) if wanted else None
    return figures | {"ms_mean_1e6": None, "model": None, "machine": this_machine()}


def _asked(matcher: Matcher, image: Image.Image) -> Answer:
    return matcher.match(decoded(jpeg(image)), Answer(""))


def _recall(
    row: str, held: Sequence[Image.Image], others: Sequence[Image.Image], matcher: Matcher, count: int
) -> tuple[dict[str, float], int, list[Told]]:
    """Shares found by us, by PDQ (``pdq_``) and by PDQ in eight turns (``pdq8_``), false proofs of ours, and what is
    told of each true one."""
    rng = np.random.default_rng(SEED)
    hits = {"": 0, "pdq_": 0, "pdq8_": 0}
    total = false = 0
    told: list[Told] = []
    for number in range(min(count, len(held))):
        copy = _copy(row, number, held, others, rng)
        picture = decoded(jpeg(copy.image))
        answer = matcher.match(picture, Answer(""))
        proved = {match.reference for match in answer.matches if match.decision == "proved"}
        places = {str((number + at) % len(held)): place for at, place in copy.places}
        shown = set(places)
        told += [
            checked(match, copy, places[match.reference])
            for match in answer.matches
            if match.reference in proved & shown
        ]
        false += len(proved - shown)
        total += len(shown)
        hits[""] += len(proved & shown)
        for name in shown:
            bits = _bits(picture, matcher.references[int(name)])
            hits["pdq_"] += bits[0] <= RADIUS
            hits["pdq8_"] += min(bits) <= RADIUS
    return {kind: hit / max(total, 1) for kind, hit in hits.items()}, false, told


def checked(match: CopyMatch, copy: Edited, place: Matrix) -> Told:
    """Whether the region overlaps the true one, and all that was done is named; re-saving goes with everything."""
    truth = clipped(moved(place, UNIT))
    overlap = _overlap(truth, np.array(match.query_quad))
    return Told(overlap >= OVERLAP, set(copy.names) - {"resaved"} <= set(match.edits))


def _overlap(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> float:
    """The share of what two polygons cover together that both cover; drawn, so within a hundredth."""
    drawn = np.zeros((2, DRAWN, DRAWN), np.uint8)
    for plane, polygon in zip(drawn, (one, other), strict=True):
        cv2.fillPoly(plane, [np.round(polygon * (DRAWN - 1)).astype(np.int32)], 1)
    return float((drawn[0] & drawn[1]).sum() / max(1, int((drawn[0] | drawn[1]).sum())))


def _copy(
    row: str, number: int, held: Sequence[Image.Image], others: Sequence[Image.Image], rng: np.random.Generator
) -> Edited:
    """A copy of a reference, with what else is shown: a stranger behind what is pasted, references in collages."""
    shown = [held[(number + at) % len(held)] for at in range(9)]
    return copy_of(row, [shown[0], others[number % len(others)]] if row == "pasted" else shown, rng)


def _bits(picture: Picture, reference: Reference) -> list[int]:
    """Bits between the reference's hash and each of the eight of the query."""
    known = int.from_bytes(reference.hashes.pdq, "big")
    return [(known ^ int.from_bytes(turned, "big")).bit_count() for turned in picture.hashes.dihedral]


def _mean_ms(references: Sequence[Reference], size: int, others: Sequence[Image.Image]) -> float:
    """Milliseconds of processor time a query, decoding included, among so many references."""
    matcher = Matcher([*references, *_fillers(references, size - len(references))])
    bodies = [jpeg(image) for image in others[:TIMED]]
    matcher.match(decoded(bodies[0]), Answer(""))
    started = time.process_time()
    for body in bodies:
        matcher.match(decoded(body), Answer(""))
    return round((time.process_time() - started) * 1000 / len(bodies), 2)


def _fillers(references: Sequence[Reference], count: int) -> Iterator[Reference]:
    rng = np.random.default_rng(SEED)
    for number in range(count):
        like = references[number % len(references)]
        noise = rng.integers(0, 256, (3, *like.kept.bits.shape), dtype=np.uint8)
        bits = like.kept.bits ^ (noise[0] & noise[1] & noise[2])
        name = f"filler {number}"
        hashes = like.hashes._replace(pdq=hashlib.sha256(name.encode()).digest())
        yield dataclasses.replace(like, name=name, hashes=hashes, kept=like.kept._replace(bits=bits), piece_hashes=())
