"""Copies of held pictures under every edit: how many are found, what is falsely proved, and what a query costs.

The photographs are those of a folder, or drawn: noise with structure at all scales over parts of the sample that ships.
PDQ alone, PDQ in eight turns and, with a model, its embedding alone are measured on the same copies. What is made up of
points of other pictures brings the collection to its size, so recall and time are those of a crowded index.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from orbweaver.detect.copies.embedding import Model
from orbweaver.detect.copies.geometry import UNIT, clipped, moved
from orbweaver.detect.copies.matching import RADIUS, Matcher
from orbweaver.detect.copies.picture import Picture, decoded
from orbweaver.detect.copies.references import Reference, reference_of
from orbweaver.detect.copies.results import Answer, CopyMatch
from orbweaver_trials.bench import copies_timed
from orbweaver_trials.bench.copies_crowd import Crowd
from orbweaver_trials.bench.copies_edits import ROWS, Edited, Matrix, copy_of, jpeg
from orbweaver_trials.bench.copies_negatives import alike, negatives
from orbweaver_trials.bench.copies_photos import photographs, unlike
from orbweaver_trials.bench.plot import Series, write_plot
from orbweaver_trials.bench.result import Progress, this_machine

SEED = 20
SIZES = {"1e3": 1_000, "1e4": 10_000, "1e5": 100_000, "1e6": 1_000_000}
"""Sizes of collections that are timed; with ``full`` the last two, of which the largest takes 8 GB of memory."""
AT_ONCE = 250
"""Negatives that are one step."""
OVERLAP = 0.7
"""The share of what a told and a true region cover together that both cover, from which the told one is right."""
DRAWN = 400
"""Pixels of a side of the plane on which regions are compared."""
ALONE = 0.75
"""Cosine from which a model alone takes two pictures for copies: what SSCD's authors say has a precision of 90 %."""

T = TypeVar("T")


class Told(NamedTuple):
    """Whether what a match tells is right."""

    region: bool
    edits: bool


class Amounts(NamedTuple):
    """How much is measured."""

    photographs: int
    copies: int
    """Of each edit."""
    negatives: int
    references: int
    """Among which copies are looked for."""
    sizes: tuple[str, ...]


QUICK = Amounts(24, 8, 40, 0, ())
USUAL = Amounts(240, 40, 1_000, 10_000, ("1e3", "1e4"))
FULL = Amounts(640, 213, 5_000, 10_000, ("1e3", "1e4", "1e5", "1e6"))


@dataclass
class Steps:
    """What was measured so far, kept in a file, so that a long run that ended goes on where it was."""

    path: Path | None = None
    found: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.path is not None and self.path.exists():
            self.found = json.loads(self.path.read_text("utf-8"))

    def step(self, name: str, measure: Callable[[], T]) -> T:
        """What ``measure`` gives, which JSON must be able to hold; what is known is not measured again."""
        if name not in self.found:
            self.found[name] = measure()
            if self.path is not None:
                self.path.write_text(json.dumps(self.found), "utf-8")
        known: T = self.found[name]
        return known


@dataclass
class World:
    """Photographs that are held, others, and what is made of both. Made when first asked for."""

    held: Sequence[Image.Image]
    strangers: Sequence[Image.Image]
    """What pictures are pasted on, and pictures that are held as they share a logo or a template with negatives."""
    others: Sequence[Image.Image]
    """Of which negatives are made."""
    size: int
    model: Model | None = None

    @cached_property
    def pictures(self) -> list[Picture]:
        """The held photographs, and behind them what negatives look like."""
        return [decoded(jpeg(image)) for image in [*self.held, *alike(self.strangers, 8)]]

    @cached_property
    def references(self) -> list[Reference]:
        """Of all of them."""
        return [reference_of(str(number), each, self.model) for number, each in enumerate(self.pictures)]

    @cached_property
    def pool(self) -> list[Reference]:
        """Pictures whose points make up the crowd."""
        return [reference_of("", decoded(jpeg(image))) for image in self.strangers]

    @cached_property
    def matcher(self) -> Matcher:
        """Among as many as recall is measured among."""
        return self.matcher_of(self.size)

    def matcher_of(self, size: int) -> Matcher:
        """Among so many."""
        return Matcher(Crowd(self.references, self.pool, size), self.archived, model=self.model)

    def archived(self, name: str) -> Picture | None:
        """A held picture by its name; of what is made up there is none."""
        return self.pictures[int(name)] if name.isdecimal() else None

    @cached_property
    def numbers(self) -> npt.NDArray[np.float32]:
        """float32[n, m]: what the model gives for each held photograph, of length 1."""
        assert self.model is not None
        return _unit(self.model.numbers([each.colour for each in self.pictures[: len(self.held)]]))


