"""How much of each room the tests run, and the floor below which it must not fall: a part of pytest.

``make coverage`` and ``make oldest`` load it. The floors stand in pyproject.toml, in percent of lines: one a room, and
``others`` for rooms that have none of their own. A run of a part of the tests shows the table and judges nothing.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from coverage import Coverage

TOP = Path(__file__).parent.parent
PACKAGE = TOP / "src" / "orbweaver"
OTHERS = "others"
WHOLE = ["tests/unit", "tests/integration"]
"""What is run when it is judged: journeys in a browser and long campaigns only add to it."""


@dataclass
class Lines:
    """Lines of code in a room, and how many of them the tests ran."""

    all: int = 0
    run: int = 0

    @property
    def percent(self) -> float:
        """What was run; a room without a line of code has nothing that was missed."""
        return 100 * self.run / self.all if self.all else 100.0


def room_of(path: Path) -> str:
    """``detect/media`` for what lies in that room or below, ``index`` for what lies in a folder without rooms."""
    folders = path.relative_to(PACKAGE).parent.parts
    return "/".join(folders[:2]) or "."


def floors() -> dict[str, float]:
    """Percent of lines by room, as pyproject.toml has them."""
    project = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))
    return dict(project["tool"]["orbweaver"]["coverage_floors"])


def below(rooms: Mapping[str, Lines], floors: Mapping[str, float]) -> list[str]:
    """The rooms that are below their floor, a line each."""
    return [
        f"{room}: {lines.percent:.1f} % of lines run, {floor:.0f} at least wanted"
        for room, lines in sorted(rooms.items())
        if lines.percent < (floor := floors.get(room, floors[OTHERS]))
    ]


def counted(cov: Coverage) -> dict[str, Lines]:
    """Lines by room, of all files in the measured data. Migrations and empty files have none."""
    rooms: dict[str, Lines] = {}
    for name in sorted(cov.get_data().measured_files()):
        path = Path(name)
        if not path.is_relative_to(PACKAGE) or "migrations" in path.parts or not path.exists():
            continue
        _, statements, _, missing, _ = cov.analysis2(name)
        lines = rooms.setdefault(room_of(path), Lines())
        lines.all += len(statements)
        lines.run += len(statements) - len(missing)
    return {room: lines for room, lines in rooms.items() if lines.all}


class Floors:
    """The plugin of one run."""

    def __init__(self, judges: bool) -> None:
        self.judges = judges
        self.rooms: dict[str, Lines] = {}
        self.wrong: list[str] = []

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Iterator[None]:
        """Judge once the data of all processes lie together, which pytest-cov sees to inside."""
        result = yield
        measured = session.config.pluginmanager.get_plugin("_cov")
        assert measured is not None
        self.rooms = counted(measured.cov_controller.cov)
        self.wrong = below(self.rooms, floors()) if self.judges else []
        session.testsfailed += len(self.wrong)
        return result

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """The table, and what is below."""
        known = floors()
        terminalreporter.section("lines run by the tests, by room")
        for room, lines in sorted(self.rooms.items()):
            floor = known.get(room, known[OTHERS])
            terminalreporter.write_line(f"{room:<28} {lines.all:>6} lines {lines.percent:>6.1f} % (floor {floor:.0f})")
        for line in self.wrong:
            terminalreporter.write_line(f"BELOW ITS FLOOR: {line}", red=True)


def pytest_configure(config: pytest.Config) -> None:
    """Take part where coverage is measured, in the process that gathers it."""
    if hasattr(config, "workerinput") or not config.pluginmanager.has_plugin("_cov"):
        return
    whole = config.args == WHOLE and not config.option.keyword
    config.pluginmanager.register(Floors(judges=whole), "coverage-floors")
