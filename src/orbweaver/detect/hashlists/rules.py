"""What a row of a hash list must look like. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from orbweaver.detect.hashlists.errors import BadRow
from orbweaver.detect.hashlists.messages import (
    SERIES_TOO_LONG,
    UNKNOWN_BASELINE,
    UNKNOWN_CLASSIFICATION,
    UNKNOWN_IDENTIFIED,
    UNKNOWN_KIND,
    VALUE_EMPTY,
    VALUE_HOLDS_BREAK,
    VALUE_HOLDS_HALF,
    VALUE_HOLDS_NUL,
    WITHDRAWN_THERE,
)
from orbweaver.fingerprints.errors import BadFingerprint
from orbweaver.fingerprints.kinds import kind_named, kinds

ALIASES = {"sha-1": "sha1", "sha-256": "sha256"}
"""Other ways to write the name of a kind of hash."""

CLASSIFICATIONS = frozenset(
    {"csam", "csam_related", "other_harmful", "unclassified", "known_good", "a1", "a2", "b1", "b2"}
)
"""Our categories, and NCMEC's A1 to B2 as its suppliers give them."""

GRAVEST_FIRST = ("csam", "a1", "a2", "b1", "b2", "csam_related", "other_harmful", "unclassified")
"""The categories as the criteria order them, with NCMEC's within ours: A1 to B2 are all of abuse."""


def gravity(classification: str) -> int:
    """Place of a classification among all, 0 the gravest; what is unknown comes last."""
    return GRAVEST_FIRST.index(classification) if classification in GRAVEST_FIRST else len(GRAVEST_FIRST)


IDENTIFIED_WORDS = {
    "identified": "identified", "yes": "identified", "true": "identified", "1": "identified",
    "unidentified": "unidentified", "no": "unidentified", "false": "unidentified", "0": "unidentified",
    "": "unidentified", "unknown": "unidentified",
}  # fmt: skip

TRUE_WORDS = frozenset({"1", "true", "yes", "baseline"})
FALSE_WORDS = frozenset({"", "0", "false", "no"})

COLUMNS = ("kind", "value", "classification", "identified", "series", "source", "baseline")
"""What a row says, by the names that files use."""

REQUIRED_COLUMNS = COLUMNS[:3]
"""A file with named columns that lacks one of these is no hash list."""


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One row that can be used; ``value`` holds the raw bytes of the hash."""

    kind: str
    value: bytes
    classification: str
    identified: str
    series_name: str
    source: str
    baseline: bool


def parse_row(row: Mapping[str, str], default_source: str) -> EntryRow:
    """The entry that a row describes. Raises BadRow with a reason that never repeats the hash."""
    if _text(row, "state").lower() == "withdrawn":
        raise BadRow(WITHDRAWN_THERE)  # the record of another hotline's list has those, too
    kind = parse_kind(_text(row, "kind"))
    classification = _text(row, "classification").lower()
    if classification not in CLASSIFICATIONS:
        raise BadRow(UNKNOWN_CLASSIFICATION.of(known=", ".join(sorted(CLASSIFICATIONS))))
    identified = IDENTIFIED_WORDS.get(_text(row, "identified").lower())
    if identified is None:
        raise BadRow(UNKNOWN_IDENTIFIED)
    baseline = _text(row, "baseline").lower()
    if baseline not in TRUE_WORDS | FALSE_WORDS:
        raise BadRow(UNKNOWN_BASELINE)
    series_name = _text(row, "series")
    source = _text(row, "source") or default_source
    if len(series_name) > 200 or len(source) > 200:
        raise BadRow(SERIES_TOO_LONG)
    value = parse_hash(kind, _text(row, "value"))
    return EntryRow(kind, value, classification, identified, series_name, source, baseline in TRUE_WORDS)


def parse_kind(text: str) -> str:
    """The name of a kind of hash that is installed. Raises BadRow."""
    name = ALIASES.get(text.lower(), text.lower())
    if name not in kinds():
        raise BadRow(UNKNOWN_KIND.of(known=", ".join(kinds())))
    return name


def parse_hash(kind: str, text: str) -> bytes:
    """The bytes of a hash of a kind, in hexadecimal digits or base64. Raises BadRow, never repeating the hash."""
    if not text:
        raise BadRow(VALUE_EMPTY)
    try:
        return kind_named(kind).parse(text)
    except BadFingerprint as error:
        raise BadRow(error.message) from None


def _text(row: Mapping[str, str], column: str) -> str:
    text = (row.get(column) or "").strip()
    if "\x00" in text:
        raise BadRow(VALUE_HOLDS_NUL.of(column=column))
    if "\n" in text or "\r" in text:
        raise BadRow(VALUE_HOLDS_BREAK.of(column=column))  # no format of lines could write it again
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise BadRow(VALUE_HOLDS_HALF.of(column=column))  # JSON can write one; UTF-8 and the database cannot
    return text
