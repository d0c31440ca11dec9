"""What matching says of a query. Plain data."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from orbweaver.detect.copies.geometry import Quad

Proof = Literal["hash", "pieces", "geometry"]
Decision = Literal["proved", "suspected"]
Gate = Literal["matched", "points", "flat", "tiny", "hashes", "none"]
"""How far a query went: its hash matched; its points were looked up; it is flat or too small for points; hashes alone
were asked for; it could not be read."""


@dataclass(frozen=True)
class CopyMatch:
    """A reference in a query, with the proof and both regions."""

    reference: str
    proof: Proof
    decision: Decision
    edits: tuple[str, ...] = ()
    strength: float = 0.0
    """0 to 1: how far beyond the least that proves it."""
    mirrored: bool = False
    inliers: int = 0
    agreement: float = 0.0
    """Share of the blocks with detail that agree; 0 where no pixels were compared."""
    query_quad: Quad = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
    reference_quad: Quad = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
    time_s: float | None = None
    """Seconds into the reference, where it is a film."""


@dataclass
class Answer:
    """All that is said of one query."""

    query: str
    error: str | None = None
    gate: Gate = "none"
    ms: float = 0.0
    """Milliseconds of processor time, decoding in its own process included; without what is loaded once."""
    matches: list[CopyMatch] = field(default_factory=list)
    segments: list[dict[str, Any]] = field(default_factory=list)
    """Sources of a film, with times in both."""

    def as_json(self) -> dict[str, Any]:
        """As the command prints it."""
        return asdict(self)
