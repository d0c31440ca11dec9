"""How ``orbweaver doctor`` tells a person what it found."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from orbweaver.doors.cli.output import console
from orbweaver.platform.runtime.checks import Check, Level

MARKS = {Level.OK: ("✓", "green"), Level.WARN: ("!", "yellow"), Level.FAIL: ("✗", "bold red")}


LINES = 10
"""Lines on the screen, unless everything is asked for."""


def show(checks: Sequence[Check], settings: Sequence[dict[str, str]], *, everything: bool) -> None:
    """Print what is wrong, worst first, in ten lines at most; or the settings and every check, worst last."""
    by_level = sorted(checks, key=lambda each: list(Level).index(each.level))
    if everything:
        console.print(_settings_table(settings))
        for check in by_level:
            console.print(_mark(check), soft_wrap=True)
            if check.advice:
                console.print(Text(f"  → {check.advice}", style=MARKS[check.level][1]), soft_wrap=True)
        return
    wrong = [each for each in reversed(by_level) if each.level != Level.OK]
    shown = wrong if len(wrong) < LINES else wrong[: LINES - 1]
    for check in shown:
        console.print(_mark(check).append(f" → {check.advice}" if check.advice else ""), soft_wrap=True)
    rest = f"{len(wrong) - len(shown)} more of the kind, " if len(wrong) > len(shown) else ""
    fine = len(checks) - len(wrong)
    words = f"{rest}{fine} checks are fine. All of it and the settings: orbweaver doctor --all"
    console.print(words, style="dim", soft_wrap=True, highlight=False)


def _mark(check: Check) -> Text:
    mark, colour = MARKS[check.level]
    return Text.assemble((mark, colour), " ", (check.name, "bold"), " ", check.found)


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
