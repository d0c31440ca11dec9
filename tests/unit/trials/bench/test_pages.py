"""What measured pages are said to be."""

from __future__ import annotations

from typing import Any

from orbweaver.doors.web.frame.queries import Asked
from orbweaver_trials.bench.pages import GOAL_MS, result_of
from orbweaver_trials.bench.pages_visits import QUERIES


def found(*pages: tuple[str, int, float]) -> dict[str, Any]:
    rows = [
        {
            "page": name,
            "role": "analyst",
            "status": status,
            "is_file": name == "file",
            "p50": p95 / 2,
            "p95": p95,
            "queries": 7,
            "kB": 9.0,
        }
        for name, status, p95 in pages
    ]
    counts = {"items": 10, "notices": 5}
    work = {"items": 1, "looks": 1, "refused": 0}
    return {"pages": rows, "without": [], "counts": counts, "filled_s": 1.0, "work": work}


def test_the_slowest_page_is_named_and_judged() -> None:
    slow = result_of(found(("queue", 200, GOAL_MS - 1), ("notices", 200, GOAL_MS + 1)))
    assert (slow.as_dict()["p95_ms"], slow.as_dict()["slowest"]) == (GOAL_MS + 1, "notices (analyst)")
    assert any("Goal missed: 1 " in note for note in slow.notes)
    quick = result_of(found(("queue", 200, GOAL_MS), ("file", 200, 10 * GOAL_MS)))
    assert quick.as_dict()["slowest"] == "queue (analyst)", "a file is as large as what it holds"
    assert not any("missed" in note for note in quick.notes)


def test_a_page_that_fails_is_said_and_is_not_quick() -> None:
    result = result_of(found(("queue", 200, 50.0), ("notices", 500, 2_000.0), ("queue-next", 405, 1.0)))
    assert [row["page"] for row in result.rows] == ["queue"]
    [wrong] = [note for note in result.notes if note.startswith("Not answered")]
    assert "notices (analyst): 500" in wrong
    assert "queue-next" not in wrong


def test_what_stands_at_the_foot_of_a_page_says_how_often_it_asked() -> None:
    foot = str(Asked({"SELECT 1": (3, 0.1), "SELECT 2": (4, 0.1)}).foot())
    found = QUERIES.search(foot)
    assert found is not None
    assert int(found[1]) == 7
