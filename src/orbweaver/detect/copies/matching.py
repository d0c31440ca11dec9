"""A query against held pictures: by hash, by pieces, by points; what is proposed is proved by pixels or is not said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, overload

import cv2
import numpy as np
import numpy.typing as npt

from orbweaver.detect.copies import geometry
from orbweaver.detect.copies.edits import edits_of, is_mirrored
from orbweaver.detect.copies.embedding import Embedded, Model
from orbweaver.detect.copies.fitting import Fit, Size, fit
from orbweaver.detect.copies.geometry import Matrix
from orbweaver.detect.copies.hashed import Hashed, turn_matrix
from orbweaver.detect.copies.judging import Archived, Judged, Load, judge
from orbweaver.detect.copies.picture import Picture
from orbweaver.detect.copies.points import Corners, Points, corners_of, points_of
from orbweaver.detect.copies.proposing import Proposer
from orbweaver.detect.copies.references import DECAY, LONGEST, MIN_QUALITY, Reference, is_pattern, part_points
from orbweaver.detect.copies.results import Answer, CopyMatch, Proof
from orbweaver.fingerprints.pieces import Piece

RADIUS = 31
"""Bits of 256 by which a hash may differ; PDQ's authors recommend it."""
PROPOSED_RADIUS = 40
"""The same where pixels are compared: the hash proposes, and a small part of a collage is hashed from few pixels."""
QUERY_POINTS = 500
QUERY_DECAY = 0.96
QUERY_LONGEST = 512
PIECE_POINTS = 260
PIECE_LONGEST = 400
PROPOSED = 8
"""References of one view that are looked at."""
PROPOSED_OF_MANY = 64
"""The same of a picture that may have many copies among the references."""
EMBEDDED = 4
"""References of one view that a model proposes."""
MORE_POINTS = 1500
"""Points of an archived picture, where those that are kept are too few."""
EXPLAINED = 0.7
"""Share of a picture that proved copies cover together, from which nothing else is looked for in it."""
CELL_SHOWS = 0.5
"""Share of a reference that a cell shows, from which what lies beside the cell need not agree."""
PROVED_IN_CELL = 0.75
"""The share of blocks that proves there. Measured: 0.65-0.67 of another photograph of toys that are arranged alike."""
IN_VAIN = 6
"""References that are looked at in vain, one after the other, before the rest is left."""
PROVED_BY_HASH = 0.75
"""The share of blocks that proves (``judging``) where a hash says how the two lie, and no points: parts of one texture
agree in up to 0.66 so. What is below may be proved by points yet."""
INLIERS = 6
MANY_INLIERS = 14
DENSITY = 0.1
"""Least inliers; where they are not many, the least share of the points in the common region that they are. Measured:
0.2-0.6 of copies (0.04-0.1 and 14 or more inliers under text, which has corners of its own), up to 13 inliers and
0.07 of parts of one facade laid over one another."""
CORNERS = 5
"""Blocks with detail in both directions that agree, where there are fewer than twice the least inliers."""
SMALLEST = 32
"""Pixels of a query's shorter side."""
FLAT = 2.0
"""Grey levels of standard deviation of a query that shows nothing."""

FLIPPED = np.array([[-1.0, 0, 1], [0, 1, 0], [0, 0, 1]])
"""From shares of a picture to shares of its mirrored self."""


class _PointsOf(Sequence[Points]):
    """The points of references, unpacked when they are asked for."""

    def __init__(self, references: Sequence[Reference]) -> None:
        self._references = references

    def __len__(self) -> int:
        return len(self._references)

    @overload
    def __getitem__(self, at: int) -> Points: ...
    @overload
    def __getitem__(self, at: slice) -> list[Points]: ...
    def __getitem__(self, at: int | slice) -> Points | list[Points]:
        if isinstance(at, slice):
            return [each.points for each in self._references[at]]
        return self._references[at].points


class _View(NamedTuple):
    """A part of a query that may be a picture by itself, or the whole."""

    points: Points
    """As points of the whole."""
    part: Picture
    box: Matrix | None = None
    """From shares of a part to shares of the whole."""