def run_copies(
    folder: Path | None,
    quick: bool,
    full: bool,
    progress: Progress,
    *,
    others: Path | None = None,
    model: Path | None = None,
    kept: Path | None = None,
) -> dict[str, Any]:
    """The figures by their names. Half of the photographs are held, or all where there is a folder of ``others``.

    ``regions_right`` and ``edits_right`` are shares of the true matches: see ``checked``. With a ``model`` the figures
    with it begin with ``model_``, and those of its embedding alone with ``sscd_``. ``ms_mean_SIZE`` is of pictures as
    they are, ``ms_by_kind_SIZE`` of pages too. A size that is not timed is None.
    """
    amounts = QUICK if quick else FULL if full else USUAL
    steps = Steps(kept)
    figures: dict[str, Any] = dict.fromkeys(f"ms_mean_{name}" for name in SIZES)
    figures |= _measured(_world(folder, others, amounts, None), amounts, steps, progress, "")
    figures["model"] = None
    if model is not None:
        world = _world(folder, others, amounts, Model(model))
        figures |= _measured(world, amounts, steps, progress, "model_")
        figures["model"] = model.name
    return figures | {"machine": this_machine()}


def plot_of(figures: dict[str, Any], path: Path) -> None:
    """Milliseconds a query by the number of references, as an SVG."""
    lines = [
        Series(name, [(float(size), figures[key]) for at, size in SIZES.items() if figures.get(key := prefix + at)])
        for name, prefix in (("points", "ms_mean_"), ("with a model", "model_ms_mean_"))
    ]
    write_plot(
        path, [("Milliseconds of processor time a query", [each for each in lines if each.points])], "References"
    )


def _world(folder: Path | None, others: Path | None, amounts: Amounts, model: Model | None) -> World:
    every = unlike(photographs(folder, amounts.photographs))
    if others is None:
        held, left = every[::2], every[1::2]
    else:
        held, left = every, unlike(photographs(others, amounts.photographs), every)
    return World(held, left[::4], [each for at, each in enumerate(left) if at % 4], amounts.references, model)


def _measured(world: World, amounts: Amounts, steps: Steps, progress: Progress, prefix: str) -> dict[str, Any]:
    """All figures of one way of matching; each name begins with ``prefix``."""
    figures: dict[str, Any] = {"references": len(world.held), "among": max(amounts.references, len(world.references))}
    totals: Counter[str] = Counter()
    for row in ROWS:
        progress(prefix + row)
        counts = steps.step(f"{prefix}copies {row}", partial(_copies, row, world, amounts.copies))
        totals.update(counts)
        for kind in ("", "pdq_", "pdq8_", *(["sscd_"] if world.model else [])):
            figures[f"{kind}recall_{row}"] = _share(counts[f"{kind}found"], counts["shown"])
    for name in ("regions", "edits"):
        figures[f"{name}_right"] = _share(totals[name], totals["found"])
    progress(f"{prefix}negatives")
    firsts = range(0, amounts.negatives, AT_ONCE)
    for first in firsts:
        count = min(AT_ONCE, amounts.negatives - first)
        totals.update(steps.step(f"{prefix}negatives {first}", partial(_negatives, world, first, count)))
    figures |= {
        "false_proved": totals["false"] + totals["false_in_copies"],
        "false_proved_in_copies": totals["false_in_copies"],
        "false_suspected": totals["suspected"],
        "negatives": totals["negatives"],
        "false_kinds": {key[5:]: number for key, number in totals.items() if key.startswith("kind ")},
    }
    for name in amounts.sizes:
        progress(f"{prefix}{name} references")
        kinds = steps.step(f"{prefix}ms by kind {name}", partial(_ms_by_kind, world, SIZES[name]))
        figures |= {f"ms_mean_{name}": kinds["pictures"], f"ms_by_kind_{name}": kinds}
    figures["bytes_per_reference"] = steps.step(
        f"{prefix}bytes", lambda: round(sum(each.bytes for each in world.references) / len(world.references))
    )
    return {(prefix + key if _is_ours(key) else key): value for key, value in figures.items()}


