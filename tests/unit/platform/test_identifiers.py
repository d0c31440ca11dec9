from __future__ import annotations

from orbweaver.platform.identifiers import ALPHABET, public_id, public_ids


def test_many_identifiers_look_like_single_ones_differ_and_sort_by_their_order() -> None:
    first, second = list(public_ids("hle", 3000)), list(public_ids("hle", 3000))
    assert len({*first, *second}) == 6000
    assert first == sorted(first)
    assert {len(each) for each in first} == {len(public_id("hle"))}
    assert all(each.startswith("hle_") and set(each[4:]) <= set(ALPHABET) for each in first)