class Matcher:
    """Finds copies of the references in queries. Built once; queries do not change it."""

    def __init__(
        self,
        references: Sequence[Reference],
        load: Load | None = None,
        *,
        hashes_only: bool = False,
        model: Model | None = None,
    ) -> None:
        """``load`` gives archived pictures for close calls; ``hashes_only`` matches as lists of hashes do; ``model``,
        by which the references have codes, proposes too."""
        self.references = references
        self._archived = Archived(load)
        self._hashes_only = hashes_only
        self._hashed = Hashed(self.references, PROPOSED_RADIUS)
        self._proposer = None if hashes_only else Proposer(_PointsOf(self.references))
        self._embedded = None
        if model is not None and not hashes_only:
            codes = {number: each.tiles for number, each in enumerate(references) if each.tiles is not None}
            self._embedded = Embedded(model, codes)

    @property
    def bytes_per_reference(self) -> float:
        """Bytes that a reference takes in memory, on average."""
        if not self.references:
            return 0.0
        return sum(each.bytes for each in self.references) / len(self.references)

    def match(self, picture: Picture, answer: Answer) -> Answer:
        """Fill in the gate and the matches."""
        if min(picture.width, picture.height) < SMALLEST:
            answer.gate = "tiny"
            return answer
        if float(cv2.meanStdDev(picture.grey)[1][0, 0]) < FLAT:
            answer.gate = "flat"
            return answer
        found: dict[str, CopyMatch] = {}
        proved_whole = self._by_hash(picture, None, found)
        unproved = [] if proved_whole else [each for each in picture.pieces if not self._by_hash(picture, each, found)]
        if self._hashes_only:
            answer.gate = "hashes"
        elif proved_whole or self._is_explained(picture, found):
            answer.gate = "matched"
        else:
            answer.gate = "points"
            self._by_points(picture, unproved, found)
        answer.matches = sorted(found.values(), key=lambda match: (match.decision, -match.strength))
        return answer

    def every(self, picture: Picture) -> list[CopyMatch]:
        """Whatever references may show what the picture shows: the search does not end with what is proved, nor after
        a few that do not. For one picture among many of which several are copies of it."""
        found: dict[str, CopyMatch] = {}
        for piece in (None, *picture.pieces):
            self._by_hash(picture, piece, found)
        corners = corners_of(picture, QUERY_POINTS, QUERY_DECAY, QUERY_LONGEST)
        for view, mirrored in ((_View(corners.points(), picture), False), (_mirrored(picture, corners), True)):
            proposed = self._proposed(view.points, PROPOSED_OF_MANY)
            self._fit_and_prove(picture, view, found, proposed, mirrored=mirrored, in_vain=len(proposed))
        return list(found.values())

    def _by_hash(self, picture: Picture, piece: Piece | None, found: dict[str, CopyMatch]) -> bool:
        """Whether something is proved by the hash of the picture or of a piece of it."""
        hashes = picture.hashes if piece is None else piece.hashes
        if hashes.quality < MIN_QUALITY:
            return False
        proved = False
        radius = RADIUS if self._hashes_only else PROPOSED_RADIUS
        for number, part, turn, distance in self._hashed.near(hashes.dihedral, radius):
            reference = self.references[number]
            matrix = turn_matrix(turn)
            if part >= 0:
                matrix = matrix @ geometry.inverse(geometry.boxed(*reference.piece_hashes[part][0]))
            if piece is not None:
                matrix = geometry.boxed(piece.left, piece.top, piece.right, piece.bottom) @ matrix
            kind: Proof = "hash" if piece is None and part < 0 else "pieces"
            near = 1 - distance / (2 * PROPOSED_RADIUS)
            if self._hashes_only:
                region = picture if piece is None else picture.part(piece.left, piece.top, piece.right, piece.bottom)
                match = _hash_alone(reference, kind, matrix, near, pattern=is_pattern(region.grey))
            else:
                judged = judge(reference, picture, matrix, self._archived)
                if judged.decision is None:
                    continue
                if judged.found.share < PROVED_BY_HASH:
                    judged = judged._replace(decision="suspected")
                match = _as_match(reference, kind, judged, picture, near, 0)
            proved = proved or match.decision == "proved"
            _keep(found, match)
        return proved

    def _is_explained(self, picture: Picture, found: dict[str, CopyMatch]) -> bool:
        """Whether proved copies cover the picture, and each piece that may be one, so that nothing is left to look for.
        Cells that are not parted are no pieces: one of four that was found says nothing of the others."""
        proved = [match for match in found.values() if match.decision == "proved"]
        if not proved or not picture.pieces:
            return False
        regions = [np.array(match.query_quad) for match in proved]
        return sum(geometry.area(region) for region in regions) >= EXPLAINED and all(
            any(_overlap(piece, region) > 0.8 for region in regions)
            for piece in picture.pieces
            if _is_cell(piece) and not any(_within(piece, region) for region in regions) and _is_leaf(piece, picture)
        )

    def _by_points(self, picture: Picture, pieces: list[Piece], found: dict[str, CopyMatch]) -> None:
        corners = corners_of(picture, QUERY_POINTS, QUERY_DECAY, QUERY_LONGEST)
        views = [_View(corners.points(), picture)]
        cells = [piece for piece in pieces if _is_cell(piece) and _is_leaf(piece, picture)]
        if sum(_area(piece) for piece in cells) < 0.9 or len(cells) >= 3:
            views += [_view(picture, piece) for piece in cells]
        before = len(found)
        near: list[int] = []
        for view in views:
            alike = [] if self._embedded is None else self._embedded.propose(view.part.colour, EMBEDDED)
            near += alike
            self._fit_and_prove(picture, view, found, self._proposed(view.points), near=alike)
        if len(found) == before:
            view = _mirrored(picture, corners)
            proposed = self._proposed(view.points)
            self._fit_and_prove(picture, view, found, proposed, mirrored=True, near=near[:EMBEDDED])

    def _proposed(self, points: Points, most: int = PROPOSED) -> list[int]:
        assert self._proposer is not None
        return self._proposer.propose(points, most)

    def _fit_and_prove(
        self,
        picture: Picture,
        view: _View,
        found: dict[str, CopyMatch],
        proposed: Sequence[int],
        *,
        mirrored: bool = False,
        near: Sequence[int] = (),
        in_vain: int = IN_VAIN,
    ) -> None:
        """Fit and prove what is proposed, until ``in_vain`` in a row are none; first those that a model finds ``near``,
        which get a closer look."""
        vain = 0
        for number in dict.fromkeys((*near, *proposed)):
            reference = self.references[number]
            if (old := found.get(reference.name)) is not None and old.decision == "proved":
                continue
            match = self._fitted(reference, picture, view, mirrored=mirrored, closer=number in near)
            if match is not None:
                _keep(found, match)
            elif number not in near:
                vain += 1
                if vain >= in_vain:
                    return

    def _fitted(
        self, reference: Reference, picture: Picture, view: _View, *, mirrored: bool, closer: bool
    ) -> CopyMatch | None:
        """What the points of a reference come to. Where a few of them agree and too few to prove it, and with
        ``closer`` where none do, more points of the archived picture are compared."""
        size = Size(picture.width, picture.height)
        fitted = fit(view.points, size, reference.points, reference.size)
        match = None if fitted is None else self._prove(reference, picture, view, fitted, mirrored=mirrored)
        if match is not None or reference.piece_hashes or not (closer or fitted is not None):
            return match
        if (archived := self._archived.picture(reference.name)) is None:
            return None
        more = points_of(archived, MORE_POINTS, DECAY, LONGEST)
        fitted = fit(view.points, size, more, Size(archived.width, archived.height))
        return None if fitted is None else self._prove(reference, picture, view, fitted, mirrored=mirrored)

    def _prove(
        self, reference: Reference, picture: Picture, view: _View, fitted: Fit, *, mirrored: bool
    ) -> CopyMatch | None:
        if fitted.inliers < INLIERS or (fitted.inliers < MANY_INLIERS and fitted.density < DENSITY):
            return None
        judged = self._judged(reference, picture if view.box is not None else view.part, view, fitted.matrix)
        if judged.decision is None or (fitted.inliers < 2 * INLIERS and judged.found.corners < CORNERS):
            return None
        strength = 0.5 * judged.found.share + 0.5 * min(1.0, fitted.inliers / 60)
        if mirrored:
            judged = judged._replace(found=judged.found._replace(matrix=FLIPPED @ judged.found.matrix))
        return _as_match(reference, "geometry", judged, picture, strength, fitted.inliers)

    def _judged(self, reference: Reference, shown: Picture, view: _View, matrix: Matrix) -> Judged:
        """What the pixels prove. Of a reference of which a cell shows most, those of the cell alone may: what lies
        beside a cell that was cropped to fill it is another picture's."""
        judged = judge(reference, shown, matrix, self._archived)
        if judged.decision == "proved" or view.box is None:
            return judged
        inside = judge(reference, view.part, geometry.inverse(view.box) @ matrix, self._archived)
        shows = geometry.area(geometry.shown_part(inside.found.matrix))
        if inside.decision != "proved" or inside.found.share < PROVED_IN_CELL or shows < CELL_SHOWS:
            return judged
        return inside._replace(found=inside.found._replace(matrix=view.box @ inside.found.matrix))


