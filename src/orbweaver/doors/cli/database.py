"""``orbweaver database``: the whole database to a file, and from it into an empty one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orbweaver.doors.cli.output import JsonOption, console, emit
from orbweaver.errors import AlreadyRunning
from orbweaver.platform.settings import PlatformSettings

commands = typer.Typer(help="The database as one file: for backups, and to move.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add ``database``."""
    app.add_typer(commands, name="database")


@commands.command("dump")
def dump(
    file: Annotated[Path, typer.Argument(help="File to write, readable by its owner alone; an older one is replaced.")],
    json_mode: JsonOption = False,
) -> None:
    """Write the whole database to a file, as it is at one instant. `up` may go on running."""
    from orbweaver.platform.runtime.database import database
    from orbweaver.platform.runtime.dump import dump_database

    config = PlatformSettings.current()
    with database(config) as url:
        dump_database(config, url, file)
    _say("dumped", file, json_mode)


@commands.command("load")
def load(
    file: Annotated[Path, typer.Argument(help="File that `database dump` wrote.")], json_mode: JsonOption = False
) -> None:
    """Fill a new, empty database from a file: all of it or nothing. Refused where anything is in the database."""
    from orbweaver.platform.runtime.database import database
    from orbweaver.platform.runtime.dump import load_database
    from orbweaver.platform.runtime.installation import describe_running, lock_of
    from orbweaver.platform.runtime.postgres import make_data_dir

    config = PlatformSettings.current()
    data_dir = PlatformSettings.current().data_dir.absolute()
    make_data_dir(data_dir)
    lock = lock_of(data_dir)  # held while loading: no installation may start on half of it
    if not lock.acquire():
        raise AlreadyRunning(describe_running(data_dir))
    try:
        with database(config) as url:
            load_database(config, url, file)
    finally:
        lock.release()
    _say("loaded", file, json_mode)


def _say(done: str, file: Path, json_mode: bool) -> None:
    if json_mode:
        emit({done: str(file), "bytes": file.stat().st_size})
    else:
        console.print(f"{done.capitalize()}: {file} ({file.stat().st_size:,} bytes).", highlight=False)
