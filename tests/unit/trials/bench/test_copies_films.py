"""The benchmark of films draws what it says and counts what is right."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from orbweaver.detect.copies.films import HeldFilms
from orbweaver.detect.copies.segments import Segment
from orbweaver_trials.bench import copies_films as bench
from orbweaver_trials.bench import film_drawing as drawing
from orbweaver_trials.bench.result import BenchResult


def test_drawn_films_are_the_same_each_time_and_move() -> None:
    first, again = (drawing.filmed_scene(5, 0.4, 0.8) for _ in range(2))
    assert all(np.array_equal(one, other) for one, other in zip(first, again, strict=True))
    assert not np.array_equal(first[0], first[-1])


@pytest.mark.sweep
def test_compilations_of_held_films_are_judged_by_source_times_and_mirror(tmp_path: Path) -> None:
    frames = [drawing.filmed_scene(seed, 7.5, 0.3) for seed in (1, 2, 3)]
    held = HeldFilms("012", [bench._read(drawing.encoded(each)) for each in frames], tmp_path)
    result = BenchResult("Films")
    bench._judge_compilations(result, held, frames, 1)
    assert result.figures["segment_f1"] == 1.0
    assert result.figures["segment_false_sources"] == 0.0
    bench._judge_stills(result, held, frames)
    assert result.figures["still_recall"] >= 0.9
    assert result.figures["still_false"] == 0.0


def test_a_segment_is_right_only_within_two_seconds_and_of_the_same_mirror() -> None:
    part = bench.Part(1, 3.0, 7.0, 10.0, 14.0, False)
    near = Segment(1, 3.5, 7.5, 10.5, 14.5, False, 1.0, 40, 10.0, 1.0, 1.0)
    assert bench._right([near], [part]) == 1
    for wrong in (
        Segment(2, 3.5, 7.5, 10.5, 14.5, False, 1.0, 40, 10.0, 1.0, 1.0),
        Segment(1, 3.5, 9.5, 10.5, 14.5, False, 1.0, 40, 10.0, 1.0, 1.0),
        Segment(1, 3.5, 7.5, 13.5, 17.5, False, 1.0, 40, 10.0, 1.0, 1.0),
        Segment(1, 3.5, 7.5, 10.5, 14.5, True, 1.0, 40, 10.0, 1.0, 1.0),
    ):
        assert bench._right([wrong], [part]) == 0
    assert bench._right([near], [part, part]) == 1
