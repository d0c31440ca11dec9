"""Charts: SVG made here, without script, readable in print and, with title and table, by ear.

Each returns markup that holds only numbers and words of ours, escaped. Colours come from the style sheet, so that
light, dark and print follow; nothing is told by colour alone.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

WIDTH = 400
"""Units of every chart's width: about one pixel each on a phone."""
BAR, STEP = 10, 40
"""Height of a bar, and from one bar to the next."""

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Bar:
    """A bar with its words; ``value`` None is not drawn (a hidden number). ``part`` of it is drawn darker, if known."""

    label: str
    shown: str
    value: float | None
    part: float | None = None


def _svg(kind: str, height: float, title: str, description: str, inside: str) -> SafeString:
    number = next(_numbers)
    return format_html(
        '<svg class="chart {}" viewBox="0 0 {} {}" role="img" aria-labelledby="chart-{}-t chart-{}-d">'
        '<title id="chart-{}-t">{}</title><desc id="chart-{}-d">{}</desc>{}</svg>',
        kind, WIDTH, f"{height:g}", number, number, number, title, number, description, mark_safe(inside),  # noqa: S308
    )  # fmt: skip


def _text(x: float, y: float, text: str, anchor: str = "start", kind: str = "") -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" class="{kind}">{escape(text)}</text>'


def bars(title: str, rows: Sequence[Bar], full: float | None = None) -> SafeString:
    """Horizontal bars, each below its words, with its number at the right; ``full`` is the longest value, if fixed."""
    most = full or max((row.value or 0 for row in rows), default=0) or 1
    parts = []
    for number, row in enumerate(rows):
        y = number * STEP
        parts.append(_text(0, y + 14, row.label) + _text(WIDTH, y + 14, row.shown, "end", "strong"))
        parts.append(f'<rect class="ground" x="0" y="{y + 21}" width="{WIDTH}" height="{BAR}" rx="2"/>')
        for kind, value in (
            (("whole", row.value), ("mark", row.part)) if row.part is not None else (("mark", row.value),)
        ):
            if value:
                width = max(2.0, WIDTH * value / most)
                parts.append(f'<rect class="{kind}" x="0" y="{y + 21}" width="{width:.1f}" height="{BAR}" rx="2"/>')
    description = "; ".join(f"{row.label}: {row.shown}" for row in rows)
    return _svg("bars-chart", max(STEP, len(rows) * STEP), title, description, "".join(parts))


