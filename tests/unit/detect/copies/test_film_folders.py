"""Films among references and queries: real ones, encoded and decoded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from tests.unit.fingerprints.test_animations import animated
from tests.unit.fingerprints.test_video import film

from orbweaver.detect.copies.decoding import Decoders
from orbweaver.detect.copies.film_folders import FilmMatcher
from orbweaver.detect.copies.folders import Collection, answers, collected
from orbweaver.detect.copies.matching import Matcher
from orbweaver.detect.copies.results import Answer
from orbweaver_trials.bench.copies_edits import jpeg
from orbweaver_trials.bench.copies_photos import drawn

Matchers = tuple[Matcher, FilmMatcher, Decoders]
SECONDS = 8
VIEW = (240, 180)


def shots(number: int) -> list[Image.Image]:
    """A camera that moves over a photograph, ten frames a second."""
    picture = drawn(number).resize((480, 360))
    count = SECONDS * 10
    corners = [(230 * at // count, 170 * (at * 2 % count) // count) for at in range(count)]
    return [picture.crop((left, top, left + VIEW[0], top + VIEW[1])) for left, top in corners]


@pytest.fixture(scope="module")
def decoders() -> Iterator[Decoders]:
    with Decoders(memory_mb=256) as decoders:
        yield decoders


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory, decoders: Decoders) -> Collection:
    folder = tmp_path_factory.mktemp("held")
    for number in (0, 1):
        (folder / f"{number}.mp4").write_bytes(film(shots(number), 1))
    (folder / "2.jpg").write_bytes(jpeg(drawn(2)))
    (folder / "broken.mp4").write_bytes(film(shots(0)[:5], 1)[:200])
    return collected(sorted(folder.iterdir()), decoders)


@pytest.fixture(scope="module")
def matchers(held: Collection) -> Matchers:
    return held.matcher(), held.films.matcher(), held.decoders


def asked(matchers: Matchers, folder: Path, name: str, body: bytes) -> Answer:
    (folder / name).write_bytes(body)
    matcher, films, decoders = matchers
    (answer,) = answers(matcher, films, [folder / name], decoders)
    return answer


def test_films_are_counted_once_and_a_broken_one_is_told(held: Collection) -> None:
    assert held.count == 3
    assert [Path(name).name for name in held.films.names] == ["0.mp4", "1.mp4"]
    assert [Path(name).name for name in held.errors] == ["broken.mp4"]


def test_a_compilation_names_its_sources_with_times(matchers: Matchers, tmp_path: Path) -> None:
    body = film([*shots(1)[20:60], *shots(7)[:30], *shots(0)[10:50]], 1)
    answer = asked(matchers, tmp_path, "query.mp4", body)
    assert answer.gate == "matched"
    assert [Path(each["reference"]).name for each in answer.segments] == ["1.mp4", "0.mp4"]
    times = [[each["query_start"], each["query_end"], each["reference_start"]] for each in answer.segments]
    assert times[0] == pytest.approx([0.0, 4.0, 2.0], abs=1.0)
    assert times[1] == pytest.approx([7.0, 11.0, 1.0], abs=1.0)


def test_an_unrelated_film_has_no_segments(matchers: Matchers, tmp_path: Path) -> None:
    answer = asked(matchers, tmp_path, "query.mp4", film(shots(8)[:40], 1))
    assert (answer.error, answer.gate, answer.segments) == (None, "hashes", [])


def test_a_still_and_an_edited_one_are_told_with_the_second_of_their_film(matchers: Matchers, tmp_path: Path) -> None:
    still = shots(1)[47].resize((480, 360))
    boxed = still.copy()
    boxed.paste((0, 0, 0), (20, 200, 260, 340))
    for name, picture in (("still.png", still), ("boxed.png", boxed)):
        picture.save(tmp_path / name)
        answer = asked(matchers, tmp_path, name, (tmp_path / name).read_bytes())
        (match,) = answer.matches
        assert Path(match.reference).name == "1.mp4"
        assert match.decision == "proved"
        assert match.time_s == pytest.approx(4.7, abs=1.0)


def test_a_picture_of_no_film_has_no_time(matchers: Matchers, tmp_path: Path) -> None:
    (match,) = asked(matchers, tmp_path, "copy.jpg", jpeg(drawn(2))).matches
    assert Path(match.reference).name == "2.jpg"
    assert match.time_s is None


@pytest.mark.sampled(1)
@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_a_crop_of_a_later_picture_of_an_animation_is_found_with_its_time(
    decoders: Decoders, tmp_path: Path, kind: str
) -> None:
    held = tmp_path / f"held.{kind.lower()}"
    held.write_bytes(animated([drawn(number).resize((480, 360)) for number in (0, 1, 2)], kind, 800))
    collection = collected([held], decoders)
    crop = drawn(2).resize((480, 360)).crop((60, 40, 420, 320))
    asked_of = (collection.matcher(), collection.films.matcher(), decoders)
    (match,) = asked(asked_of, tmp_path, "crop.jpg", jpeg(crop)).matches
    assert (Path(match.reference).name, match.decision) == (held.name, "proved")
    assert match.time_s == pytest.approx(1.6, abs=0.1)
    assert "crop" in match.edits


@pytest.mark.sampled(1)
@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_an_animation_is_searched_for_what_its_later_pictures_show(
    matchers: Matchers, tmp_path: Path, kind: str
) -> None:
    crop = drawn(2).crop((120, 90, 860, 650)).resize((480, 360))
    body = animated([drawn(31).resize((480, 360)), drawn(32).resize((480, 360)), crop], kind, 300)
    answer = asked(matchers, tmp_path, "query", body)
    assert [Path(match.reference).name for match in answer.matches] == ["2.jpg"]
    assert answer.matches[0].decision == "proved"


@pytest.mark.sweep
def test_the_time_of_an_answer_counts_decoding_and_not_what_is_loaded_once(
    held: Collection, tmp_path: Path, decoders: Decoders
) -> None:
    small, large = tmp_path / "small.jpg", tmp_path / "large.png"
    small.write_bytes(jpeg(drawn(9).resize((640, 480))))
    drawn(9).resize((4000, 3000)).save(large, compress_level=1)
    first, second, again = answers(held.matcher(), held.films.matcher(), [small, large, small], decoders)
    assert first.ms < 5 * again.ms
    assert second.ms > 2 * again.ms
