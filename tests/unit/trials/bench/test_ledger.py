"""What a measured matching of a ledger is said to be."""

from __future__ import annotations

from typing import Any

from orbweaver_trials.bench.ledger import result_of


def found(cpu_of_two: float) -> dict[str, Any]:
    times = {"plain": 1.0, "one process": 4.0, "two processes": cpu_of_two}
    runs = [{"way": way, "seconds": cpu, "cpu_s": cpu, "leads": 9} for way, cpu in times.items()]
    return {"rows": 1_000, "entries": 10, "planted": 9, "runs": runs}


def test_two_processes_are_judged_by_the_processor_time_that_both_take() -> None:
    assert not any("missed" in note for note in result_of(found(4.4)).notes)
    assert any("missed" in note for note in result_of(found(4.5)).notes)
    figures = result_of(found(4.0)).figures
    assert (figures["ledger_two_times_by_processor"], figures["ledger_rows_per_core_s_plain"]) == (2.0, 1_000.0)