def _mirrored(picture: Picture, corners: Corners) -> _View:
    """The picture as it is seen from behind."""
    return _View(corners.mirrored(), Picture(np.asarray(cv2.flip(picture.colour, 1), np.uint8)))


def _view(picture: Picture, piece: Piece) -> _View:
    sides = (piece.left, piece.top, piece.right, piece.bottom)
    points = part_points(picture, piece, PIECE_POINTS, QUERY_DECAY, PIECE_LONGEST)
    return _View(points, picture.part(*sides), geometry.boxed(*sides))


def _hash_alone(reference: Reference, kind: Proof, matrix: Matrix, near: float, *, pattern: bool) -> CopyMatch:
    quads = geometry.regions(matrix)
    mirrored = is_mirrored(matrix)
    return CopyMatch(
        reference.name,
        kind,
        "suspected" if pattern else "proved",
        ("mirrored",) if mirrored else (),
        round(near, 3),
        mirrored,
        0,
        0.0,
        *quads,
    )


def _as_match(
    reference: Reference, kind: Proof, judged: Judged, picture: Picture, strength: float, inliers: int
) -> CopyMatch:
    found = judged.found
    return CopyMatch(
        reference.name,
        kind,
        "proved" if judged.decision == "proved" else "suspected",
        edits_of(found.matrix, found, reference.colour, picture),
        round(strength, 3),
        is_mirrored(found.matrix),
        inliers,
        round(found.share, 3),
        *geometry.regions(found.matrix),
    )


