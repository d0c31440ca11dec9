from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from orbweaver.detect.copies.geometry import UNIT, area, as_quad, clipped, moved
from orbweaver.detect.copies.matching import Matcher
from orbweaver.detect.copies.picture import decoded
from orbweaver.detect.copies.references import Reference, reference_of
from orbweaver.detect.copies.results import Answer, CopyMatch
from orbweaver_trials.bench import copies_timed
from orbweaver_trials.bench.copies import Steps, checked, plot_of
from orbweaver_trials.bench.copies_crowd import Crowd
from orbweaver_trials.bench.copies_edits import ROWS, copy_of, jpeg
from orbweaver_trials.bench.copies_negatives import ALIKE, alike, negatives
from orbweaver_trials.bench.copies_photos import drawn, unlike

ORIGINALS = [drawn(number % 4) for number in range(9)]


@pytest.fixture(scope="module")
def held() -> list[Reference]:
    return [reference_of(str(number), decoded(jpeg(image))) for number, image in enumerate(ORIGINALS[:4])]


@pytest.mark.parametrize("row", ROWS)
def test_each_edit_says_where_the_original_is(row: str) -> None:
    copy = copy_of(row, ORIGINALS, np.random.default_rng(2))
    assert copy.names
    for _, place in copy.places:
        seen = clipped(moved(place, np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])))
        assert area(seen) > 0.05


def test_what_a_match_tells_is_right_where_its_region_and_all_edits_are() -> None:
    copy = copy_of("border", ORIGINALS, np.random.default_rng(2))
    ((_, place),) = copy.places
    region = as_quad(moved(place, UNIT))
    match = CopyMatch("1", "pieces", "proved", ("border", "recoloured"), query_quad=region)
    assert checked(match, copy, place) == (True, True)
    beside = as_quad(moved(place, UNIT) * [0.5, 1.0])
    assert checked(CopyMatch("1", "pieces", "proved", ("crop",), query_quad=beside), copy, place) == (False, False)


def test_what_is_made_up_is_the_same_each_time_and_its_own(held: list[Reference]) -> None:
    crowd = Crowd(held[:2], held[2:], 50)
    assert len(crowd) == 50
    assert crowd[1] is held[1]
    one, again, other = crowd[30], crowd[30], crowd[31]
    assert np.array_equal(one.kept.bits, again.kept.bits)
    assert np.bitwise_count(one.kept.bits ^ other.kept.bits).mean() > 2
    assert Matcher(crowd).match(decoded(jpeg(drawn(1))), Answer("")).matches[0].reference == "1"
    with pytest.raises(IndexError):
        crowd[50]


def test_negatives_are_of_all_kinds_and_the_same_by_their_numbers() -> None:
    found = list(negatives(ORIGINALS[:2], 24))
    assert set(ALIKE) < {each.kind for each in found}
    (again,) = negatives(ORIGINALS[:2], 1, 5)
    assert again.kind == found[5].kind
    assert np.array_equal(np.asarray(again.image), np.asarray(found[5].image))
    assert len(alike(ORIGINALS[:2], 1)) == len(ALIKE)


def test_a_picture_that_is_there_twice_is_no_negative_of_itself_and_another_of_its_kind_stays() -> None:
    one, other = drawn(20), drawn(21)
    again = copy_of("resaved", [one], np.random.default_rng(3)).image
    assert unlike([one, again, other]) == [one, other]
    assert unlike([again, other], [one]) == [other]
    half = copy_of("crop_half", [one], np.random.default_rng(3)).image
    assert unlike([one, half]) == [one, half], "a part is no whole: what it proves is looked at"


def test_what_was_measured_is_not_measured_again(tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    assert Steps(path).step("a", lambda: 1) == 1
    assert Steps(path).step("a", lambda: 2) == 1
    assert Steps(path).step("b", lambda: 3) == 3


def test_what_is_timed_is_told_by_its_kind() -> None:
    queries = copies_timed.timed(ORIGINALS[:2])
    assert {kind: len(bodies) for kind, bodies in queries.items()} == {"pictures": 2, "pages": 2, "like_held": 6}
    assert decoded(queries["pages"][0]).pieces


def test_time_by_references_is_drawn(tmp_path: Path) -> None:
    plot_of({"ms_mean_1e3": 20.0, "ms_mean_1e4": 30.0, "model_ms_mean_1e3": None}, tmp_path / "plot.svg")
    assert "Milliseconds" in (tmp_path / "plot.svg").read_text("utf-8")
