"""``orbweaver retention``: how long each kind of data is kept."""

from __future__ import annotations

import typer
from rich.table import Table

from orbweaver.doors.cli.output import JsonOption, console, emit
from orbweaver.doors.cli.session import open_session
from orbweaver.platform.clock import now


def register(app: typer.Typer) -> None:
    """Add ``retention``."""
    app.command("retention")(retention)


def retention(json_mode: JsonOption = False) -> None:
    """Show how long each kind of data is kept, where it lies, why, and how much of it is past its time.

    A running worker removes what is past its time within the hour.
    """
    table = Table("kind", "days", "past its time", "where", "why", box=None)
    with open_session():
        from orbweaver.doors.retention import KINDS

        for kind in KINDS:
            days, past = kind.days(), kind.past(now()).count() if kind.past else 0
            if json_mode:
                emit({"kind": kind.name, "days": days, "past": past, "where": kind.where, "why": kind.why})
            else:
                table.add_row(kind.name, "always" if days is None else f"{days:,}", f"{past:,}", kind.where, kind.why)
    if not json_mode:
        console.print(table)
