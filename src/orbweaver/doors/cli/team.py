"""``orbweaver team``: agreement between analysts, waiting times, and who can assess until when."""

from __future__ import annotations

from dataclasses import asdict

import typer
from rich.table import Table

from orbweaver.doors.cli.output import JsonOption, console, emit
from orbweaver.doors.cli.session import open_session
from orbweaver.platform.clock import now


def register(app: typer.Typer) -> None:
    """Add ``team``."""
    app.command("team")(team)


def team(json_mode: JsonOption = False) -> None:
    """Agreement (Krippendorff's alpha) by category and analyst, waiting times of thirty days, lapsing rights."""
    with open_session():
        from orbweaver.assess.review.team import ENOUGH_ITEMS
        from orbweaver.assess.review.team import team as read

        found = read(now())
    if json_mode:
        emit(asdict(found))
        return
    table = Table("answers by", "items", "answers", "alpha", "95 % interval")
    for each in [found.overall, *found.by_category, *found.by_analyst]:
        alpha = "not enough yet" if each.alpha is None else f"{each.alpha:.2f}"
        within = f"{each.interval.low:.2f} to {each.interval.high:.2f}" if each.interval else ""
        table.add_row(each.name or "all", f"{each.items:,}", f"{each.answers:,}", alpha, within)
    console.print(table)
    console.print(f"Alpha is shown from {ENOUGH_ITEMS} items with two answers or more.", style="dim")
    for person in found.people:
        for sentence in [person.why_not, *person.warnings]:
            if sentence:
                console.print(f"{person.name}: {sentence}", markup=False, highlight=False)
