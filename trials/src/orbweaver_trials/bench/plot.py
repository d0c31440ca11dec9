"""A small SVG of lines over logarithmic axes, readable on light and dark grounds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

WIDTH, HEIGHT, MARGIN, RIGHT, BOTTOM, TOP = 420, 300, 56, 28, 46, 34
INK = "#6b7280"
COLOURS = ("#c2410c", "#2563eb", "#6b7280")
"""Told apart by colour-blind readers too; the dashes tell the rest."""
DASHES = ("", "6 3", "2 3")
_PREFIXES = {0: "1", 3: "1 k", 6: "1 M", 9: "1 G", 12: "1 T"}


@dataclass(frozen=True)
class Series:
    """One line: (x, y) points, all positive."""

    name: str
    points: list[tuple[float, float]]


def write_plot(path: Path, panels: Sequence[tuple[str, Sequence[Series]]], x_label: str) -> None:
    """Write the panels (title, lines) side by side, with one legend, to ``path``."""
    width = WIDTH * len(panels)
    names = [series.name for series in panels[0][1]]
    summary = "; ".join(title for title, _ in panels)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {HEIGHT + 30}" role="img" '
        'font-family="system-ui, sans-serif" font-size="12">',
        f"<title>{escape(summary)} against list size</title>",
    ]
    parts += [_panel(number * WIDTH, title, lines, x_label) for number, (title, lines) in enumerate(panels)]
    parts += [_legend(number, name) for number, name in enumerate(names)]
    path.write_text("\n".join([*parts, "</svg>", ""]), encoding="utf-8")


def _panel(left: int, title: str, lines: Sequence[Series], x_label: str) -> str:
    xs = _decades([x for line in lines for x, _ in line.points])
    ys = _decades([y for line in lines for _, y in line.points])

    def at(x: float, y: float) -> tuple[float, float]:
        across = (math.log10(x) - xs[0]) / (xs[-1] - xs[0])
        up = (math.log10(y) - ys[0]) / (ys[-1] - ys[0])
        return left + MARGIN + across * (WIDTH - MARGIN - RIGHT), HEIGHT - BOTTOM - up * (HEIGHT - BOTTOM - TOP)

    parts = [_text(left + MARGIN, 18, title, "start", bold=True)]
    for decade in xs:
        x, y = at(10**decade, 10 ** ys[0])
        parts += [_rule(x, y, x, TOP), _text(x, y + 16, _number(decade), "middle")]
    for decade in ys:
        x, y = at(10 ** xs[0], 10**decade)
        parts += [_rule(x, y, left + WIDTH - RIGHT, y), _text(x - 6, y + 4, _number(decade), "end")]
    parts.append(_text(left + (WIDTH + MARGIN - RIGHT) / 2, HEIGHT - 12, x_label, "middle"))
    for number, line in enumerate(lines):
        points = [at(*point) for point in line.points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke-width="2" {_stroke(number)}/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{COLOURS[number]}"/>' for x, y in points]
    return "\n".join(parts)


def _legend(number: int, name: str) -> str:
    x, y = MARGIN + number * 190, HEIGHT + 14
    line = f'<line x1="{x}" y1="{y - 4}" x2="{x + 28}" y2="{y - 4}" stroke-width="2" {_stroke(number)}/>'
    return line + _text(x + 34, y, name, "start")


def _decades(values: list[float]) -> list[int]:
    first, last = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return list(range(first, max(last, first + 1) + 1))


def _number(decade: int) -> str:
    base = decade // 3 * 3
    return _PREFIXES[base].replace("1", str(10 ** (decade - base)), 1)


def _stroke(number: int) -> str:
    dash = f' stroke-dasharray="{DASHES[number]}"' if DASHES[number] else ""
    return f'stroke="{COLOURS[number]}"{dash}'


def _rule(x1: float, y1: float, x2: float, y2: float) -> str:
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
        f'stroke="{INK}" stroke-opacity="0.25" stroke-width="1"/>'
    )


def _text(x: float, y: float, text: str, anchor: str, *, bold: bool = False) -> str:
    weight = ' font-weight="600"' if bold else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{INK}"{weight}>{escape(text)}</text>'
