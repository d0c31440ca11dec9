"""What can go wrong here."""

from __future__ import annotations

from orbweaver.errors import Conflict


class SuggestionDecided(Conflict):
    """Somebody accepted or refused it first; nothing was changed."""

    code = "suggestion_decided"


class ReferralTaken(Conflict):
    """Another liaison has this referral, or it was handed over."""

    code = "referral_taken"
