"""``orbweaver demo``: hands over to the demo's own programs, with every setting of this installation put aside."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from orbweaver.doors.cli.output import JsonOption

ROUNDS = 3
"""How often everything comes anew in a wild year."""
SETTINGS = ("ORBWEAVER_", "PG", "DJANGO_")


def register(app: typer.Typer) -> None:
    """Add ``demo``."""
    app.command("demo")(demo)


def demo(
    json_mode: JsonOption = False,
    keep: Annotated[bool, typer.Option("--keep", help="Leave it running to look around, until Ctrl-C.")] = False,
    data_dir: Annotated[
        Path | None,
        typer.Option(help="New or empty folder for the demo's data, left behind at the end. Default: a temporary one."),
    ] = None,
    year: Annotated[
        bool,
        typer.Option("--year", help="Play a year of forty providers instead, and compare what was said of them."),
    ] = False,
    wild: Annotated[
        bool,
        typer.Option(
            "--wild",
            help="Play a world that keeps no promise (hosts that hide, mail that comes back, answers in any form), and "
            "compare with its ledger. With --year: three such worlds one after another.",
        ),
    ] = False,
    days: Annotated[int | None, typer.Option(min=60, help="With --year: days to play. Default: 365.")] = None,
    providers: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="With --year: share of the forty, one of each kind at least. Default: 1."),
    ] = None,
) -> None:
    """Play the whole loop on this machine with harmless pictures: lead, crawl, match, review, notice, removal.

    Uses a throw-away database, whatever the settings say. Exit code 1 when anything did not happen as it must.
    """
    if wild:
        _play_wild(json_mode, data_dir, days if year else None, year=year, keep=keep, other=providers is not None)
    if year:
        if keep or data_dir is not None:
            raise typer.BadParameter("--keep and --data-dir do not go with --year.")
        _hand_over("orbweaver_trials.demo.year", json_mode, {"--days": days, "--providers": providers})
    if days is not None or providers is not None:
        raise typer.BadParameter("--days and --providers go with --year.")
    _hand_over("orbweaver_trials.demo", json_mode, {"--data-dir": data_dir}, *(["--keep"] if keep else []))


def _play_wild(
    json_mode: bool, data_dir: Path | None, days: int | None, *, year: bool, keep: bool, other: bool
) -> NoReturn:
    if other:
        raise typer.BadParameter("--providers does not go with --wild.")
    options: dict[str, object] = {"--data-dir": data_dir}
    if year:
        options |= {"--rounds": ROUNDS, "--days": days or 365}
    _hand_over("orbweaver_trials.wild", json_mode, options, *(["--keep"] if keep else []))


def _hand_over(program: str, json_mode: bool, options: dict[str, object], *flags: str) -> NoReturn:
    arguments = [*(["--json"] if json_mode else []), *flags]
    for name, value in options.items():
        arguments += [] if value is None else [name, str(value)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(SETTINGS)}
    # Replaced, not imported: the demo stands above the entry points, and nothing here may have read a setting.
    command = [sys.executable, "-P", "-m", program, *arguments]
    sys.stdout.flush()
    os.execve(sys.executable, command, environment)  # noqa: S606 - our own program, no shell wanted
