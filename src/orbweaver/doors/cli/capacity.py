"""``orbweaver capacity``: what it takes to look at so many pictures a day."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.filesize import decimal
from rich.table import Table

from orbweaver.doors.cli.output import JsonOption, console, emit
from orbweaver.doors.cli.session import open_session
from orbweaver.platform.clock import now

if TYPE_CHECKING:
    from orbweaver.doors.capacity import Figure, Plan, Today

DISKS = {
    "database": "disk of the database",
    "evidence": "disk of evidence",
    "index": "disk of the match index, on all machines",
    "seen": "disk of what was seen, on all crawlers' machines",
}


def register(app: typer.Typer) -> None:
    """Add ``capacity``."""
    app.command("capacity")(capacity)


def capacity(
    images_per_day: Annotated[
        int, typer.Option("--images-per-day", min=1, max=10**12, help="Pictures that are to be looked at in a day.")
    ],
    cores: Annotated[
        int | None, typer.Option("--cores", min=1, max=1024, help="Processors of a machine; as many as this one has.")
    ] = None,
    json_mode: JsonOption = False,
) -> None:
    """Say what it takes to look at so many pictures a day: machines, processors, disk, network.

    From this installation's own figures where it has enough of them, else from what was measured for the documents:
    it says which of each. Nothing is changed.
    """
    with open_session():
        from orbweaver.doors.capacity import own_figures, plan

        figures, today = own_figures(now())
    planned = plan(images_per_day, figures, today, cores or os.cpu_count() or 1)
    if json_mode:
        emit(_as_json(planned, figures, today))
        return
    console.print(_needs(planned))
    if not planned.database_fits:
        console.print("PostgreSQL alone is too much for one such machine: give it a larger one.", highlight=False)
    if today.a_day:
        console.print(f"It looks at {today.a_day:,.0f} pictures a day now.", highlight=False)
    console.print(_made_from(figures))


def _as_json(planned: Plan, figures: dict[str, Figure], today: Today) -> dict[str, Any]:
    return {
        **asdict(planned),
        "disk_year": planned.disk_year,
        "images_per_day_now": today.a_day,
        "figures": {name: {**asdict(each), "measured_here": each.is_own} for name, each in figures.items()},
    }


def _needs(planned: Plan) -> Table:
    table = Table(f"for {planned.images_per_day:,} pictures a day", "", title_justify="left")
    beside = f": one with the database, {planned.crawl_machines:,} that crawl" if planned.crawl_machines else ""
    rows = {
        f"machines of {planned.cores} processors": f"{planned.machines:,}{beside}",
        "processors at work, on average": f"{planned.processors:,.2f}",
        "… to fetch, decode and search": f"{planned.crawl_processors:,.2f}",
        "… of PostgreSQL": f"{planned.database_processors:,.2f}",
        "memory of crawlers and match index": f"{planned.memory_gb:,.1f} GB",
        "network, on average": f"{planned.network_mbit_s:,.1f} Mbit/s",
    }
    for disk in planned.disks:
        rows[DISKS[disk.name]] = f"{decimal(int(disk.now))} now, {decimal(int(disk.year))} after a year"
    rows["known or reported pictures"] = f"{planned.found_per_day:,.1f} a day, each for people to look at"
    for name, value in rows.items():
        table.add_row(name, value)
    return table


def _made_from(figures: dict[str, Figure]) -> Table:
    table = Table("made from", "value", "unit", "where from")
    for each in figures.values():
        over = f" over {each.days} days" if each.days else ""
        source = f"measured here{over}, {each.of:,} of them" if each.is_own else f"default: {each.source}"
        table.add_row(each.about, f"{each.value:,.0f}" if each.value >= 100 else f"{each.value:.3g}", each.unit, source)
    return table
