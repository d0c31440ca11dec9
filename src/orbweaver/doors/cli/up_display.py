"""What ``orbweaver up`` shows: a live table at a terminal, plain lines elsewhere, JSON lines for scripts."""

from __future__ import annotations

import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.table import Table
from rich.text import Text

from orbweaver.doors.cli.output import console, emit
from orbweaver.platform.clock import real_now
from orbweaver.platform.runtime.installation import Installation
from orbweaver.platform.runtime.jsonlogs import are_json, write
from orbweaver.platform.runtime.supervisor import State

COLOURS = {
    State.STARTING: "yellow",
    State.RUNNING: "green",
    State.RESTARTING: "yellow",
    State.STOPPING: "yellow",
    State.STOPPED: "dim",
    State.FAILED: "bold red",
}


SETUP_LINK_KEPT = (
    "There is no administrator yet. The link that makes one is kept out of logs: orbweaver up --json prints it"
)


class JsonLines:
    """Every event as it is."""

    def watch(self, installation: Installation) -> None:
        """Nothing to watch: events say everything."""

    def event(self, event: dict[str, Any]) -> None:
        """Print the event."""
        emit(event)


class PlainLines:
    """A line for each event, with the time."""

    def watch(self, installation: Installation) -> None:
        """Nothing to watch: events say everything."""

    def event(self, event: dict[str, Any]) -> None:
        """Print the event in words; an installation does not end because nobody reads them or a disk is full."""
        with suppress(OSError):
            console.print(f"{real_now():%H:%M:%S} {_words(event)}", markup=False, highlight=False, soft_wrap=True)


class LogLines:
    """A line of the log for each event. A link by which an administrator is made is no matter for logs."""

    def watch(self, installation: Installation) -> None:
        """Nothing to watch: events say everything."""

    def event(self, event: dict[str, Any]) -> None:
        """Write what a person would read, with a code that programs know."""
        level = logging.WARNING if event["event"] == "warning" else logging.INFO
        words = SETUP_LINK_KEPT if event["event"] == "setup_link" else _words(event)
        write(level, words, f"up.{event['event']}")


class LiveTable:
    """The state of each part, kept up to date below the lines that stay."""

    def __init__(self) -> None:
        self._installation: Installation | None = None
        self._live = Live(self, console=console, refresh_per_second=4, transient=True)

    def watch(self, installation: Installation) -> None:
        """Show this installation's parts."""
        self._installation = installation

    def event(self, event: dict[str, Any]) -> None:
        """Print what should stay on the screen; states are in the table."""
        if event["event"] != "state" or event["state"] in (State.RESTARTING, State.FAILED):
            text = Text(_words(event), style="bold" if event["event"] in ("ready", "setup_link", "warning") else "")
            self._live.console.print(text, soft_wrap=True)

    def __rich_console__(self, _console: Console, _options: ConsoleOptions) -> RenderResult:
        if self._installation is None:
            return
        table = Table(box=None, pad_edge=False, header_style="dim")
        for heading in ("part", "state", "for", "process", "restarts"):
            table.add_column(heading)
        for status in self._installation.statuses():
            seconds = int((real_now() - status.since).total_seconds())
            table.add_row(
                status.name,
                Text(status.state, style=COLOURS[status.state]),
                _span(seconds),
                str(status.pid or ""),
                str(status.restarts or ""),
            )
        yield table
        yield Text("Ctrl-C stops everything in order", style="dim")

    @contextmanager
    def running(self) -> Iterator[LiveTable]:
        """Show the table within the block."""
        with self._live:
            yield self


@contextmanager
def display(json_mode: bool) -> Iterator[JsonLines | LogLines | PlainLines | LiveTable]:
    """The display that fits: JSON lines when asked, a live table at a terminal, lines of the log, else plain ones."""
    if json_mode:
        yield JsonLines()
    elif console.is_terminal:
        with LiveTable().running() as table:
            yield table
    elif are_json():
        yield LogLines()
    else:
        yield PlainLines()


def _words(event: dict[str, Any]) -> str:
    match event["event"]:
        case "state":
            words = f"{event['part']} is {event['state']}{_ending(event.get('exit_code'))}"
        case "ready":
            api = event.get("api_address")
            words = f"Orbweaver is ready at {event['address']}" + (f", for programs at {api}" if api else "")
        case "setup_link":
            words = f"There is no administrator yet. Create one, once, at {event['url']}"
        case "warning":
            words = f"Warning: {event['text']}"
        case "protections":
            words = f"around what decodes: {event['text']}"
        case "waiting":
            words = f"waiting for {event['for']}"
        case other:
            words = str(other)
    return words


def _ending(exit_code: int | None) -> str:
    if exit_code is None:
        return ""
    return f" (exit status {exit_code})" if exit_code >= 0 else f" (ended by {signal.Signals(-exit_code).name})"


def _span(seconds: int) -> str:
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
