from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orbweaver.detect.hashlists.errors import BadRow
from orbweaver.detect.hashlists.rules import parse_hash, parse_row
from orbweaver.fingerprints.kinds import kinds


@given(st.sampled_from(sorted(kinds())), st.data())
def test_any_hash_survives_hexadecimal_in_both_cases(kind: str, data: st.DataObject) -> None:
    value = data.draw(st.binary(min_size=kinds()[kind].length, max_size=kinds()[kind].length))
    assert parse_hash(kind, value.hex()) == value
    assert parse_hash(kind, value.hex().upper()) == value


@given(st.sampled_from(sorted(kinds())), st.text(max_size=80))
def test_rubbish_is_a_bad_row_and_nothing_else(kind: str, text: str) -> None:
    try:
        value = parse_hash(kind, text)
    except BadRow:
        return
    assert len(value) == kinds()[kind].length


@given(st.dictionaries(st.sampled_from(["kind", "value", "classification", "identified", "baseline"]), st.text()))
def test_any_row_is_an_entry_or_a_bad_row(row: dict[str, str]) -> None:
    try:
        entry = parse_row(row, "somebody")
    except BadRow:
        return
    assert entry.source == "somebody"


def test_a_full_row() -> None:
    row = {
        "kind": "SHA-256",
        "value": "AB" * 32,
        "classification": "CSAM",
        "identified": "yes",
        "series": "Series 7",
        "source": "RCMP",
        "baseline": "yes",
    }
    entry = parse_row(row, "NCMEC")
    assert (entry.kind, entry.value, entry.classification) == ("sha256", b"\xab" * 32, "csam")
    assert (entry.identified, entry.series_name, entry.source, entry.baseline) == (
        "identified",
        "Series 7",
        "RCMP",
        True,
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": "crc32"}, "kind of hash"),
        ({"value": ""}, "empty"),
        ({"value": "abcd"}, "expected: 32"),
        ({"value": "zz" * 32}, "not hexadecimal digits"),
        ({"classification": "bad"}, "classification"),
        ({"identified": "maybe"}, "identified"),
        ({"baseline": "perhaps"}, "baseline"),
        ({"series": "x" * 201}, "200 characters"),
        ({"source": "a\x00b"}, "NUL"),
    ],
)
def test_each_fault_is_named(change: dict[str, str], words: str) -> None:
    row = {"kind": "sha256", "value": "00" * 32, "classification": "csam"} | change
    with pytest.raises(BadRow, match=words):
        parse_row(row, "NCMEC")
