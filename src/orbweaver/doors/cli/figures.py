"""``orbweaver figures``: what has been done so far."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from orbweaver.doors.cli.output import JsonOption, console, emit
from orbweaver.doors.cli.session import open_session
from orbweaver.platform.clock import now

if TYPE_CHECKING:
    from orbweaver.account_for.transparency.selectors import Figures


def register(app: typer.Typer) -> None:
    """Add ``figures``."""
    app.command("figures")(figures)


def figures(
    json_mode: JsonOption = False,
    table_name: Annotated[
        str | None,
        typer.Option("--table", help="Show one of the public tables instead, such as recorded, children or sites."),
    ] = None,
) -> None:
    """Show the public figures: images processed, suspected, verified, notices, removals and how long they took."""
    if table_name is not None:
        _show_public(table_name, json_mode=json_mode)
        return
    with open_session():
        from orbweaver.account_for.transparency.messages import UNDERCOUNT
        from orbweaver.account_for.transparency.selectors import figures as select
        from orbweaver.notify.notices.sending.timing import median_verdict_to_notice_s

        moment = now()
        found, to_notice_s = select(moment), median_verdict_to_notice_s(moment)
    if json_mode:
        emit({**found.as_json(), "median_verdict_to_notice_s": to_notice_s})
        return
    table = table_of(found)
    table.add_row("Median time from verdict to notice, last 30 days", span(to_notice_s))
    console.print(table)
    console.print(str(UNDERCOUNT))


def _show_public(name: str, *, json_mode: bool) -> None:
    """One table as the public page has it: codes, small numbers hidden, and that it is an undercount (R3)."""
    with open_session():
        from orbweaver.account_for.transparency.datasets import ALL
        from orbweaver.account_for.transparency.messages import UNDERCOUNT

        if name not in ALL:
            raise typer.BadParameter(f"There is no such table. There are: {', '.join(sorted(ALL))}.")
        moment = now()
        found = ALL[name](moment)
    if json_mode:
        head = {"name": found.name, "at": moment.isoformat(), "undercount": str(UNDERCOUNT)}
        emit({**head, "columns": found.keys, "rows": found.rows})
        return
    shown = Table(*found.keys, box=None, pad_edge=False)
    for row in found.rows:
        shown.add_row(*("–" if row[key] is None else str(row[key]) for key in found.keys))
    console.print(shown)
    console.print(str(UNDERCOUNT))


def table_of(found: Figures) -> Table:
    """The figures in words, for a terminal."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(justify="left")
    table.add_column(justify="right")
    rows = [
        ("Images processed", f"{found.images_processed:,}"),
        ("Suspected", f"{found.suspected:,}"),
        ("Verified", f"{found.verified:,}"),
        ("Notices sent", f"{found.notices_sent:,}"),
        ("Reminders sent", f"{found.reminders_sent:,}"),
        ("Addresses notified", f"{found.notified_urls:,}"),
        ("Removed", f"{found.removed:,}"),
        ("Still open", f"{found.open_urls:,}"),
        ("Offline with their host", f"{found.offline:,}"),
        ("Median time to removal", span(found.median_removal_s)),
        ("Notices about children not known to be identified", share(found.share_unidentified)),
        ("Looks for each address notified", ratio(found.looks_per_notified_url)),
    ]
    for row in rows:
        table.add_row(*row)
    return table


def span(seconds: float | None) -> str:
    """A duration in hours and minutes, with days from one day on."""
    if seconds is None:
        return "none yet"
    whole = dt.timedelta(minutes=round(seconds / 60))
    hours, minutes = divmod(whole.seconds // 60, 60)
    return (f"{whole.days} d " if whole.days else "") + f"{hours} h {minutes:02d} min"


def share(value: float | None) -> str:
    """A share of 0 to 1 in per cent."""
    return "none yet" if value is None else f"{value:.0%}"


def ratio(value: float | None) -> str:
    """A ratio with one digit after the point."""
    return "none yet" if value is None else f"{value:.1f}"
