from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orbweaver.platform.network.onion import checksum_of, is_onion, is_valid_onion

# The Tor Project's own site, as it publishes it.
REAL = "2gzyxa5ihm7nsggfxnu52rck2vv4rvmdlkiu3zzui5du4xyclen53wid.onion"


@given(st.binary(min_size=32, max_size=32))
def test_every_key_with_its_checksum_is_a_service(key: bytes) -> None:
    name = base64.b32encode(key + checksum_of(key) + b"\x03").decode().lower()
    assert is_valid_onion(f"{name}.onion")
    assert is_valid_onion(f"www.{name.upper()}.onion.")


def test_one_wrong_character_makes_it_none_but_where_two_bytes_of_checksum_agree_by_chance() -> None:
    """One in 65,536 does: of the 1,736 names that differ from this one in a character, a single one."""
    letters = "abcdefghijklmnopqrstuvwxyz234567"
    wrong = {REAL[:place] + letter + REAL[place + 1 :] for place in range(56) for letter in letters} - {REAL}
    assert len(wrong) == 56 * 31
    assert [name[:8] for name in wrong if is_valid_onion(name)] == ["23zyxa5i"]


@pytest.mark.parametrize("host", ["onion", ".onion", "a.onion", "0" * 56 + ".onion", REAL.replace(".onion", ".org")])
def test_what_only_looks_like_one_is_none(host: str) -> None:
    assert not is_valid_onion(host)


@pytest.mark.parametrize(
    ("host", "yes"), [(REAL, True), ("A.ONION.", True), ("onion", False), ("a.onion.example", False)]
)
def test_a_host_of_the_tor_network_is_told_by_its_last_label(host: str, yes: bool) -> None:
    assert is_onion(host) is yes
