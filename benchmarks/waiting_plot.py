"""A small plot without a library: what share of the items still waits after how long, a panel for each order."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

COLOURS = {"unlisted": "#b35900", "exact": "#0b6e99", "near": "#5b3a8e"}
DASHES = {"unlisted": "7 3", "exact": "", "near": "2 3"}
TICKS = ((60.0, "1 min"), (600.0, "10 min"), (3600.0, "1 h"), (36000.0, "10 h"), (360000.0, "100 h"))
LEAST_S, GREATEST_S = 10.0, 1_000_000.0
WIDTH, HEIGHT, TOP, LEFT, GAP = 380, 230, 58, 64, 34
POINTS = 160


@dataclass(frozen=True)
class Panel:
    """A title, and for each kind the sorted seconds that its items waited."""

    title: str
    waits: dict[str, list[float]]


def draw(panels: list[Panel]) -> str:
    """The whole plot as SVG."""
    width = LEFT + len(panels) * (WIDTH + GAP)
    height = TOP + HEIGHT + 56
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        'font-family="system-ui, sans-serif" font-size="12" fill="#222">',
        "<title>Share of items that still wait, by kind and order of the queue</title>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        *_legend(),
    ]
    for number, panel in enumerate(panels):
        parts += _panel(panel, LEFT + number * (WIDTH + GAP), first=number == 0)
    return "\n".join([*parts, "</svg>", ""])


def _legend() -> Iterator[str]:
    for number, (kind, colour) in enumerate(COLOURS.items()):
        x = LEFT + number * 110
        yield f'<path d="M{x} 16h28" stroke="{colour}" stroke-width="2.5" stroke-dasharray="{DASHES[kind]}"/>'
        yield f'<text x="{x + 34}" y="20">{kind}</text>'


def _x(seconds: float) -> float:
    clipped = min(max(seconds, LEAST_S), GREATEST_S)
    return WIDTH * math.log(clipped / LEAST_S) / math.log(GREATEST_S / LEAST_S)


def _panel(panel: Panel, left: float, *, first: bool) -> Iterator[str]:
    yield f'<g transform="translate({left} {TOP})">'
    yield f'<text x="0" y="-10" font-weight="600" font-size="13">{panel.title}</text>'
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = HEIGHT * (1 - share)
        yield f'<path d="M0 {y:.1f}h{WIDTH}" stroke="#ddd"/>'
        if first:
            yield f'<text x="-8" y="{y + 4:.1f}" text-anchor="end">{share:.0%}</text>'
    for seconds, label in TICKS:
        yield f'<path d="M{_x(seconds):.1f} 0v{HEIGHT}" stroke="#eee"/>'
        yield f'<text x="{_x(seconds):.1f}" y="{HEIGHT + 18}" text-anchor="middle">{label}</text>'
    yield f'<path d="M0 {HEIGHT}h{WIDTH}" stroke="#888"/>'
    for kind, waits in panel.waits.items():
        yield (
            f'<path d="{_still_waiting(waits)}" fill="none" stroke="{COLOURS[kind]}" stroke-width="2.5" '
            f'stroke-dasharray="{DASHES[kind]}" stroke-linejoin="round"/>'
        )
        longest = _x(waits[-1])
        yield f'<circle cx="{longest:.1f}" cy="{HEIGHT}" r="4" fill="{COLOURS[kind]}"/>'
    yield f'<text x="{WIDTH / 2}" y="{HEIGHT + 40}" text-anchor="middle">waited for (dot: the longest of all)</text>'
    yield "</g>"


def _still_waiting(waits: list[float]) -> str:
    """The share that waits longer than each of a row of times, as a path."""
    points = []
    place = 0
    for number in range(POINTS + 1):
        seconds = LEAST_S * (GREATEST_S / LEAST_S) ** (number / POINTS)
        while place < len(waits) and waits[place] <= seconds:
            place += 1
        points.append(f"{_x(seconds):.1f} {HEIGHT * place / len(waits):.1f}")
        if place == len(waits):
            break
    return "M" + "L".join(points)
