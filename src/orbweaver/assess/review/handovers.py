"""What review hands over to the folders above it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orbweaver.platform.handover import HandOver

if TYPE_CHECKING:
    from orbweaver.assess.review.models import Verdict


@dataclass(frozen=True, slots=True)
class VerdictReached:
    """A new verdict. Until ``stands_from`` the last answer may be taken back, and the verdict goes with it."""

    verdict: Verdict
    stands_from: dt.datetime
    now: dt.datetime


@dataclass(frozen=True, slots=True)
class VerdictsIdentified:
    """Verdicts that stand, with what police say now in ``Verdict.identified``."""

    verdicts: Sequence[Verdict]
    now: dt.datetime


@dataclass(frozen=True, slots=True)
class VerdictWithdrawn:
    """A removal, and the verdict that replaces it: perhaps a removal of another kind, with a notice of its own."""

    verdict: Verdict
    replaced_by: Verdict
    now: dt.datetime


verdict_reached = HandOver("verdict reached", "An item is decided, by people or by the policy of R12.", VerdictReached)
verdicts_identified = HandOver(
    "verdicts identified", "What police say of the child changed for these verdicts (R74).", VerdictsIdentified
)
verdict_withdrawn = HandOver(
    "verdict withdrawn", "A removal no longer stands: a review on request changed it (R70).", VerdictWithdrawn
)
