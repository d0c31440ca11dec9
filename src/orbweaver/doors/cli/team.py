"""``orbweaver team``: agreement between analysts, waiting times, and who can assess until when."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from orbweaver.doors.cli.output import JsonOption, console, emit
from orbweaver.doors.cli.session import open_session
from orbweaver.platform.clock import now


def register(app: typer.Typer) -> None:
    """Add ``team``."""
    app.command("team")(team)


def team(
    by_two: Annotated[
        bool, typer.Option("--pairs", help="Analysts by two: who agrees with whom as with nobody else.")
    ] = False,
    json_mode: JsonOption = False,
) -> None:
    """Agreement (Krippendorff's alpha) by category and analyst, waiting times of thirty days, lapsing rights."""
    if by_two:
        _pairs(json_mode)
        return
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


def _pairs(json_mode: bool) -> None:
    with open_session():
        from orbweaver.assess.review.agreement import ENOUGH_OF_PAIR
        from orbweaver.assess.review.team import pairs

        found = pairs()
    if json_mode:
        for each in found:
            emit(asdict(each))
        return
    table = Table("analysts", "items of both", "the same answer", "the same as others")
    for each in found:
        others = f"{each.same_with_others:,} of {each.with_others:,}" if each.with_others else "nobody else"
        table.add_row(f"{each.first}, {each.second}", f"{each.items:,}", f"{each.same:,} of {each.items:,}", others)
    console.print(table)
    outstanding = [each for each in found if each.stands_out]
    for each in outstanding:
        console.print(
            f"{each.first} and {each.second} agree with one another in {each.same:,} of {each.items:,} items, and with "
            f"others in {each.same_with_others:,} of {each.with_others:,}: more than chance explains. Have somebody "
            "else look at what they decided together.",
            markup=False,
            highlight=False,
        )
    alone = [each for each in found if not each.with_others]
    for each in alone:
        console.print(
            f"{each.first} and {each.second} answer with nobody else: they cannot be compared. Have others answer too, "
            "or give them items with known answers.",
            markup=False,
            highlight=False,
        )
    if not outstanding and not alone:
        console.print("No two agree with one another as with nobody else.")
    console.print(f"Said of two from {ENOUGH_OF_PAIR} items of both and as many with others.", style="dim")
