"""The plot of a long crawl's memory, and whether it grows."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest

from orbweaver_trials.bench.memory import Sample, draw, growth_mb, read_samples


def hour(mb_per_hour: float) -> list[Sample]:
    """An hour that begins with a steep climb and then goes on like this."""
    return [Sample(s, int(s * 1000), 300.0 if s < 60 else 600 + mb_per_hour * s / 3600) for s in range(0, 3601, 3)]


@pytest.mark.parametrize("slope", [0.0, 40.0, -12.0])
def test_growth_is_counted_after_the_start(slope: float) -> None:
    assert growth_mb(hour(slope)) == pytest.approx(slope * 0.45, abs=0.1)


def test_what_falls_for_a_while_has_not_grown() -> None:
    shared = [replace(each, mb=520.0) if 800 < each.s < 1500 else each for each in hour(0.0)]
    assert growth_mb(shared) == 0.0


def test_one_sample_has_no_growth() -> None:
    assert growth_mb([Sample(5.0, 1, 300.0)]) == 0.0


def test_samples_are_read_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "samples.jsonl"
    path.write_text("".join(json.dumps({"s": s, "images": s * 3, "mb": 1.5}) + "\n" for s in range(3)))
    assert read_samples(path) == [Sample(s, s * 3, 1.5) for s in range(3)]


@pytest.mark.parametrize("samples", [hour(40.0), [Sample(2.0, 1, 300.0), Sample(4.0, 5, 310.0)]])
def test_the_plot_is_whole_and_says_in_words_what_it_shows(samples: list[Sample]) -> None:
    drawn = ET.fromstring(draw(samples))
    title = drawn.find("{*}title")
    assert title is not None
    assert f"at most {max(each.mb for each in samples):.0f}" in (title.text or "")
    line = drawn.find("{*}polyline")
    assert line is not None
    points = [tuple(map(float, pair.split(","))) for pair in line.attrib["points"].split()]
    assert all(56 <= x <= 616 and 28 <= y <= 208 for x, y in points)
    assert points == sorted(points)
