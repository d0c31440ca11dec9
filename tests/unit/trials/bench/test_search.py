from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

from orbweaver_trials.bench import contenders, crowded, search
from orbweaver_trials.bench.contenders import Hashes, Ours, Pairs, flat, multi_hash_11, multi_hash_16
from orbweaver_trials.bench.plot import Series, write_plot
from orbweaver_trials.bench.result import BenchResult

SIZE = 3_000


@pytest.fixture(scope="module")
def result() -> BenchResult:
    found = BenchResult("search")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "ROUND_S", 0.005)
        search._measure_size(found, SIZE, [multi_hash_16(), multi_hash_11(), flat()], lambda _: None)
    search._judge(found)
    return found


@pytest.mark.sweep
def test_every_method_has_a_row_with_the_same_recall(result: BenchResult) -> None:
    assert [row["method"] for row in result.rows] == [
        "orbweaver",
        "faiss MultiHash 16x1",
        "faiss MultiHash 11x2",
        "faiss Flat",
    ]
    assert {row["recall"] for row in result.rows} == {1.0}
    assert all(row["queries_s"] > 0 and row["build_clock_s"] > 0 for row in result.rows)


def test_ratios_and_figures_have_the_names_that_others_check(result: BenchResult) -> None:
    assert {"qps_vs_faiss_multihash_3k", "build_vs_faiss_multihash_3k"} <= set(result.ratios)
    assert {"bytes_per_entry_3k", "recall_3k", "qps_3k"} <= set(result.figures)
    assert search.short(1_000_000) == "1m"
    assert search.short(10_000_000) == "10m"


def test_half_of_the_queries_are_entries_with_0_to_31_bits_wrong() -> None:
    hashes, queries = search.data(500)
    bits, wanted = np.unpackbits(hashes, axis=1), np.unpackbits(queries[:128], axis=1)
    nearest = [int((bits ^ query).sum(axis=1).min()) for query in wanted]
    assert nearest[::2] == [number % 32 for number in range(64)]
    assert min(nearest[1::2]) > 60


class Wrong:
    """Finds what it is told to."""

    def __init__(self, name: str, pairs: list[tuple[int, int]]) -> None:
        self.name = name
        self.pairs = pairs

    def build(self, hashes: Hashes) -> contenders.Built:
        raise NotImplementedError

    def search(self, queries: Hashes) -> Pairs:
        table = np.array(self.pairs, dtype=np.int64).reshape(-1, 2)
        return table[:, 0], table[:, 1]

    def drop(self) -> None:
        raise NotImplementedError


def test_a_missed_or_a_false_pair_lowers_the_recall() -> None:
    truth = [(0, 5), (2, 7), (2, 9), (3, 1)]
    methods = [Wrong(Ours.name, truth[:3]), Wrong("false", [*truth, (3, 2)]), Wrong(search.FLAT, truth)]
    recalls = search._recalls(methods, np.zeros((4, 32), np.uint8))
    assert recalls == {Ours.name: 0.75, "false": 0.0, search.FLAT: 1.0}


def test_missed_goals_are_said() -> None:
    found = BenchResult(
        "search", ratios={"qps_vs_faiss_multihash_1m": 11.0}, figures={"bytes_per_entry_1m": 131.0, "recall_1m": 0.999}
    )
    search._judge(found)
    assert [note.split(":")[0] for note in found.notes if note.startswith("MISSED")] == [
        "MISSED qps_vs_faiss_multihash_1m",
        "MISSED bytes_per_entry_1m",
        "MISSED recall_1m",
    ]


def test_what_a_hundred_million_entries_miss_is_said() -> None:
    figures = {"qps_100m": 499.0, "bytes_per_entry_100m": 91.0, "open_s_100m": 1.2}
    found = BenchResult("search", figures=figures)
    search._judge(found)
    assert [note.split(":")[0] for note in found.notes if note.startswith("MISSED")] == [
        f"MISSED {name}" for name in figures
    ]
    met = BenchResult("search", figures={"qps_100m": 708.0, "bytes_per_entry_100m": 83.7, "open_s_100m": 0.04})
    search._judge(met)
    assert not any(note.startswith("MISSED") for note in met.notes)


def test_the_plot_is_an_svg_with_a_line_for_each_method_in_each_panel(tmp_path: Path) -> None:
    lines = [Series("ours & theirs", [(1e4, 2e5), (1e7, 8e3)]), Series("other", [(1e4, 10.0)])]
    write_plot(tmp_path / "plot.svg", [("Rate", lines), ("Memory", lines)], "Entries")
    root = ET.parse(tmp_path / "plot.svg").getroot()
    names = [element.tag.rpartition("}")[2] for element in root.iter()]
    assert names.count("polyline") == 4
    assert "ours & theirs" in [element.text for element in root.iter()]


def test_a_crowded_list_of_each_shape_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowded, "ENTRIES", 4_000)
    monkeypatch.setattr(crowded, "ROUNDS", 1)
    rows = crowded.measure_crowded()
    assert [row["list_of_1_m"] for row in rows] == list(crowded.SHAPES)
    assert all(row["ms_a_query"] > 0 and row["comparing_all_ms"] > 0 for row in rows)
    assert [row["results_a_query"] for row in rows[:2]] == [1, 1]
    assert rows[-1]["results_a_query"] == 1000
