"""Which hits count, and what suppresses them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from orbweaver.fingerprints.result import Region, StillPosition
from orbweaver.fingerprints.turning import Quad, corners_of, is_mirrored

EXACT_KINDS = frozenset({"md5", "sha1", "sha256"})
"""Kinds of hash that say that the bytes are the same."""


class Proof(StrEnum):
    """What shows that a file holds what is known: a hash of it as a whole, that of a piece of its picture, or pixels
    that agree with those of a held picture. The last two are of copies that somebody edited."""

    HASH = "hash"
    PIECES = "pieces"
    GEOMETRY = "geometry"


@dataclass(frozen=True, slots=True)
class Hit:
    """A hash of an entry that a look-up found. ``distance`` in bits, 0 for exact kinds; ``transform`` 0-7, 0: as it is.

    ``position``: which picture of the file is nearest; None where its bytes as a whole matched. ``piece``: the part
    of it that is, where it is no whole picture: an edited copy.
    """

    hash_id: int
    kind: str
    distance: int = 0
    transform: int = 0
    position: StillPosition | None = None
    piece: Region | None = None

    @property
    def is_exact(self) -> bool:
        """Whether the bytes themselves are on the list, not what looks alike."""
        return self.kind in EXACT_KINDS

    @property
    def order(self) -> tuple[bool, bool, int, int]:
        """The same bytes before what looks alike, whole pictures before pieces, then the nearest."""
        return (not self.is_exact, self.piece is not None, self.distance, self.hash_id)


@dataclass(frozen=True, slots=True)
class EntryHit:
    """All that one file and one entry have in common: one match, which says what is exact and what is near.

    ``hits`` in their ``order``; ``is_frame``: single frames of a film alone are hit.
    """

    hits: tuple[Hit, ...]
    is_frame: bool = False

    @property
    def kind(self) -> str:
        """The kind of hash that says most: an exact one, where there is one."""
        return self.hits[0].kind

    @property
    def distance(self) -> int:
        """In bits, of that hash."""
        return self.hits[0].distance

    @property
    def is_exact(self) -> bool:
        """Whether the bytes themselves are on the list."""
        return self.hits[0].is_exact

    @property
    def is_derived(self) -> bool:
        """Whether pieces alone are hit: an edited copy, which nothing but a person's look makes a match that counts."""
        return all(hit.piece is not None for hit in self.hits)

    @property
    def proof(self) -> Proof:
        """What shows it."""
        return Proof.PIECES if self.is_derived else Proof.HASH

    @property
    def quad(self) -> Quad | None:
        """Where in the file's picture the known one lies; None where it is all of it."""
        near = self.near
        return None if near is None or near.piece is None else corners_of(near.piece, near.transform)

    @property
    def mirrored(self) -> bool:
        """Whether its picture is a mirrored one."""
        return self.near is not None and is_mirrored(self.near.transform)

    @property
    def near(self) -> Hit | None:
        """The nearest hash that tells of looks, None where only the bytes are known."""
        return next((hit for hit in self.hits if not hit.is_exact), None)

    @property
    def position(self) -> StillPosition | None:
        """Which picture of the file matched; None where its bytes as a whole did."""
        return self.hits[0].position

    @property
    def distances(self) -> dict[str, int]:
        """Each kind of hash that is hit, what says most first, with its least distance."""
        return {hit.kind: hit.distance for hit in reversed(self.hits)}


def sides_of(quad: Quad | None) -> list[float] | None:
    """Corners as they are kept: x and y of each, one after the other."""
    return None if quad is None else [side for corner in quad for side in corner]


def quad_of(sides: Sequence[float] | None) -> Quad | None:
    """The corners that were kept so."""
    if sides is None:
        return None
    first, second, third, fourth = zip(sides[::2], sides[1::2], strict=True)
    return first, second, third, fourth


class Decision(StrEnum):
    """Whether pixels prove that a file shows a held picture, or a person should look whether it does."""

    PROVED = "proved"
    SUSPECTED = "suspected"


@dataclass(frozen=True, slots=True)
class SeenCopy:
    """A held picture (by the number of its medium) that a file shows, edited; see ``held.models.FoundCopy``."""

    media_id: int
    decision: Decision
    query_quad: Quad | None
    reference_quad: Quad | None
    mirrored: bool
    edits: tuple[str, ...]
    agreement: float


@dataclass(frozen=True, slots=True)
class ListTerms:
    """What matters of the list that a hash is on: ``radius`` of None means the installation's."""

    known_good: bool
    radius: int | None
    searchable: bool


def counting_hits(hits: Sequence[Hit], terms: dict[int, ListTerms], default_radius: int) -> list[Hit]:
    """The hits that are suspected matches: on a list of known material, not withdrawn, within the list's radius."""
    return [
        hit
        for hit in hits
        if (found := terms.get(hit.hash_id)) is not None
        and found.searchable
        and not found.known_good
        and (hit.kind != "pdq" or hit.distance <= (default_radius if found.radius is None else found.radius))
    ]


def is_known_good(hits: Sequence[Hit], terms: dict[int, ListTerms]) -> bool:
    """Whether a "known good" entry suppresses: by the SHA-256 of the same bytes alone, never within a radius."""
    return any(
        hit.kind == "sha256" and (found := terms.get(hit.hash_id)) is not None and found.known_good and found.searchable
        for hit in hits
    )


def is_one_film(alike: int, one: int, other: int) -> bool:
    """Whether two films of ``one`` and ``other`` pictures, ``alike`` of which are near in both, are one: more than half
    of the shorter."""
    return 2 * alike > min(one, other)


def frames_agree(alike: int, one: int, other: int) -> bool:
    """Whether pictures that two films share say that they are one. One alone may be what a service puts before all."""
    return alike > 1 and is_one_film(alike, one, other)
