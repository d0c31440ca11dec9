"""What a measured meeting of new entries with what was seen is said to be."""

from __future__ import annotations

import numpy as np

from orbweaver.index.seen import SeenRows, SeenStore
from orbweaver_trials.bench.seen import GOAL_ROWS, result_of
from orbweaver_trials.bench.seen_run import fill


class Kept(SeenStore):
    """Keeps rows in memory."""

    def __init__(self) -> None:
        self.rows: list[SeenRows] = []

    def append(self, rows: SeenRows) -> None:
        self.rows.append(rows)


def found(rows: int, seconds: float) -> dict[str, object]:
    one = {"entries": 1, "hit": 1, "seconds": seconds, "cpu_s": 3.0}
    return {"rows": rows, "hit": 1, "planted": 1, "memory_mb": 1.0, "appended_per_s": 1.0, "imports": [one]}


def test_the_goal_is_judged_by_what_was_measured_with_the_wait_of_the_worker() -> None:
    assert any("missed" in note for note in result_of(found(GOAL_ROWS, 51.0)).notes)
    assert not any("missed" in note for note in result_of(found(GOAL_ROWS, 49.0)).notes)
    assert not any("missed" in note for note in result_of(found(1_000, 100.0)).notes)
    figures = result_of(found(GOAL_ROWS, 49.0)).figures
    assert (figures["seen_recall"], figures["seen_within_s_1"]) == (1.0, 59.0)


def test_each_place_has_one_row_and_its_hash_is_known() -> None:
    store = Kept()
    planted = fill(store, 1_000, [7, 8, 9], np.random.default_rng(1))
    [rows] = store.rows
    for place, value in zip((7, 8, 9), planted, strict=True):
        [row] = rows[rows["place"] == place]
        assert row["pdq"].tobytes() == value.tobytes()
