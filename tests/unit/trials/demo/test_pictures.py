"""The demo's pictures stand in for photographs: distinct, rich enough to hash, recognisable after every edit."""

from __future__ import annotations

import itertools

import pytest

from orbweaver.fingerprints import Fingerprints, fingerprint
from orbweaver_trials.demo.films import CLIP, SCENE_S, made, showing
from orbweaver_trials.demo.pictures import EDITS, SAMPLE, edited

SEEDS = (SAMPLE, *range(1, 13))
RADIUS = 31


def bits(one: bytes, other: bytes) -> int:
    return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).bit_count()


@pytest.fixture(scope="module")
def originals() -> dict[int, Fingerprints]:
    return {seed: fingerprint(edited(seed)) for seed in SEEDS}


def test_the_same_seed_gives_the_same_file() -> None:
    assert edited(7) == edited(7)


def test_every_picture_is_good_enough_to_match_on(originals: dict[int, Fingerprints]) -> None:
    assert min(prints.pdq_quality or 0 for prints in originals.values()) >= 80


def test_two_pictures_never_look_alike(originals: dict[int, Fingerprints]) -> None:
    pairs = itertools.combinations((prints.pdq or b"" for prints in originals.values()), 2)
    assert min(bits(*pair) for pair in pairs) > 2 * RADIUS


@pytest.mark.sampled(2)
@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_changes_the_bytes_and_stays_within_the_radius(edit: str, originals: dict[int, Fingerprints]) -> None:
    for seed, original in originals.items():
        prints = fingerprint(edited(seed, edit))
        assert prints.error is None
        assert (prints.sha256 == original.sha256) is (edit == "copy")
        assert min(bits(original.pdq or b"", turned) for turned in prints.dihedral) <= RADIUS


def test_a_film_shows_its_picture_in_the_middle_alone(originals: dict[int, Fingerprints]) -> None:
    prints = fingerprint(made(12, CLIP))
    assert bits(prints.pdq or b"", originals[12].pdq or b"") > 2 * RADIUS
    shows = [frame.time_s for frame in prints.frames if bits(frame.pdq, originals[12].pdq or b"") <= RADIUS]
    assert shows
    assert all(2 * SCENE_S <= each < 3 * SCENE_S for each in shows)
    assert len(showing(12, CLIP)) == len(shows)


def test_only_mirroring_needs_the_turned_hashes(originals: dict[int, Fingerprints]) -> None:
    mirrored = fingerprint(edited(3, "mirrored"))
    assert bits(mirrored.pdq or b"", originals[3].pdq or b"") > RADIUS
