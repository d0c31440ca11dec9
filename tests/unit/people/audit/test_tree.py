"""The tree over the log, held against the vectors that implementations of RFC 6962 share, and against itself."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orbweaver.people.audit.tree import EMPTY, Growing, consistency, extends, includes, inclusion, leaf, root

# Of the reference implementation of Certificate Transparency (merkle_tree_test): eight entries, their roots and paths.
ENTRIES = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAVES = [leaf(entry) for entry in ENTRIES]


def changed(proof: Sequence[bytes], at: int) -> list[bytes]:
    return [bytes([each[0] ^ 1]) + each[1:] if number == at else each for number, each in enumerate(proof)]


def test_roots_are_those_of_the_standard() -> None:
    assert root([]) == EMPTY
    assert [root(LEAVES[:size]).hex() for size in range(1, 9)] == ROOTS


def test_paths_are_those_of_the_standard() -> None:
    assert [each.hex() for each in inclusion(LEAVES[:8], 5)] == [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]
    assert [each.hex() for each in consistency(LEAVES[:8], 6)] == [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]


@settings(max_examples=40)
@given(st.integers(1, 40), st.data())
def test_each_entry_is_shown_to_be_in_it_and_nothing_else_is(size: int, data: st.DataObject) -> None:
    leaves = [leaf(str(number).encode()) for number in range(size)]
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion(leaves, index)
    assert includes(leaves[index], index, size, proof, root(leaves))
    assert not includes(leaf(b"another"), index, size, proof, root(leaves))
    assert not includes(leaves[index], index, size, proof, root([*leaves, leaf(b"another")]))
    assert not includes(leaves[index], index, size, [*proof, EMPTY], root(leaves))
    assert not includes(leaves[index], size, size, proof, root(leaves))
    for at in range(len(proof)):
        assert not includes(leaves[index], index, size, changed(proof, at), root(leaves))


@settings(max_examples=40)
@given(st.integers(1, 40), st.data())
def test_a_log_that_only_grew_is_shown_to_and_a_rewritten_one_is_not(size: int, data: st.DataObject) -> None:
    leaves = [leaf(str(number).encode()) for number in range(size)]
    before = data.draw(st.integers(1, size))
    proof = consistency(leaves, before)
    was, now = root(leaves[:before]), root(leaves)
    assert extends(before, was, size, now, proof)
    assert not extends(before, was, size, now, [*proof, EMPTY])
    rewritten = [leaf(b"rewritten"), *leaves[1:]]
    assert not extends(before, was, size, root(rewritten), consistency(rewritten, before))
    for at in range(len(proof)):
        assert not extends(before, was, size, now, changed(proof, at))


@given(st.integers(0, 40), st.integers(0, 40))
def test_a_tree_goes_on_from_what_was_kept_of_it(first: int, more: int) -> None:
    leaves = [leaf(str(number).encode()) for number in range(first + more)]
    tree = Growing()
    for each in leaves[:first]:
        tree.add(each)
    again = Growing(tree.size, tree.peaks)
    for each in leaves[first:]:
        again.add(each)
    assert again.root == root(leaves)


def test_what_no_tree_leaves_is_refused() -> None:
    with pytest.raises(ValueError, match="peaks"):
        Growing(3, [EMPTY])
    with pytest.raises(IndexError):
        inclusion(LEAVES, 8)
    with pytest.raises(IndexError):
        consistency(LEAVES, 0)
