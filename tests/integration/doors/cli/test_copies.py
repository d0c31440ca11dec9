from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image
from tests.integration.doors.cli.test_contract import program
from tests.unit.detect.copies.models import model
from tests.unit.detect.copies.test_film_folders import shots
from tests.unit.fingerprints.test_video import film

from orbweaver_trials.bench.copies_edits import copy_of, jpeg
from orbweaver_trials.bench.copies_photos import drawn

FLIPPED = Image.Transpose.FLIP_LEFT_RIGHT


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    root = tmp_path_factory.mktemp("copies")
    held, asked = root / "held", root / "asked"
    held.mkdir()
    asked.mkdir()
    for number in range(3):
        (held / f"{number}.jpg").write_bytes(jpeg(drawn(number)))
    (held / "notes.txt").write_text("no picture")
    copy = copy_of("border", [drawn(2)], np.random.default_rng(1))
    (asked / "a-copy.jpg").write_bytes(jpeg(copy.image))
    (asked / "b-broken.jpg").write_bytes(jpeg(drawn(0))[:90])
    (asked / "c-other.png").write_bytes(jpeg(drawn(40)))
    return held, asked


def run(*words: str) -> tuple[int, list[dict[str, Any]], str]:
    done = CliRunner().invoke(program(), ["copies", "match", *words])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    lines = [json.loads(line) for line in done.stdout.splitlines()] if "--json" in words else []
    return done.exit_code, lines, done.stdout


def test_a_line_for_each_query_and_a_summary(folders: tuple[Path, Path]) -> None:
    held, asked = folders
    code, lines, _ = run("--references", str(held), "--queries", str(asked), "--json")
    copy, broken, other, last = lines
    assert code == 4
    assert (copy["query"], copy["error"], copy["gate"]) == (str(asked / "a-copy.jpg"), None, "points")
    (match,) = copy["matches"]
    assert match["reference"] == str(held / "2.jpg")
    assert (match["proof"], match["decision"], match["edits"]) == ("pieces", "proved", ["border"])
    assert len(match["query_quad"]) == len(match["reference_quad"]) == 4
    assert broken["error"] is not None
    assert broken["matches"] == []
    assert (other["error"], other["matches"], other["segments"]) == (None, [], [])
    assert last["summary"]["references"] == 3
    assert last["summary"]["bytes_per_reference"] < 16_000
    assert last["summary"]["model"] is None


def test_hashes_alone_and_a_table_for_people(folders: tuple[Path, Path]) -> None:
    held, asked = folders
    code, _, shown = run("--references", str(held), "--queries", str(asked), "--hashes-only")
    assert code == 4
    assert "3 references" in shown


def test_an_empty_folder_and_one_that_is_not_there_are_said(folders: tuple[Path, Path], tmp_path: Path) -> None:
    held, _ = folders
    assert run("--references", str(held), "--queries", str(tmp_path), "--json")[1][0]["error"] == "no_files"
    missing = run("--references", str(tmp_path), "--queries", str(tmp_path / "none"), "--json")
    assert (missing[0], missing[1][0]["error"]) == (4, "not_found")


def test_films_are_told_with_times_in_both_for_programs_and_for_people(tmp_path: Path) -> None:
    held, asked = tmp_path / "held", tmp_path / "asked"
    held.mkdir()
    asked.mkdir()
    (held / "film.mp4").write_bytes(film(shots(1), 1))
    (asked / "part.mp4").write_bytes(film([frame.transpose(FLIPPED) for frame in shots(1)[20:60]], 1))
    words = ("--references", str(held), "--queries", str(asked), "--hashes-only")
    code, (answer, last), _ = run(*words, "--json")
    assert code == 0
    assert (answer["error"], answer["gate"], answer["matches"]) == (None, "matched", [])
    (segment,) = answer["segments"]
    assert (segment["reference"], segment["mirrored"]) == (str(held / "film.mp4"), True)
    times = [segment[name] for name in ("query_start", "query_end", "reference_start", "reference_end", "speed")]
    assert times == pytest.approx([0.0, 4.0, 2.0, 6.0, 1.0], abs=0.5)
    assert last["summary"]["references"] == 1
    assert "mirrored" in run(*words)[2]


@pytest.mark.sweep
def test_a_model_is_named_in_the_summary_and_an_odd_one_is_refused(folders: tuple[Path, Path], tmp_path: Path) -> None:
    held, asked = folders
    good, odd = tmp_path / "pixels.onnx", tmp_path / "odd.onnx"
    good.write_bytes(model(of_bytes=True))
    odd.write_bytes(b"no model")
    words = ("--references", str(held), "--queries", str(asked), "--json")
    code, lines, _ = run(*words, "--model", str(good))
    assert code == 4
    assert lines[-1]["summary"]["model"] == "pixels.onnx"
    assert lines[-1]["summary"]["bytes_per_reference"] < 16_000
    assert [match["reference"] for match in lines[0]["matches"]] == [str(held / "2.jpg")]
    assert CliRunner().invoke(program(), ["copies", "match", *words, "--model", str(odd)]).exit_code != 0
    assert (
        CliRunner().invoke(program(), ["copies", "match", *words, "--hashes-only", "--model", str(good)]).exit_code == 2
    )


@pytest.mark.sweep
def test_several_folders_of_references_are_one_collection(folders: tuple[Path, Path], tmp_path: Path) -> None:
    held, asked = folders
    (tmp_path / "third.jpg").write_bytes(jpeg(drawn(40)))
    words = ("--references", str(held), "--references", str(tmp_path), "--queries", str(asked), "--json")
    _, (copy, _, other, last), _ = run(*words)
    assert last["summary"]["references"] == 4
    assert [match["reference"] for match in copy["matches"]] == [str(held / "2.jpg")]
    assert [match["reference"] for match in other["matches"]] == [str(tmp_path / "third.jpg")]
