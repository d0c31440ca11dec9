"""The command line: ``orbweaver``. Each command lives in a file of its own and registers itself here.

Exit codes: 0 all done, 1 an error, 2 wrong usage, 3 already running, 4 done in part (some files or rows were refused),
5 a scan found something that is known, 6 a machine of a fleet that was revoked: to start it again is of no use.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import os
import pkgutil
import sys
from collections.abc import Callable, Sequence
from functools import cache
from importlib.metadata import entry_points, version
from typing import Annotated, Any

import typer

from orbweaver.doors.cli.output import ExitCode, report_error
from orbweaver.errors import AlreadyRunning, OrbweaverError
from orbweaver.platform.runtime.jsonlogs import are_json, be_part, write_crashes
from orbweaver.platform.runtime.logfiles import hide_messages_of_crashes
from orbweaver.platform.runtime.messages import SHUT_OUT

COMMANDS = "orbweaver.commands"
"""Group of entry points by which another distribution adds commands: functions that take the application."""

COMMANDS_OF = {
    "backup": ("backup", "restore"),
    "brought_back": ("restored",),
    "copies": ("copies", "copies-worker"),
    "crawl": ("crawl", "crawl-worker"),
    "machines": ("machines", "join", "leave"),
    "run": ("up", "web", "migrate", "doctor"),
}
"""Module → its commands, where these are more than one of the module's name."""

app = typer.Typer(
    name="orbweaver",
    help="Find, assess and remove known child sexual abuse imagery. Start with: orbweaver up",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"orbweaver {version('orbweaver')}")
        raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Find, assess and remove known child sexual abuse imagery. Start with: orbweaver up"""


@cache
def build(wanted: str = "") -> typer.Typer:
    """The application with all commands, made once: every module of this folder that has ``register`` adds its own.

    So does every distribution installed beside this one that names such a function under :data:`COMMANDS`. Where
    ``wanted`` is a command of ours, its module alone is loaded: all of them take longer than most commands.
    """
    names = [module.name for module in pkgutil.iter_modules(__path__)]
    if any(_add(name) for name in names if wanted in COMMANDS_OF.get(name, (name,))):
        return app
    for name in names:
        _add(name)
    for command in entry_points(group=COMMANDS):
        command.load()(app)
    return app


def _add(name: str) -> bool:
    """Add the commands of a module, where it has some."""
    register = getattr(importlib.import_module(f"{__name__}.{name}"), "register", None)
    if register is not None:
        register(app)
    return register is not None


def _collect_seldom() -> None:
    """Spare the garbage collector what a command loads and keeps to its end: a fifth of its start and its end."""
    gc.set_threshold(20_000, 20, 20)
    atexit.register(gc.freeze)  # or the interpreter goes through all of it once more before it ends


def made_ready(words: Sequence[str]) -> Callable[[], None]:
    """``orbweaver`` with these words, of which a command of ours is read now: what it takes is shared with those that
    are forked from here (6 MB for each of them)."""
    name, *options = words
    group = typer.main.get_command(build(name))
    command: Any = group.commands.get(name) if isinstance(group, typer.core.TyperGroup) else None
    context: Any = command.make_context(name, list(options)) if command else None

    def invoked() -> None:
        try:
            with context:
                command.invoke(context)
        except typer.Exit as ended:
            sys.exit(ended.exit_code)

    def run() -> None:
        sys.argv = ["orbweaver", *words]
        if command is None:
            main()
        else:
            _guarded(name, invoked)

    return run


def main() -> None:
    """Entry point of the ``orbweaver`` command."""
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""

    def run() -> None:
        build(wanted)()

    _guarded(wanted, run)


def _guarded(wanted: str, run: Callable[[], None]) -> None:
    """Run a command, and end as is said above where it fails."""
    _collect_seldom()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "orbweaver.platform.django_settings")
    be_part(wanted or "command")
    if are_json():
        write_crashes()
    else:
        hide_messages_of_crashes()
    try:
        run()
    except AlreadyRunning as error:
        report_error(error)
        sys.exit(ExitCode.ALREADY_RUNNING)
    except OrbweaverError as error:
        report_error(error)
        sys.exit(ExitCode.SHUT_OUT if error.message.code == SHUT_OUT.code else ExitCode.ERROR)
    except BrokenPipeError:
        # The reader went away (`| head`): nothing is left to say to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(ExitCode.ERROR)
