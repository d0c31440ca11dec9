"""The way from a lead to the public figures, drawn from ``orbweaver.doors.handovers``; written by ``make docs``."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from html import escape
from typing import Any

BOX_W, BOX_H = 104, 40
COLUMN_W, ROW_H = 204, 96
LEFT, TOP, LINE_H = 24, 92, 14

BANDS = {"detect": (0, 1), "assess": (2, 2), "notify": (3, 3), "follow": (4, 5), "account_for": (6, 6)}
"""The folders from the top down, with their first and last row."""

PLACES = {
    "report": (0, 0), "lead": (1, 0), "frontier": (2, 0), "visit": (3, 0), "list": (4, 0),
    "sighting": (3, 1), "feedback": (2, 1),
    "series": (2, 2), "item": (3, 2), "verdict": (4, 2),
    "answer": (1, 3), "provider": (2, 3), "message": (3, 3), "notice": (4, 3),
    "return": (2, 4), "recheck": (3, 4), "escalation": (4, 4),
    "removal": (3, 5), "conduct": (4, 5),
    "change": (2, 6), "figures": (3, 6),
}  # fmt: skip
"""Where each stands: column and row."""

OUTSIDE = {"provider"}
"""What is not ours."""

STYLE = """
svg { color-scheme: light dark }
.ground { fill: #ffffff } .band { fill: #f3f5f7 } .box { fill: #ffffff; stroke: #57606a }
.outside { fill: none; stroke: #57606a; stroke-dasharray: 2 3 }
text { fill: #1f2328; font: 13px system-ui, sans-serif } .name { font-weight: 600; text-anchor: middle }
.folder { fill: #57606a; font-weight: 600 } .label { font-size: 11.5px }
.middle { text-anchor: middle } .end { text-anchor: end }
.halo { stroke: #f3f5f7; stroke-width: 4px; paint-order: stroke; stroke-linejoin: round }
path { fill: none; stroke-width: 1.8 } marker path { stroke: none }
.call { stroke: #57606a } .person { stroke: #8250df } .heard { stroke: #0969da } .later { stroke: #bc4c00 }
.later { stroke-dasharray: 6 4 } .noted { fill: #1a7f37 }
.t-call { fill: #57606a } .t-person { fill: #8250df } .t-heard { fill: #0969da } .t-later { fill: #bc4c00 }
@media (prefers-color-scheme: dark) {
.ground { fill: #0d1117 } .band { fill: #161b22 } .box { fill: #0d1117; stroke: #8b949e }
.outside { stroke: #8b949e } text { fill: #e6edf3 } .folder { fill: #9198a1 } .halo { stroke: #161b22 }
.call { stroke: #9198a1 } .person { stroke: #bc8cff } .heard { stroke: #58a6ff } .later { stroke: #f0883e }
.noted { fill: #3fb950 }
.t-call { fill: #9198a1 } .t-person { fill: #bc8cff } .t-heard { fill: #58a6ff } .t-later { fill: #f0883e }
}
"""

KINDS = {"CALL": "call", "PERSON": "person", "HEARD": "heard", "LATER": "later"}
WORDS = {
    "call": "a room calls one below it",
    "person": "a person does it",
    "heard": "announced and heard in the same transaction",
    "later": "due later, taken by worker or crawler",
}


@dataclass(frozen=True)
class Line:
    """One line of text beside an arrow."""

    kind: str
    text: str


def picture() -> str:
    """The SVG."""
    arrows, noted = _arrows()
    width = LEFT * 2 + 4 * COLUMN_W + BOX_W + 76
    height = TOP + 7 * ROW_H + 4
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
        "<title>The way from a lead to the public figures</title>",
        f"<style>{STYLE}</style>",
        f'<rect class="ground" width="{width}" height="{height}"/>',
        "<defs>",
        *(_head(kind) for kind in KINDS.values()),
        "</defs>",
        *_legend(),
        *(_band(name, first, last, width) for name, (first, last) in BANDS.items()),
    ]
    for (start, end), lines in arrows.items():
        parts += _arrow(start, end, lines, back=(end, start) in arrows)
    parts += [part for name in PLACES for part in _box(name, noted=name in noted)]
    return "\n".join([*parts, "</svg>", ""])


def _arrows() -> tuple[dict[tuple[str, str], list[Line]], set[str]]:
    """Start and end → what stands beside the arrow; and where the database notes changes for the figures."""
    from orbweaver.doors.handovers import WAY, By

    arrows: dict[tuple[str, str], list[Line]] = {}
    for step in WAY:
        if step.by is not By.TRIGGER:
            text = step.what if isinstance(step.what, str) else step.what.name.rpartition(".")[2].replace("_", " ")
            arrows.setdefault((step.start, step.end), []).append(Line(KINDS[step.by.name], text))
    return arrows, {step.start for step in WAY if step.by is By.TRIGGER}


def _centre(name: str) -> tuple[float, float]:
    column, row = PLACES[name]
    return LEFT + 16 + column * COLUMN_W + BOX_W / 2, TOP + row * ROW_H + 26 + BOX_H / 2


def _head(kind: str) -> str:
    return (
        f'<marker id="{kind}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="6" markerHeight="6" orient="auto">'
        f'<path class="t-{kind}" d="M0 0L10 5L0 10z"/></marker>'
    )


def _legend() -> list[str]:
    parts = []
    for place, (kind, words) in enumerate(WORDS.items()):
        x, y = LEFT + (place % 2) * 370, 22 + (place // 2) * 22
        parts.append(f'<path class="{kind}" marker-end="url(#{kind})" d="M{x} {y}h34"/>')
        parts.append(f'<text x="{x + 44}" y="{y + 4}">{words}</text>')
    parts.append(f'<circle class="noted" cx="{LEFT + 17}" cy="66" r="5"/>')
    parts.append(f'<text x="{LEFT + 44}" y="70">the database notes what changes here for the figures</text>')
    return parts


def _band(name: str, first: int, last: int, width: int) -> str:
    y, height = TOP + first * ROW_H + 2, (last - first + 1) * ROW_H - 4
    words = name.replace("_", " ")
    return (
        f'<rect class="band" x="{LEFT - 12}" y="{y}" width="{width - 2 * LEFT + 24}" height="{height}" rx="8"/>'
        f'<text class="folder" x="{LEFT}" y="{y + height - 12}">{words}</text>'
    )


def _box(name: str, *, noted: bool) -> list[str]:
    x, y = _centre(name)
    kind = "outside" if name in OUTSIDE else "box"
    parts = [
        f'<rect class="{kind}" x="{x - BOX_W / 2}" y="{y - BOX_H / 2}" width="{BOX_W}" height="{BOX_H}" rx="6"/>',
        f'<text class="name" x="{x}" y="{y + 4.5}">{name}</text>',
    ]
    if noted or name == "change":
        parts.append(f'<circle class="noted" cx="{x + BOX_W / 2 - 9}" cy="{y - BOX_H / 2 + 9}" r="4"/>')
    return parts


def _arrow(start: str, end: str, lines: list[Line], *, back: bool) -> list[str]:
    """Straight between two boxes, beside one another where one leads back; below a row where a box is between."""
    (ax, ay), (bx, by) = _centre(start), _centre(end)
    middle = (ax + bx) / 2
    if ay == by and abs(ax - bx) > COLUMN_W:
        floor = ay + BOX_H / 2 + 20
        path = f"M{ax} {ay + BOX_H / 2}V{floor}H{bx - 20}V{by + BOX_H / 2 + 2}"
        return _drawn(path, lines, (middle, floor - 6), "middle")
    if ay == by:
        way, shift = (1 if bx > ax else -1), (9 if back and ax > bx else -9 if back else 0)
        path = f"M{ax + way * BOX_W / 2} {ay + shift}H{bx - way * (BOX_W / 2 + 2)}"
        wrapped = [Line(line.kind, part) for line in lines for part in _wrapped(line.text)]
        y = ay + shift + 16 if shift > 0 else ay + shift - 7 - LINE_H * (len(wrapped) - 1)
        return _drawn(path, wrapped, (middle, y), "middle")
    y = (ay + by) / 2 + 4 - LINE_H / 2 * (len(lines) - 1)
    if ax == bx:
        return _drawn(f"M{ax} {ay + BOX_H / 2}V{by - BOX_H / 2 - 2}", lines, (ax + 9, y), "start")
    path = f"M{ax} {ay + BOX_H / 2}L{bx + (26 if ax > bx else -26)} {by - BOX_H / 2 - 2}"
    if ax > bx:
        return _drawn(path, lines, (middle - 10, y - 11), "end")
    return _drawn(path, lines, (middle + 40, y - 8), "start")


def _wrapped(text: str) -> list[str]:
    """In as few lines as fit between two boxes."""
    return textwrap.wrap(text, 15)


def _drawn(path: str, lines: list[Line], at: tuple[float, float], anchor: str) -> list[str]:
    """The arrow, in the colour of the first line, and the lines from ``at`` downwards."""
    kind, (x, y) = lines[0].kind, at
    return [
        f'<path class="{kind}" marker-end="url(#{kind})" d="{path}"/>',
        *(
            f'<text class="label halo {anchor} t-{line.kind}" x="{x}" y="{y + n * LINE_H}">{escape(line.text)}</text>'
            for n, line in enumerate(lines)
        ),
    ]


def page() -> str:
    """The page that says the same in tables."""
    from orbweaver.doors.duties import DUTIES
    from orbweaver.doors.handovers import HEARD, TRIGGERS

    return "\n".join(
        [
            "# What follows from what",
            "",
            "Written from `handovers.py` and `duties.py` in `src/orbweaver/doors/`, the one place where it is said;",
            "tests hold the program to it. A room calls those below it. What those above it are to hear comes to them",
            "in one of three ways: a hand-over, heard in the same transaction; a duty, which the worker finds later; a",
            "trigger.",
            "",
            "![The way from a lead to the public figures](flow.svg)",
            "",
            "## Hand-overs, in the transaction",
            "",
            "A consumer that fails undoes it all. Where work takes longer, it notes what is due, and a duty does it.",
            "",
            "| hand-over | what it says | announced by | heard by | due later |",
            "| --- | --- | --- | --- | --- |",
            *(row for each in HEARD for row in _heard_rows(each)),
            "",
            "Beside them the crawler is given one function: `assess.terms.page_watch` reads the pages of a batch",
            "before the transaction that records it, as that takes time, and keeps what it found in it.",
            "",
            "## Duties, due later",
            "",
            "`orbweaver worker` does them, lane beside lane. What waits is found by a row, a state or a time. A column",
            "that is empty is looked for only where the table says why. A duty looks when something was committed",
            "(`platform.pulse`), and at rest as often as time alone may bring something.",
            "",
            "| duty | lane | function | what waits | how it is found | at most every | at rest every |",
            "| --- | --- | --- | --- | --- | --- | --- |",
            *(_duty_row(each) for each in DUTIES),
            "",
            "The crawler is a process of its own: it leases what waits in the frontier (`detect.crawl.leasing.lease`).",
            "",
            "## Triggers, by the database",
            "",
            "| table | when | what it does | names |",
            "| --- | --- | --- | --- |",
            *(_trigger_row(each) for each in TRIGGERS),
            "",
        ]
    )


def _heard_rows(heard: Any) -> list[str]:
    first = [
        f"**{heard.hand_over.name}**",
        heard.hand_over.meaning,
        ", ".join(f"`{each}`" for each in heard.producers),
    ]
    rows = []
    for consumer in heard.consumers:
        rows.append(f"| {' | '.join([*first, f'`{consumer.verb}`', ', '.join(consumer.later)])} |")
        first = ["", "", ""]
    return rows


def _duty_row(due: Any) -> str:
    waits = due.waits
    where = f"`{waits.where}{'.' + waits.field if waits.field else ''}`" if "." in waits.where else waits.where
    found = f"{waits.found}{': ' + waits.why if waits.why else ''}"
    every = f"{due.every_s:g} s" if due.every_s else ""
    rest = "once it is due" if due.next_due else f"{due.rest_s:g} s"
    return f"| {due.name} | {due.lane} | `{due.verb}` | {where} | {found} | {every} | {rest} |"


def _trigger_row(trigger: Any) -> str:
    names = ", ".join(f"`{name}`" for name in trigger.names())
    return f"| `{trigger.table}` | {', '.join(trigger.on)} | {trigger.does} | {names} |"
