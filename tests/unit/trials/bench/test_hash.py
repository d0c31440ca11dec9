"""The hash benchmark reports what was measured, for people and for programs."""

from __future__ import annotations

import io
import json

import pytest
from PIL import Image
from rich.console import Console
from typer.testing import CliRunner

from orbweaver_trials.bench import hash as bench_hash
from orbweaver_trials.bench import photos
from orbweaver_trials.bench.cli import app
from orbweaver_trials.bench.result import BenchResult, PeersMissing, Timing, merged, peer

RATIOS = {f"{name}_{size}" for name in ("vs_threatexchange", "vs_decode_limit") for size in ("1mp", "2mp", "4mp")}


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same benchmark on pictures of a hundredth of the size."""
    sizes = {"1mp": (116, 88), "2mp": (164, 120), "4mp": (232, 172)}
    monkeypatch.setattr(photos, "SIZES", sizes)
    monkeypatch.setattr(bench_hash, "SIZES", sizes)


@pytest.mark.sweep
@pytest.mark.usefixtures("small")
def test_every_ratio_and_every_method_is_reported() -> None:
    said: list[str] = []
    result = bench_hash.run_hash(True, said.append)
    assert set(result.ratios) >= RATIOS
    assert all(value > 0 for value in result.ratios.values())
    assert {row["method"] for row in result.rows} >= {"orbweaver", "threatexchange", "decode 1/8 only"}
    assert len(result.rows) == 15
    assert {"bits_off_mean_1mp", "bits_off_max_4mp", "quality_off_max_2mp"} <= set(result.figures)
    assert {"cpu", "cores", "threatexchange", "simplejpeg"} <= set(result.machine)
    assert len(said) == 6


@pytest.mark.sweep
@pytest.mark.usefixtures("small")
def test_json_on_standard_output_is_one_object_alone() -> None:
    run = CliRunner().invoke(app, ["hash", "--quick", "--json"])
    assert run.exit_code == 0
    found = json.loads(run.stdout)
    assert set(found["ratios"]) >= RATIOS
    assert found["rows"]


def test_a_missed_goal_is_said() -> None:
    result = BenchResult("x", ratios=dict.fromkeys(bench_hash.GOALS | bench_hash.LIMITS, 1.0))
    bench_hash.judge(result)
    assert sum(note.startswith("MISSED") for note in result.notes) == len(bench_hash.GOALS)


def test_the_photographs_are_of_the_sizes_they_are_named_after_and_always_the_same() -> None:
    one, other = photos.photographs("1mp", 2), photos.photographs("1mp", 2)
    assert one == other
    assert one[0] != one[1]
    for data in one:
        with Image.open(io.BytesIO(data)) as image:
            assert image.size == (1152, 864)
        assert 0.15 < len(data) / (1152 * 864) < 0.35  # as camera JPEGs of these qualities


def test_a_peer_that_is_missing_says_how_to_get_it() -> None:
    with pytest.raises(PeersMissing, match=r"pip install 'orbweaver\[bench\]'"):
        peer("no_such_peer.inside")


def test_results_of_several_benchmarks_make_one() -> None:
    one = BenchResult("a", [{"x": 1}], {"r": 1.0}, {"f": 2.0}, {"cpu": "c"}, ["n"])
    other = BenchResult("b", [{"y": "z"}], {"s": 3.0}, {}, {"cpu": "c", "faiss": "1"}, [])
    whole = json.loads(merged([one, other]).to_json())
    assert whole["ratios"] == {"r": 1.0, "s": 3.0, "f": 2.0}
    assert whole["rows"] == [{"x": 1}, {"y": "z"}]
    assert whole["machine"] == {"cpu": "c", "faiss": "1"}


def test_tables_show_every_row() -> None:
    text = io.StringIO()
    result = BenchResult("t", [{"method": "ours", "ms": 1.234}, {"method": "theirs", "ms": 12345.6}, {"other": None}])
    result.render(Console(file=text, width=120))
    shown = text.getvalue()
    assert "1.23" in shown
    assert "12,346" in shown
    assert "other" in shown


def test_the_spread_is_the_middle_half_over_the_median() -> None:
    assert Timing((1.0, 2.0)).spread == 0.0
    assert Timing((1.0, 2.0, 3.0, 4.0, 5.0)).median == 3.0
    assert Timing((1.0, 2.0, 3.0, 4.0, 5.0)).spread == pytest.approx(1.0)
