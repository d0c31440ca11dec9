"""How ``orbweaver doctor`` tells a person what it found."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from orbweaver.doors.cli.output import console
from orbweaver.platform.runtime.checks import Check, Level

MARKS = {Level.OK: ("✓", "green"), Level.WARN: ("!", "yellow"), Level.FAIL: ("✗", "bold red")}


def show(checks: Sequence[Check], settings: Sequence[dict[str, str]]) -> None:
    """Print the settings, then the checks, worst last so that they are on the screen."""
    console.print(_settings_table(settings))
    for check in sorted(checks, key=lambda each: list(Level).index(each.level)):
        mark, colour = MARKS[check.level]
        console.print(Text.assemble((mark, colour), " ", (check.name, "bold"), " ", check.found), soft_wrap=True)
        if check.advice:
            console.print(Text(f"  → {check.advice}", style=colour), soft_wrap=True)


def _settings_table(settings: Sequence[dict[str, str]]) -> Table:
    table = Table(box=None, header_style="dim", pad_edge=False)
    table.add_column("setting", no_wrap=True)
    table.add_column("value", overflow="fold")
    table.add_column("from")
    table.add_column("meaning", overflow="fold", style="dim")
    for each in settings:
        changed = "" if each["source"] == "default" else "bold"
        table.add_row(each["name"], Text(each["value"], style=changed), each["source"], each["description"])
    return table
