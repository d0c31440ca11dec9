"""Results in a file: what is there is not scanned again, and nothing that is no result is written over."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from orbweaver.doors.cli.scanning.results import Results
from orbweaver.errors import Conflict, InvalidInput


def test_a_line_that_was_cut_off_is_taken_out_and_the_rest_is_counted(tmp_path: Path) -> None:
    path, counted = tmp_path / "results", list[Mapping[str, Any]]()
    with Results(path, counted.append) as results:
        results.add([{"path": "a"}, {"path": "caf\udce9"}, {"path": "c"}])
    path.write_bytes(path.read_bytes()[:-4])
    with Results(path, counted.append) as results:
        assert [each["path"] for each in counted] == ["a", "caf\udce9"]
        assert [results.has(name) for name in (b"a", b"caf\xe9", b"c")] == [True, True, False]
        results.add([{"path": "c"}])
    assert [json.loads(line)["path"] for line in path.read_text().splitlines()] == ["a", "caf\udce9", "c"]


def test_what_could_not_be_read_is_tried_again_and_counted_once(tmp_path: Path) -> None:
    path, counted = tmp_path / "results", list[str]()
    with Results(path, lambda each: counted.append(each["path"])) as results:
        results.add([
            {"path": "https://a.example/1.jpg", "sha256": None, "error": "timeout"},
            {"path": "b.jpg", "sha256": "00", "error": "damaged"},
        ])  # fmt: skip
    with Results(path, lambda each: counted.append(each["path"])) as results:
        assert counted == ["b.jpg"]
        assert not results.has(b"https://a.example/1.jpg")
        assert results.has(b"b.jpg")


def test_the_file_of_results_is_not_scanned_itself_by_whatever_name(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "results").write_bytes(b"another")
    with Results(tmp_path / "results", lambda _: None) as results:
        for name, itself in (("results", True), ("sub/../results", True), ("sub/results", False), ("none", False)):
            assert results.has(os.fsencode(tmp_path / name)) == itself
        assert not results.has(b"a.zip!results")


def test_two_scans_do_not_write_to_one_file(tmp_path: Path) -> None:
    with Results(tmp_path / "results", lambda _: None), pytest.raises(Conflict):
        Results(tmp_path / "results", lambda _: None)


@pytest.mark.parametrize("body", [b"a letter\n", b"[1]\n", b"{}\n"])
def test_a_file_of_something_else_is_left_as_it_is(tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "letter"
    path.write_bytes(body)
    with pytest.raises(InvalidInput):
        Results(path, lambda _: None)
    assert path.read_bytes() == body
    with pytest.raises(InvalidInput):
        Results(tmp_path, lambda _: None)
