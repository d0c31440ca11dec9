"""Held pictures that an item shows, edited: what proves it and where, and the held picture itself for a look.

Nothing of the held picture's own verdict is told: a copy is assessed by itself (R28).
"""

from __future__ import annotations

from dataclasses import dataclass

from orbweaver.assess.review.messages import NO_SUCH_COPY
from orbweaver.assess.review.models import ReviewItem
from orbweaver.detect.evidence.models import EvidenceObject
from orbweaver.detect.held.models import FoundCopy
from orbweaver.detect.matching.rules import Decision, quad_of
from orbweaver.detect.media.models import Media
from orbweaver.errors import InvalidInput
from orbweaver.fingerprints.turning import WHOLE, Quad

MOST = 24
"""Held pictures that are shown of one item, the best proved first: a collage of nine has fewer."""


@dataclass(frozen=True)
class CopyView:
    """A held picture in this one."""

    number: int
    proved: bool
    edits: list[str]
    """What was done to it, as codes for words."""
    mirrored: bool
    agreement: float
    """Percent of the compared blocks of pixels that agree."""
    query_quad: Quad
    reference_quad: Quad
    can_be_seen: bool
    """The held picture is archived still."""


def copies_in(media: Media) -> list[CopyView]:
    """The held pictures that a medium shows: what is proved first, then the strongest."""
    rows = FoundCopy.objects.filter(sha256=media.sha256).select_related("held__media__evidence")
    return [_view(row) for row in rows.order_by("decision", "-strength", "pk")[:MOST]]


def _view(row: FoundCopy) -> CopyView:
    return CopyView(
        number=row.pk,
        proved=row.decision == Decision.PROVED,
        edits=[f"edit_{each}" for each in row.edits],
        mirrored=row.mirrored,
        agreement=100 * row.agreement,
        query_quad=quad_of(row.query_quad) or WHOLE,
        reference_quad=quad_of(row.reference_quad) or WHOLE,
        can_be_seen=row.held.media.evidence is not None and row.held.media.evidence.erased_at is None,
    )


def copy_in(item: ReviewItem, number: int) -> tuple[CopyView, EvidenceObject]:
    """One of them and the held picture in the archive. Raises InvalidInput where the item shows no such one."""
    row = FoundCopy.objects.filter(pk=number, sha256=item.media.sha256).select_related("held__media__evidence").first()
    if row is None or row.held.media.evidence is None:
        raise InvalidInput(NO_SUCH_COPY)
    return _view(row), row.held.media.evidence
