"""What a row of a hash list must look like. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

from orbweaver.detect.hashlists.errors import BadRow
from orbweaver.detect.hashlists.messages import (
    ID_TOO_LONG,
    SERIES_TOO_LONG,
    TOO_MANY_HASHES,
    UNKNOWN_BASELINE,
    UNKNOWN_CLASSIFICATION,
    UNKNOWN_IDENTIFIED,
    UNKNOWN_KIND,
    UNKNOWN_MEDIA,
    UNKNOWN_TIME,
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


MOST_HASHES = 10_000
"""Hashes of one row; a video of hours has fewer frames that count."""


def gravity(classification: str) -> int:
    """Rank of a classification among all, 0 the gravest; what is unknown comes last."""
    return GRAVEST_FIRST.index(classification) if classification in GRAVEST_FIRST else len(GRAVEST_FIRST)


IDENTIFIED_WORDS = {
    "identified": "identified", "yes": "identified", "true": "identified", "1": "identified",
    "unidentified": "unidentified", "no": "unidentified", "false": "unidentified", "0": "unidentified",
    "": "unidentified", "unknown": "unidentified",
}  # fmt: skip

TRUE_WORDS = frozenset({"1", "true", "yes", "baseline"})
FALSE_WORDS = frozenset({"", "0", "false", "no"})

COLUMNS = (
    "kind", "value", "classification", "identified", "series", "source", "baseline", "id", "member", "media", "time",
)  # fmt: skip
"""What a row says, by the names that files use. Rows with the same ``id`` (and ``member``) are one entry; ``media`` is
image or video; ``time`` stands beside the hash of a frame of a film, in seconds."""

STATED_COLUMNS = ("state", "history")
"""What exports say besides: an entry's state here, and each change of it with when, by whom and why, so that a dispute
has its outcome there. Other lists have states of their own, so reading passes over it."""

REQUIRED_COLUMNS = COLUMNS[:3]
"""A file with named columns that lacks one of these is no hash list."""


STRONGEST_FIRST = ("sha256", "sha1", "md5", "pdq")
"""By which of its hashes an entry is known that its supplier gave no name."""

MEDIA_WORDS = {"": "", "image": "image", "picture": "image", "photo": "image", "video": "video", "film": "video"}


class RowHash(NamedTuple):
    """One hash of a row; ``value`` holds its raw bytes, ``time_s`` where in a film its frame is, None for the whole."""

    kind: str
    value: bytes
    time_s: float | None = None


class EntryRow(NamedTuple):
    """One row that can be used: what is said of an entry, and one of its hashes (raw bytes) with those ``further``."""

    kind: str
    value: bytes
    classification: str
    identified: str
    series_name: str
    source: str
    baseline: bool
    supplier_id: str = ""
    member: str = ""
    media_type: str = ""
    time_s: float | None = None
    further: tuple[RowHash, ...] = ()

    @property
    def hashes(self) -> tuple[RowHash, ...]:
        """All its hashes."""
        return (RowHash(self.kind, self.value, self.time_s), *self.further)


def key_of(row: EntryRow) -> bytes:
    """What makes a row the same entry of a list: its supplier's name for it, else the strongest of its hashes."""
    if row.supplier_id:
        return key_of_name(row.member, row.supplier_id)
    kind, value = (row.kind, row.value) if not row.further else _strongest(row)
    return blake2b(kind.encode() + b"\0" + value, digest_size=16).digest()


def key_of_name(member: str, supplier_id: str) -> bytes:
    """The key of an entry that its supplier names."""
    return blake2b(f"id {member}\0{supplier_id}".encode(), digest_size=16).digest()


def _strongest(row: EntryRow) -> tuple[str, bytes]:
    def order(each: RowHash) -> tuple[int, str, bytes]:
        known = each.kind in STRONGEST_FIRST
        return STRONGEST_FIRST.index(each.kind) if known else len(STRONGEST_FIRST), each.kind, each.value

    first = min(row.hashes, key=order)
    return first.kind, first.value


