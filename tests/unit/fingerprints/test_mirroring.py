"""What the crawler keeps of the eight hashes says all of them."""

from __future__ import annotations

from orbweaver.fingerprints import fingerprint
from orbweaver.fingerprints.mirroring import MIRRORED, eight_of


def test_the_eight_follow_from_four(photo_jpeg: bytes) -> None:
    eight = fingerprint(photo_jpeg).dihedral
    assert len(set(eight)) == 8
    assert eight_of(eight[0], [eight[place] for place in MIRRORED]) == eight
