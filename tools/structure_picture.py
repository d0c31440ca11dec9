"""Draws folders of ``src/orbweaver``, their rooms and which folder imports which: ``docs/developers/structure.svg``.

Folders stand in the order of their layers (import-linter's, in ``pyproject.toml``), those of a code without such an
order by name, as whoever opens it sees them. An arc at the right leads to a folder further down, one at the left to one
further up. Run by ``make docs``; a test fails when the picture is out of date. Another state of the code is drawn by

    .venv/bin/python tools/structure_picture.py TOP OUT [--by-name]
"""

from __future__ import annotations

import argparse
import ast
import tomllib
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Final

TOP: Final = Path(__file__).resolve().parent.parent
PICTURE: Final = TOP / "docs" / "developers" / "structure.svg"
WIDTH: Final = 860
ARCS: Final = 150
"""Room for the arcs at one side."""
STYLE: Final = """
.ground{fill:#fff}.box{fill:#eef3f6;stroke:#8aa0ad}.name{fill:#1d2b33;font-weight:600}.rooms{fill:#4a5b66;font-size:11px}
.down{stroke:#0b6e99;fill:none;opacity:.55}.up{stroke:#c4482d;fill:none;opacity:.8}.note{fill:#4a5b66}
@media (prefers-color-scheme:dark){.ground{fill:#14191d}.box{fill:#222c33;stroke:#5c707d}.name{fill:#eef3f6}
.rooms,.note{fill:#b4c2cb}.down{stroke:#58b4dc}.up{stroke:#f0836a}}
"""


def folders(top: Path, *, by_name: bool) -> list[str]:
    """Those that hold code, in their order."""
    source = top / "src" / "orbweaver"
    found = sorted(each.name for each in source.iterdir() if (each / "__init__.py").is_file())
    if by_name:
        return found
    return sorted(found, key=_layers(top, "orbweaver").index)


def rooms(top: Path, folder: str) -> list[str]:
    """The folders of code inside one, in the order of their layers; how a database came to be is none."""
    path = top / "src" / "orbweaver" / folder
    inside = {each.name for each in path.iterdir() if (each / "__init__.py").is_file()} - {"migrations"}
    order = _layers(top, f"orbweaver.{folder}")
    return sorted(inside, key=lambda name: (order.index(name) if name in order else len(order), name))


def _layers(top: Path, container: str) -> list[str]:
    """What import-linter says of the order inside, from the top down."""
    contracts = tomllib.loads((top / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    layers = next((each["layers"] for each in contracts if each.get("containers") == [container]), [])
    return [name.strip() for layer in layers for name in layer.split("|")]


def imports(source: Path, names: list[str]) -> set[tuple[str, str]]:
    """Which folder imports from which other."""
    return {
        (name, target)
        for name in names
        for path in (source / name).rglob("*.py")
        for target in _imported(path)
        if target != name and target in names
    }


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        modules = [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
        if modules == ["orbweaver"] and isinstance(node, ast.ImportFrom):
            modules = [f"orbweaver.{each.name}" for each in node.names]
        elif isinstance(node, ast.Import):
            modules = [each.name for each in node.names]
        yield from (
            parts[1] for parts in (module.split(".") for module in modules) if parts[0] == "orbweaver" and parts[1:]
        )


def picture(top: Path, *, by_name: bool = False) -> str:
    """The picture as SVG, which follows the reader's choice of light or dark."""
    source = top / "src" / "orbweaver"
    names = folders(top, by_name=by_name)
    pairs = sorted(imports(source, names), key=lambda pair: (names.index(pair[0]), names.index(pair[1])))
    up = sum(names.index(one) > names.index(other) for one, other in pairs)
    left = ARCS if up else 20
    step = 44 if len(names) < 15 else 27
    height = 40 + step * len(names)
    title = f"{len(names)} folders; {len(pairs)} of their pairs import, {up} of these towards the top"
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"'
        ' font-family="system-ui, sans-serif" font-size="13">',
        f"<title>{title}</title>",
        f"<style>{STYLE}</style>",
        '<rect class="ground" width="100%" height="100%"/>',
        f'<text class="note" x="{left}" y="22">{title}.</text>',
    ]
    middles = {name: 36 + step * (place + 0.5) for place, name in enumerate(names)}
    lines += [_arc(left, middles[one], middles[other]) for one, other in pairs]
    for name in names:
        lines += _box(left, name, rooms(top, name), middles[name], step - 8)
    return "\n".join([*lines, "</svg>", ""])


def _arc(left: int, start: float, end: float) -> str:
    bulge = 18 + 0.28 * abs(end - start)
    down = end > start
    edge, side = (WIDTH - ARCS, 1) if down else (left, -1)
    away = edge + side * min(bulge, 1.25 * ARCS)
    return (
        f'<path class="{"down" if down else "up"}"'
        f' d="M{edge} {start + 3:.0f}C{away:.0f} {start:.0f} {away:.0f} {end:.0f} {edge} {end - 3:.0f}"/>'
    )


def _box(left: int, name: str, inside: list[str], middle: float, height: int) -> list[str]:
    top, width = middle - height / 2, WIDTH - ARCS - left
    return [
        f'<rect class="box" x="{left}" y="{top:.0f}" width="{width}" height="{height}" rx="5"/>',
        f'<text class="name" x="{left + 10}" y="{middle + 4:.0f}">{escape(name)}</text>',
        f'<text class="rooms" x="{left + 110}" y="{middle + 4:.0f}">{escape(" · ".join(inside))}</text>',
    ]


def main() -> None:
    """Write the picture of this code, or of what is named."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("top", type=Path, nargs="?", default=TOP)
    parser.add_argument("out", type=Path, nargs="?", default=PICTURE)
    parser.add_argument("--by-name", action="store_true", help="no layers: in the order of their names")
    chosen = parser.parse_args()
    chosen.out.write_text(picture(chosen.top, by_name=chosen.by_name), encoding="utf-8")


if __name__ == "__main__":
    main()
