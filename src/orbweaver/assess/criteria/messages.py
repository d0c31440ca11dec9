"""What this room tells people: each message once, with its code."""

from __future__ import annotations

from orbweaver.errors import Message

NOT_TOML = Message("criteria.not_toml", "The criteria are not valid TOML: %(error)s. Nothing was changed.")
NO_SUCH_VERSION = Message("criteria.no_such_version", "There is no such version of the criteria.")
NOT_A_CHILD = Message(
    "criteria.not_a_child",
    "A child is under 18: give an age from 0 to 17, or answer that no child is depicted.",
)
CATEGORY_MISSING = Message("criteria.category_missing", "Choose a category: both questions were answered yes.")
AGE_MISSING = Message(
    "criteria.age_missing",
    "Estimate the age of the youngest child: a least and a greatest age in years.",
)
AGES_SWAPPED = Message("criteria.ages_swapped", "The least age is above the greatest.")
OTHERS_YOUNGER = Message(
    "criteria.others_younger",
    "Another child is said to be in a younger class than the youngest: the youngest governs, so estimate that child.",
)
UNKNOWN_SCHEME = Message("criteria.unknown_scheme", "There is no mapping to this scheme. Known: %(known)s.")
UNUSABLE = Message(
    "criteria.unusable",
    "The criteria cannot be used; nothing was changed. Put right:\n%(problems)s",
)
LACKING = Message(
    "criteria.lacking",
    "%(text)s",
)