def _is_ours(name: str) -> bool:
    """Whether a figure is of our own matching: the others are the same with a model and without."""
    return not name.startswith(("pdq", "sscd", "references", "among"))


def _share(part: int, of: int) -> float:
    return round(part / max(1, of), 4)


def _copies(row: str, world: World, count: int) -> dict[str, int]:
    """Of copies under one edit: how many originals they show, how many each way finds, and what is told of them."""
    rng = np.random.default_rng(SEED)
    held, counts = world.held, Counter[str]()
    for number in range(min(count, len(held))):
        copy = _copy(row, number, held, world.strangers, rng)
        picture = decoded(jpeg(copy.image))
        answer = world.matcher.match(picture, Answer(""))
        proved = {match.reference: match for match in answer.matches if match.decision == "proved"}
        places = {str((number + at) % len(held)): place for at, place in copy.places}
        told = [checked(proved[name], copy, places[name]) for name in proved.keys() & places.keys()]
        counts.update(
            shown=len(places),
            found=len(told),
            regions=sum(each.region for each in told),
            edits=sum(each.edits for each in told),
            false_in_copies=len(proved.keys() - places.keys()),
        )
        counts.update(_by_peers(picture, places, world))
    return {"shown": 0, "found": 0, "pdq_found": 0, "pdq8_found": 0, "sscd_found": 0} | counts


def _by_peers(picture: Picture, shown: Iterable[str], world: World) -> Counter[str]:
    """How many of what is shown the hash alone, in eight turns, and the model alone find."""
    counts = Counter[str]()
    near = None if world.model is None else world.numbers @ _unit(world.model.numbers([picture.colour]))[0]
    for name in shown:
        bits = _bits(picture, world.references[int(name)])
        counts.update(pdq_found=bits[0] <= RADIUS, pdq8_found=min(bits) <= RADIUS)
        if near is not None:
            counts["sscd_found"] += bool(near[int(name)] >= ALONE)
    return counts


def _unit(rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9), np.float32)


def _negatives(world: World, first: int, count: int) -> dict[str, int]:
    """Of pictures that show nothing held: how many are proved or suspected, and of which kinds those are."""
    counts = Counter[str](negatives=0, false=0, suspected=0)
    for kind, image in negatives(world.others, count, first):
        answer = world.matcher.match(decoded(jpeg(image)), Answer(""))
        decisions = {match.decision for match in answer.matches}
        counts.update(negatives=1, false="proved" in decisions, suspected=decisions == {"suspected"})
        for decision in decisions:
            counts[f"kind {kind} {decision}"] += 1
    return dict(counts)


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


def _ms_by_kind(world: World, size: int) -> dict[str, float]:
    """What a query of each kind takes among so many references."""
    matcher = world.matcher_of(size)
    return {kind: _mean_ms(matcher, bodies) for kind, bodies in copies_timed.timed(world.others).items()}


def _mean_ms(matcher: Matcher, bodies: Sequence[bytes]) -> float:
    """Milliseconds of processor time a query, decoding included."""
    for body in bodies:  # what is loaded, compiled and made up once is no part of it
        matcher.match(decoded(body), Answer(""))
    started = time.process_time()
    for body in bodies:
        matcher.match(decoded(body), Answer(""))
    return round((time.process_time() - started) * 1000 / max(1, len(bodies)), 2)
