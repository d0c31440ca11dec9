from __future__ import annotations

from pathlib import Path

import pytest

from orbweaver.detect.hashlists.formats import format_named
from orbweaver.detect.hashlists.rules import parse_row
from orbweaver_trials.bench.import_run import write_file
from orbweaver_trials.bench.importing import GOAL_ROWS, result_of


def step(seconds: float) -> dict[str, float]:
    return {"seconds": seconds, "own_cpu_s": 10.0, "database_cpu_s": 20.0, "peak_mb": 100.0}


def test_the_figures_are_rows_a_second_and_the_processor_time_of_both_sides() -> None:
    found = result_of({"rows": 1_000_000, "import": step(50.0), "again": step(25.0), "export": step(10.0)})
    assert (found.figures["import_rows_per_s"], found.figures["import_cpu_s"]) == (20_000, 30)
    assert found.rows[0]["µs a row"] == pytest.approx(30)
    assert "150 s" in found.notes[0]
    missed = result_of({"rows": GOAL_ROWS, "import": step(601.0), "again": step(1.0), "export": step(1.0)})
    assert "missed" in missed.notes[-1]


def test_the_file_is_a_list_of_as_many_good_rows(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    write_file(path, 10)
    with path.open(encoding="utf-8", newline="") as file:
        kinds = [parse_row(row.cells, "NCMEC").kind for row in format_named("csv").read(file)]  # type: ignore[union-attr]
    assert kinds == (["md5", "sha1", "sha256", "pdq"] * 3)[:10]
