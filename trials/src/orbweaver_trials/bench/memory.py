"""Memory of a long crawl: whether it grows, and a plot of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

WIDTH, HEIGHT, LEFT, TOP = 560, 180, 56, 28
INK, LINE = "#6b7280", "#c2410c"
WARM: Final = 0.1
"""Share of the time after which what is loaded once is loaded: growth is counted from there."""
POINTS: Final = 400
"""Most points that are drawn."""
STEPS: Final = (1, 2, 5, 10, 15, 30, 60, 120)
"""Minutes between the marks of the time axis."""


@dataclass(frozen=True)
class Sample:
    """Seconds since the start, pictures committed by then, and megabytes of proportional set size."""

    s: float
    images: int
    mb: float


def read_samples(path: Path) -> list[Sample]:
    """The samples of a file of JSON lines, in order."""
    return [Sample(**json.loads(line)) for line in path.read_text(encoding="ascii").splitlines()]


def growth_mb(samples: Sequence[Sample]) -> float:
    """By how much the second half's peak is above the first's, without the first tenth of the time.

    Peaks, since the proportional size falls while other programs on the machine use the same libraries.
    """
    end = samples[-1].s
    kept = [each for each in samples if each.s >= WARM * end]
    middle = (1 + WARM) / 2 * end
    halves = [each.mb for each in kept if each.s < middle], [each.mb for each in kept if each.s >= middle]
    return max(halves[1]) - max(halves[0]) if all(halves) else 0.0


def draw(samples: Sequence[Sample]) -> str:
    """An SVG of megabytes against minutes, from zero, readable on light and dark grounds."""
    minutes = samples[-1].s / 60
    top = _round_up(max(each.mb for each in samples))
    thinned = [*samples[:: max(1, len(samples) // POINTS)], samples[-1]]

    def at(minute: float, mb: float) -> str:
        return f"{LEFT + WIDTH * minute / minutes:.1f},{TOP + HEIGHT * (1 - mb / top):.1f}"

    line = " ".join(at(each.s / 60, each.mb) for each in thinned)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + 24} {TOP + HEIGHT + 44}" role="img" '
            f'font-family="system-ui, sans-serif" font-size="12" fill="{INK}">',
            f"<title>Memory of the crawler and its processes over {minutes:.0f} minutes, in MB (PSS), "
            f"at most {max(each.mb for each in samples):.0f}</title>",
            *_scales(top, minutes),
            f'<polyline points="{line}" fill="none" stroke="{LINE}" stroke-width="2"/>',
            "</svg>",
            "",
        ]
    )


def _scales(top: float, minutes: float) -> Iterator[str]:
    for part in range(5):
        y = TOP + HEIGHT * (1 - part / 4)
        yield f'<path d="M{LEFT} {y:.1f}h{WIDTH}" stroke="{INK}" stroke-opacity=".25"/>'
        yield f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{top * part / 4:,.0f}</text>'
    step = next((each for each in STEPS if minutes / each <= 8), STEPS[-1])
    for minute in range(0, int(minutes) + 1, step):
        x = LEFT + WIDTH * minute / minutes
        yield f'<text x="{x:.1f}" y="{TOP + HEIGHT + 18}" text-anchor="middle">{minute}</text>'
    yield f'<text x="{LEFT + WIDTH / 2}" y="{TOP + HEIGHT + 36}" text-anchor="middle">minutes</text>'
    yield f'<text x="{LEFT}" y="16">MB</text>'


def _round_up(mb: float) -> float:
    return 200.0 * (int(mb / 200) + 1)
