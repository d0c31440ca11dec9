"""What clients choose from: reasons for a dispute, and categorizations of entries. Their numbers never change."""

from __future__ import annotations

import uuid
from typing import Final

from orbweaver.detect.hashlists.models import HashListEntry

_NUMBERS: Final = uuid.UUID("8d1f4a52-6a1e-5c39-9b0e-2f7a1c0d5e61")

REASONS: Final = (
    "Not child sexual abuse material",
    "Wrong classification",
    "Hash of unrelated files",
    "Person known to be an adult",
)
GROUPS: Final = {
    "Category": (False, {"csam": "CSAM", "csam_related": "CSAM-related", "other_harmful": "Other harmful"}),
    "Identification": (False, {"identified": "Identified", "unidentified": "Not known to be identified"}),
    "Source": (True, {"baseline": "Interpol baseline"}),
}
"""Groups of categorizations: whether an entry may have several, and their names by our words."""


def number_of(name: str) -> str:
    """The number of a reason or categorization."""
    return str(uuid.uuid5(_NUMBERS, name))


REASON_NAMES: Final = {number_of(name): name for name in REASONS}


def categorizations_of(entry: HashListEntry) -> list[str]:
    """The names of those that an entry has."""
    words = {entry.classification, entry.identified, "baseline" if entry.baseline else ""}
    return [name for _, names in GROUPS.values() for word, name in names.items() if word in words]
