"""A small plot without a library: shares (0 to 1) against a share, each line with its name at its end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

COLOURS = ("#0b6e99", "#b35900")
DASHES = ("", "7 4")
WIDTH, HEIGHT, TOP, LEFT, RIGHT = 560, 300, 40, 64, 96

Points = Sequence[tuple[float, float]]


def share_plot(lines: Mapping[str, Points], x_label: str, title: str) -> str:
    """The whole plot as SVG; both axes go from 0 to 1."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + RIGHT} {TOP + HEIGHT + 56}" role="img" '
        'font-family="system-ui, sans-serif" font-size="12" fill="#222">',
        f"<title>{title}</title>",
        f'<rect width="{LEFT + WIDTH + RIGHT}" height="{TOP + HEIGHT + 56}" fill="#fff"/>',
        f'<text x="{LEFT}" y="22" font-weight="600">{title}</text>',
        f'<g transform="translate({LEFT} {TOP})">',
        *_axes(x_label),
        *(line for number, (name, points) in enumerate(lines.items()) for line in _line(number, name, points)),
        "</g>",
    ]
    return "\n".join([*parts, "</svg>", ""])


def _axes(x_label: str) -> Iterator[str]:
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        x, y = WIDTH * share, HEIGHT * (1 - share)
        yield f'<path d="M0 {y:.1f}h{WIDTH}M{x:.1f} 0v{HEIGHT}" stroke="#ddd"/>'
        yield f'<text x="-8" y="{y + 4:.1f}" text-anchor="end">{share:.0%}</text>'
        yield f'<text x="{x:.1f}" y="{HEIGHT + 18}" text-anchor="middle">{share:.2f}</text>'
    yield f'<text x="{WIDTH / 2}" y="{HEIGHT + 40}" text-anchor="middle">{x_label}</text>'


def _line(number: int, name: str, points: Points) -> Iterator[str]:
    at = [(WIDTH * x, HEIGHT * (1 - y)) for x, y in points]
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in at)
    stroke = f'stroke="{COLOURS[number]}" stroke-width="2.5" stroke-dasharray="{DASHES[number]}"'
    yield f'<path d="M{path}" fill="none" {stroke}/>'
    yield from (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{COLOURS[number]}"/>' for x, y in at)
    yield f'<text x="{at[-1][0] + 10:.1f}" y="{at[-1][1] + 4:.1f}" fill="{COLOURS[number]}">{name}</text>'