def columns(title: str, rows: Sequence[Bar]) -> SafeString:
    """Columns over time: the first, the middle and the last are named, and the highest carries its number."""
    most = max((row.value or 0 for row in rows), default=0) or 1
    height, top, wide = 150, 24, WIDTH / max(1, len(rows))
    parts = [f'<path class="axis" d="M0 {top + height}H{WIDTH}"/>']
    highest = max(range(len(rows)), key=lambda index: rows[index].value or 0, default=0)
    for index, row in enumerate(rows):
        tall = height * (row.value or 0) / most
        x = index * wide
        if tall:
            parts.append(
                f'<rect class="mark" x="{x + 1:.1f}" y="{top + height - tall:.1f}" width="{wide - 2:.1f}" '
                f'height="{tall:.1f}"/>'
            )
        if index == highest and row.value:
            middle = min(max(x + wide / 2, 20), WIDTH - 20)
            parts.append(_text(middle, top + height - tall - 6, row.shown, "middle", "strong"))
    for index, anchor in ((0, "start"), (len(rows) // 2, "middle"), (len(rows) - 1, "end")):
        x = {"start": 0.0, "end": float(WIDTH)}.get(anchor, (index + 0.5) * wide)
        parts.append(_text(x, top + height + 18, rows[index].label, anchor))
    description = "; ".join(f"{row.label}: {row.shown}" for row in rows if row.value)
    return _svg("columns-chart", top + height + 26, title, description, "".join(parts))


TICKS = ((3600.0, "1 h"), (86400.0, "1 d"), (7 * 86400.0, "7 d"), (42 * 86400.0, "42 d"), (365 * 86400.0, "1 y"))


class Point(NamedTuple):
    """A point of the curve: seconds, and the share still there with its interval."""

    seconds: float
    share: float
    low: float
    high: float


def survival(title: str, points: Sequence[Point]) -> SafeString:
    """A falling curve on a logarithmic axis of time, with its 95 % band."""
    left, top, height = 38, 12, 180
    width = WIDTH - left - 8
    first, last = 1800.0, max(48 * 86400.0, max((point.seconds for point in points), default=0.0))

    def x_of(seconds: float) -> float:
        return left + width * max(0.0, math.log(max(seconds, first) / first) / math.log(last / first))

    def y_of(share: float) -> float:
        return top + height * (1 - share)

    parts = []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts.append(f'<path class="grid" d="M{left} {y_of(share):g}H{left + width}"/>')
        parts.append(_text(left - 6, y_of(share) + 4, f"{share:.0%}", "end"))
    for seconds, words in TICKS:
        if seconds <= last:
            parts.append(f'<path class="grid" d="M{x_of(seconds):.1f} {top}V{top + height}"/>')
            parts.append(_text(x_of(seconds), top + height + 18, words, "middle"))
    if points:
        upper = _steps([(x_of(each.seconds), y_of(each.high)) for each in points], x_of(first), y_of(1.0))
        lower = _steps([(x_of(each.seconds), y_of(each.low)) for each in points], x_of(first), y_of(1.0))
        line = _steps([(x_of(each.seconds), y_of(each.share)) for each in points], x_of(first), y_of(1.0))
        band = "L".join(f"{x:.1f} {y:.1f}" for x, y in [*upper, *reversed(lower)])
        parts.append(f'<path class="band" d="M{band}Z"/>')
        parts.append(f'<path class="line" d="M{"L".join(f"{x:.1f} {y:.1f}" for x, y in line)}"/>')
    description = _("The table next to it has the same values.")
    return _svg("survival-chart", top + height + 26, title, description, "".join(parts))


def _steps(points: Sequence[tuple[float, float]], x: float, y: float) -> list[tuple[float, float]]:
    """A staircase: level until each point, then down."""
    found = [(x, y)]
    for next_x, next_y in points:
        found += [(next_x, found[-1][1]), (next_x, next_y)]
    return found


SHAPES = {
    "mostly_removed": "M-7 0L-2 6L8 -6",
    "often_questioned": "M-5 -3Q-5 -8 0 -8Q5 -8 5 -3Q5 0 0 2V4M0 8V9",
    "unlikely": "M-6 -6L6 6M6 -6L-6 6",
    "unknown": "M-6 0H6",
}
"""A shape beside each word of the chart of responses, so that colour is never needed."""


@dataclass(frozen=True)
class ResponseCell:
    """One of the 18 cells: the word's code, the word, and how many addresses were notified."""

    code: str
    word: str
    shown: str


def responses(title: str, ages: Sequence[str], rows: Sequence[tuple[str, str, Sequence[ResponseCell]]]) -> SafeString:
    """The chart of the framework: ages as columns; rows are a category and whether the child is identified.

    What a row is stands above its cells, so that each has a third of the width; on a telephone a cell has its sign and
    number alone (style sheet), the words are in the key.
    """
    top, tall = 26, 64
    wide = WIDTH / max(1, len(ages))
    parts = [_text((n + 0.5) * wide, 14, age, "middle", "strong") for n, age in enumerate(ages)]
    for number, (category, known, cells) in enumerate(rows):
        y = top + number * tall
        parts.append(_text(2, y + 15, f"{category}, {known}", kind="strong"))
        for index, cell in enumerate(cells):
            x = index * wide
            parts.append(
                f'<rect class="cell {cell.code}" x="{x + 2:.1f}" y="{y + 20}" width="{wide - 4:.1f}" '
                f'height="{tall - 24}" rx="4"/>'
                f'<path class="sign" transform="translate({x + 20:.1f} {y + 32})" d="{SHAPES[cell.code]}"/>'
            )
            parts.append(_text(x + wide - 10, y + 36, cell.shown, "end", "amount"))
            parts.append(_text(x + wide / 2, y + 54, cell.word, "middle", "word"))
    description = "; ".join(
        f"{age}, {category}, {known}: {cell.word}"
        for category, known, cells in rows
        for age, cell in zip(ages, cells, strict=True)
    )
    return _svg("responses-chart", top + len(rows) * tall, title, description, "".join(parts))


def key_of_words(words: Sequence[tuple[str, str]]) -> SafeString:
    """What each sign means, as a list under the chart."""
    return format_html_join(
        "",
        '<li><svg class="sign-key {}" viewBox="-10 -10 20 20" aria-hidden="true"><path class="sign" d="{}"/></svg>'
        " {}</li>",
        ((code, SHAPES[code], text) for code, text in words),
    )
