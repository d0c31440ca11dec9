"""How commands speak: JSON alone on standard output for scripts, tables for people, notes on standard error."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from orbweaver.errors import OrbweaverError
from orbweaver.platform.runtime.jsonlogs import are_json, write

console = Console()
notes = Console(stderr=True)


class ExitCode(IntEnum):
    """What a command's exit code means."""

    OK = 0
    ERROR = 1
    USAGE = 2
    ALREADY_RUNNING = 3
    PARTLY = 4
    MATCHED = 5
    SHUT_OUT = 6


JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON only, for scripts.")]


def emit(value: Any) -> None:
    """One JSON value on one line of standard output, at once."""
    sys.stdout.write(json.dumps(value, ensure_ascii=True, default=str) + "\n")
    sys.stdout.flush()


def say(text: str) -> None:
    """What a part that stays says of itself: a note for a person, or a line of its log where logs are JSON."""
    if are_json():
        write(logging.INFO, text)
    else:
        notes.print(text, highlight=False, soft_wrap=not notes.is_terminal)


def report_error(error: OrbweaverError) -> None:
    """The message of an error, for a person, with its stable code; one line in a file, so that a search finds it."""
    if are_json():
        write(logging.ERROR, str(error), error.code)
        return
    notes.print(f"[bold red]error[/] [dim]{error.code}[/] ", end="")
    notes.print(str(error), markup=False, highlight=False, soft_wrap=not notes.is_terminal)


@contextmanager
def progress(json_mode: bool) -> Iterator[Progress]:
    """A progress display on standard error; silent with ``--json`` and where there is no terminal."""
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=notes,
        disable=json_mode or not notes.is_terminal,
        transient=True,
    ) as display:
        yield display
