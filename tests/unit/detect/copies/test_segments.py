from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.unit.detect.copies.tracks import film, mirrored, scene

from orbweaver.detect.copies import segments
from orbweaver.detect.copies.film_index import FilmIndex
from orbweaver.detect.copies.filmed import Filmed
from orbweaver.detect.copies.segments import Segment, find_segments

SOURCES = [scene(seed, 40.0) for seed in range(4)]
HELD = [film(source) for source in SOURCES]


def found(query: Filmed, references: Sequence[Filmed], folder: Path) -> list[Segment]:
    return find_segments(query, references, FilmIndex.build(folder / "frames", references).propose(query))


def test_every_source_of_a_compilation_is_named_with_its_times(tmp_path: Path) -> None:
    parts = [SOURCES[2][50:120], scene(99, 5.0), SOURCES[0][200:260], SOURCES[2][300:340]]
    named = found(film(np.concatenate(parts), noise=0.15), HELD, tmp_path)
    assert [(each.reference, each.mirrored) for each in named] == [(2, False), (0, False), (2, False)]
    times = [(each.query_start, each.query_end, each.reference_start, each.reference_end) for each in named]
    expected = [(0.0, 7.0, 5.0, 12.0), (12.0, 18.0, 20.0, 26.0), (18.0, 22.0, 30.0, 34.0)]
    assert times == [pytest.approx(each, abs=0.5) for each in expected]


def test_a_mirrored_part_is_found_and_said_to_be_mirrored(tmp_path: Path) -> None:
    (segment,) = found(film(mirrored(SOURCES[1][100:180]), noise=0.15), HELD, tmp_path)
    assert (segment.reference, segment.mirrored) == (1, True)
    assert (segment.reference_start, segment.reference_end) == pytest.approx((10.0, 18.0), abs=0.5)


@pytest.mark.parametrize("speed", [0.8, 0.9, 1.1, 1.25])
def test_a_part_at_another_speed_is_found_with_its_speed(speed: float, tmp_path: Path) -> None:
    rows = np.round(np.arange(100) * speed + 60).astype(int)
    (segment,) = found(film(SOURCES[3][rows], noise=0.15), HELD, tmp_path)
    assert segment.reference == 3
    assert segment.speed == pytest.approx(speed, abs=0.03)
    assert (segment.reference_start, segment.reference_end) == pytest.approx((6.0, 6.0 + 10 * speed), abs=0.6)


def test_a_part_of_a_still_scene_is_placed_where_its_frames_are_nearest(tmp_path: Path) -> None:
    still = scene(7, 30.0, moves=0.04)
    (segment,) = found(film(still[150:220], noise=0.02), [*HELD, film(still)], tmp_path)
    assert (segment.reference_start, segment.reference_end) == pytest.approx((15.0, 22.0), abs=2.0)


def test_an_unrelated_film_has_no_source(tmp_path: Path) -> None:
    assert found(film(scene(50, 30.0)), HELD, tmp_path) == []


def test_one_frame_that_two_films_share_is_no_segment(tmp_path: Path) -> None:
    other = scene(51, 20.0)
    other[100] = SOURCES[0][100]
    assert found(film(other), HELD, tmp_path) == []


def test_frames_whose_pictures_differ_prove_nothing(tmp_path: Path) -> None:
    """Two patterns have hashes that are alike and pictures that are not."""
    query = film(SOURCES[0][50:150])
    other = np.random.default_rng(3).integers(0, 255, query.thumbs.shape).astype(np.uint8)
    assert found(query, HELD, tmp_path)
    assert found(query._replace(thumbs=other), HELD, tmp_path) == []


def test_frames_that_do_not_count_prove_nothing(tmp_path: Path) -> None:
    query = film(SOURCES[0][50:150])
    assert found(query._replace(counts=np.zeros(len(query.times), np.bool_)), HELD, tmp_path) == []


def test_of_two_takes_of_a_scene_the_nearer_one_is_the_source(tmp_path: Path) -> None:
    take = SOURCES[0] + 2.0 * np.random.default_rng(4).standard_normal((1, 256))
    named = found(film(SOURCES[0][100:200], noise=0.1), [film(SOURCES[0]), film(take)], tmp_path)
    assert [each.reference for each in named] == [0]


def test_a_copy_of_a_reference_is_named_beside_it(tmp_path: Path) -> None:
    copy = film(SOURCES[0], noise=0.1, seed=5)
    named = found(film(SOURCES[0][100:200], noise=0.1), [HELD[0], copy], tmp_path)
    assert sorted(each.reference for each in named) == [0, 1]


def test_an_empty_film_or_index_gives_nothing(tmp_path: Path) -> None:
    empty = film(np.zeros((0, 256)))
    assert found(empty, HELD, tmp_path) == []
    assert FilmIndex.build(tmp_path / "none", []).propose(HELD[0]) == []


def test_films_that_are_near_everywhere_and_agree_nowhere_cost_a_bounded_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "IN_VAIN", 3)
    query, tried = film(scene(90, 30.0)), []
    grown = segments._grown

    def counted(*arguments: Any) -> Any:
        tried.append(arguments)
        return grown(*arguments)

    monkeypatch.setattr(segments, "_grown", counted)
    proposals = [segments.Proposal(10 * at, 0, 10 * at, False, 30) for at in range(20)]
    assert find_segments(query, HELD, proposals) == []
    assert len(tried) == 3
