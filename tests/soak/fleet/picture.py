"""The rates of the machines over time, with what was done to them: an SVG, readable on light and dark grounds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from tests.soak.fleet.campaign import Campaign

WIDTH, ROW, LEFT, RIGHT, TOP = 1200, 110, 80, 20, 40
INK, LINE = "#6b7280", "#2563eb"
COLOURS = {
    "killed": "#c2410c",
    "powerless": "#7c3aed",
    "asleep": "#0d9488",
    "cut off": "#111827",
    "slowed": "#a16207",
    "wrong clock": "#be185d",
    "full disk": "#4d7c0f",
    "failover": "#dc2626",
}


def draw(campaign: Campaign, path: Path) -> None:
    """One row for each machine, and one for all."""
    names = [each.name for each in campaign.machines]
    begin, end = campaign.site.log[0][0], campaign.site.log[-1][0]
    rows: list[tuple[str, list[str]]] = [*((name, [name]) for name in names), ("all", names)]
    height = TOP + ROW * len(rows) + 30
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        'font-family="system-ui, sans-serif" font-size="12">',
        "<title>Addresses a second of each machine, and what was done to them</title>",
        *_legend({each.kind for each in campaign.struck}),
    ]
    scale = (WIDTH - LEFT - RIGHT) / (end - begin)
    for number, (title, of) in enumerate(rows):
        bottom = TOP + ROW * (number + 1)
        for each in campaign.struck:
            if each.machine in ("", title):
                x, width = LEFT + (each.began - begin) * scale, max(1.0, (each.ended - each.began) * scale)
                parts.append(
                    f'<rect x="{x:.1f}" y="{bottom - ROW + 12}" width="{width:.1f}" height="{ROW - 12}" '
                    f'fill="{COLOURS[each.kind]}" fill-opacity="0.35"/>'
                )
        parts += _row(title, campaign.rates(of, begin, end), begin, scale, bottom)
    parts += [
        _text(LEFT + second * scale, height - 12, f"{second // 60} min", "middle")
        for second in range(0, int(end - begin), max(60, int(end - begin) // 10 // 60 * 60))
    ]
    path.write_text("\n".join([*parts, "</svg>", ""]), encoding="utf-8")


def _row(title: str, rates: Sequence[tuple[float, float]], begin: float, scale: float, bottom: int) -> list[str]:
    most = max((rate for _, rate in rates), default=0.0) or 1.0
    points = " ".join(
        f"{LEFT + (at - begin) * scale:.1f},{bottom - rate / most * (ROW - 16):.1f}" for at, rate in rates
    )
    return [
        f'<line x1="{LEFT}" y1="{bottom}" x2="{WIDTH - RIGHT}" y2="{bottom}" stroke="{INK}" stroke-opacity="0.4"/>',
        f'<polyline points="{points}" fill="none" stroke="{LINE}" stroke-width="1.2"/>',
        _text(LEFT - 6, bottom - 4, "0", "end"),
        _text(LEFT - 6, bottom - ROW + 24, f"{most:.0f}/s", "end"),
        _text(4, bottom - ROW // 2, title, "start"),
    ]


def _legend(kinds: set[str]) -> list[str]:
    parts = []
    for number, kind in enumerate(each for each in COLOURS if each in kinds):
        x = LEFT + 130 * number
        parts.append(f'<rect x="{x}" y="12" width="14" height="12" fill="{COLOURS[kind]}" fill-opacity="0.5"/>')
        parts.append(_text(x + 20, 22, kind, "start"))
    return parts


def _text(x: float, y: float, words: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y}" text-anchor="{anchor}" fill="{INK}">{escape(words)}</text>'