def _keep(found: dict[str, CopyMatch], match: CopyMatch) -> None:
    """Of one reference the best: proved before suspected, then the stronger."""
    old = found.get(match.reference)
    if old is None or (match.decision, -match.strength) < (old.decision, -old.strength):
        found[match.reference] = match


def _area(piece: Piece) -> float:
    return (piece.right - piece.left) * (piece.bottom - piece.top)


def _is_cell(piece: Piece) -> bool:
    """Whether a piece may be a picture by itself."""
    return _area(piece) >= 0.03 and piece.hashes.quality >= MIN_QUALITY


def _is_leaf(piece: Piece, picture: Picture) -> bool:
    """Whether no smaller cell lies in it: of two that are nearly the same, the smaller one is a leaf."""
    smaller = picture.pieces[picture.pieces.index(piece) + 1 :]  # the largest come first
    return not any(_shared(other, piece) > 0.99 * _area(other) and _is_cell(other) for other in smaller)


def _shared(one: Piece, other: Piece) -> float:
    """The area that both cover."""
    wide = min(one.right, other.right) - max(one.left, other.left)
    tall = min(one.bottom, other.bottom) - max(one.top, other.top)
    return max(0.0, wide) * max(0.0, tall)


def _overlap(piece: Piece, region: npt.NDArray[np.float64]) -> float:
    """The share of a piece that lies in a convex region."""
    box = geometry.inverse(geometry.boxed(piece.left, piece.top, piece.right, piece.bottom))
    return geometry.area(geometry.clipped(geometry.moved(box, region)))


def _within(piece: Piece, region: npt.NDArray[np.float64]) -> bool:
    return _overlap(piece, region) > 0.9
