from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.unit.detect.copies.tracks import film, mirrored, scene

from orbweaver.detect.copies.films import HeldFilms, as_json

INTRO = scene(70, 5.0)
SOURCES = [scene(seed, 40.0) for seed in range(60, 64)]


def test_an_opening_that_unrelated_films_share_is_no_source(tmp_path: Path) -> None:
    held = HeldFilms("abcd", [film(np.concatenate([INTRO, source])) for source in SOURCES], tmp_path)
    assert held.segments(film(np.concatenate([INTRO, scene(80, 20.0)]))) == []
    (segment,) = held.segments(film(np.concatenate([INTRO, SOURCES[2][100:200]]), noise=0.1))
    assert held.names[segment.reference] == "c"
    assert segment.reference_start == pytest.approx(15.0, abs=1.0)


def test_a_card_that_three_films_show_somewhere_is_no_source(tmp_path: Path) -> None:
    films = [film(np.concatenate([source[:200], INTRO, source[200:]])) for source in SOURCES[:3]]
    held = HeldFilms("abc", films, tmp_path)
    assert held.segments(film(np.concatenate([scene(81, 20.0), INTRO, scene(82, 20.0)]))) == []


def test_a_card_that_stands_still_is_no_source_even_of_one_film(tmp_path: Path) -> None:
    card = np.repeat(scene(71, 0.1), 50, axis=0)
    held = HeldFilms("a", [film(np.concatenate([card, SOURCES[0]]))], tmp_path)
    query = film(np.concatenate([card, scene(86, 20.0)]), noise=0.02)
    assert held.segments(query), "a picture full of detail that stands still is a source"
    assert held.segments(query._replace(rich=np.zeros(len(query.times), np.bool_))) == []


def test_a_copy_of_a_held_film_takes_nothing_from_it(tmp_path: Path) -> None:
    copies = [film(SOURCES[0], noise=0.1, seed=seed) for seed in range(3)]
    held = HeldFilms("abc", copies, tmp_path)
    assert len(held.segments(film(SOURCES[0][50:150], noise=0.1, seed=9))) == 3


def test_a_clip_in_the_middle_of_a_held_compilation_is_still_found_in_its_source(tmp_path: Path) -> None:
    compilation = np.concatenate([scene(83, 20.0), SOURCES[1][150:250], scene(84, 20.0)])
    held = HeldFilms(["source", "compilation"], [film(SOURCES[1]), film(compilation)], tmp_path)
    segments = held.segments(film(SOURCES[1][160:240], noise=0.1))
    assert sorted(held.names[each.reference] for each in segments) == ["compilation", "source"]


@pytest.mark.parametrize("turned", [False, True])
def test_a_still_finds_its_moment_even_between_two_frames_that_are_kept(turned: bool, tmp_path: Path) -> None:
    held = HeldFilms("abcd", [film(source) for source in SOURCES], tmp_path)
    frame = (SOURCES[3][200:201] + SOURCES[3][201:202]) / 2
    (moment,) = held.moments(film(mirrored(frame) if turned else frame, noise=0.3))
    assert (moment.reference, moment.mirrored) == (3, turned)
    assert moment.time_s == pytest.approx(20.0, abs=1.0)


def test_a_still_of_no_held_film_has_no_moment(tmp_path: Path) -> None:
    held = HeldFilms("abcd", [film(source) for source in SOURCES], tmp_path)
    assert held.moments(film(scene(85, 0.1))) == []
    assert held.moments(film(np.zeros((0, 256)))) == []


def test_a_still_whose_picture_differs_has_no_moment(tmp_path: Path) -> None:
    held = HeldFilms("abcd", [film(source) for source in SOURCES], tmp_path)
    still = film(SOURCES[0][200:201])
    other = np.random.default_rng(1).integers(0, 255, still.thumbs.shape).astype(np.uint8)
    assert held.moments(still)
    assert held.moments(still._replace(thumbs=other)) == []


def test_a_segment_is_told_with_its_name_and_times(tmp_path: Path) -> None:
    held = HeldFilms(["a.mp4"], [film(SOURCES[0])], tmp_path)
    (segment,) = held.segments(film(SOURCES[0][100:200]))
    told = as_json(segment, held.names)
    assert list(told) == [
        "reference", "query_start", "query_end", "reference_start", "reference_end", "mirrored", "speed",
    ]  # fmt: skip
    assert told["reference"] == "a.mp4"
    assert told["mirrored"] is False
    times = [told[name] for name in ("query_start", "query_end", "reference_start", "reference_end", "speed")]
    assert times == pytest.approx([0.0, 10.0, 10.0, 20.0, 1.0], abs=0.2)