def parse_row(row: Mapping[str, str], default_source: str, hashes: Sequence[tuple[str, str]] = ()) -> EntryRow:
    """The entry that a row describes. Raises BadRow with a reason that never repeats the hash.

    ``hashes`` are the kinds and values of a row that holds several; without them, its columns ``kind`` and ``value``
    are read.
    """
    if len(hashes) > MOST_HASHES:
        raise BadRow(TOO_MANY_HASHES.of(most=MOST_HASHES))
    # without blanks at the ends, as what is said is remembered: endless ones would be, too
    described = _described(*[(row.get(name) or "").strip() for name in DESCRIBING], default_source)
    supplier_id, member = _text(row, "id"), _text(row, "member")
    if len(supplier_id) > 200 or len(member) > 200:
        raise BadRow(ID_TOO_LONG)
    if hashes:
        found = [RowHash(known := parse_kind(kind), parse_hash(known, value)) for kind, value in hashes]
        first, further, time_s = found[0], tuple(found[1:]), None
    else:
        kind = parse_kind(_text(row, "kind"))
        first, further, time_s = RowHash(kind, parse_hash(kind, _text(row, "value"))), (), _time(_text(row, "time"))
    return EntryRow(first.kind, first.value, *described[:5], supplier_id, member, described[5], time_s, further)


DESCRIBING = ("state", "classification", "identified", "series", "source", "baseline", "media")
"""The columns that many rows have in common: what they say is worked out once."""


@lru_cache(maxsize=4096)
def _described(
    state: str, classification: str, identified: str, series: str, source: str, baseline: str, media: str, default: str
) -> tuple[str, str, str, str, bool, str]:
    """Classification, identified, series, source, baseline and type of media. Raises BadRow."""
    row = dict(zip(DESCRIBING, (state, classification, identified, series, source, baseline, media), strict=True))
    if _text(row, "state").lower() == "withdrawn":
        raise BadRow(WITHDRAWN_THERE)  # the record of another hotline's list has those, too
    category = _text(row, "classification").lower()
    if category not in CLASSIFICATIONS:
        raise BadRow(UNKNOWN_CLASSIFICATION.of(known=", ".join(sorted(CLASSIFICATIONS))))
    known = IDENTIFIED_WORDS.get(_text(row, "identified").lower())
    if known is None:
        raise BadRow(UNKNOWN_IDENTIFIED)
    word = _text(row, "baseline").lower()
    if word not in TRUE_WORDS | FALSE_WORDS:
        raise BadRow(UNKNOWN_BASELINE)
    media_type = MEDIA_WORDS.get(_text(row, "media").lower())
    if media_type is None:
        raise BadRow(UNKNOWN_MEDIA)
    series_name = _text(row, "series")
    said_source = _text(row, "source") or default
    if len(series_name) > 200 or len(said_source) > 200:
        raise BadRow(SERIES_TOO_LONG)
    return category, known, series_name, said_source, word in TRUE_WORDS, media_type


def _time(text: str) -> float | None:
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        raise BadRow(UNKNOWN_TIME) from None
    if not 0 <= seconds < 1e7:
        raise BadRow(UNKNOWN_TIME)
    return seconds


def parse_kind(text: str) -> str:
    """The name of a kind of hash that is installed. Raises BadRow."""
    name = text.lower()
    name = ALIASES.get(name, name)
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
    text = row.get(column)
    if not text:
        return ""
    text = text.strip()
    if text.isascii() and text.isprintable():
        return text
    if "\x00" in text:
        raise BadRow(VALUE_HOLDS_NUL.of(column=column))
    if "\n" in text or "\r" in text:
        raise BadRow(VALUE_HOLDS_BREAK.of(column=column))  # no format of lines could write it again
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise BadRow(VALUE_HOLDS_HALF.of(column=column))  # JSON can write one; UTF-8 and the database cannot
    return text
