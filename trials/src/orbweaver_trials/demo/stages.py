"""Progress for people: one line for each step of the loop, on standard error."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

STAGES = {
    "lead": "Lead: addresses to begin with, one from the public form",
    "crawl": "Crawl: pages fetched",
    "fingerprint": "Fingerprint: pictures processed",
    "match": "Match: pictures found that are known",
    "review": "Review: items decided by analysts, blind",
    "notice": "Notice: addresses that providers were told of",
    "recheck": "Recheck: checks of notified addresses",
    "removal": "Removal: addresses confirmed gone, twice",
    "figures": "Public figures: compared with the world's own book",
}
"""The steps of the loop, in their order, in words."""


@dataclass
class Stage:
    """How far one step has come."""

    done: int = 0
    total: int = 0
    task: TaskID | None = None
    finished: bool = False


class Stages:
    """Shows steps: bars at a terminal, else a line when one is complete."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._began = time.monotonic()
        self._stages = {name: Stage() for name in STAGES}
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
        )

    @contextmanager
    def shown(self) -> Iterator[Stages]:
        """Show them within the block."""
        with self._progress:
            yield self

    def say(self, words: str) -> None:
        """A line that stays."""
        self._console.print(f"[dim]{self._elapsed():5.1f} s[/] {words}", highlight=False, soft_wrap=True)

    def _elapsed(self) -> float:
        return time.monotonic() - self._began

    def update(self, name: str, done: int, total: int) -> None:
        """Set how far a step has come; ``done`` never shows more than ``total``."""
        stage = self._stages[name]
        if stage.task is None:
            stage.task = self._progress.add_task(STAGES[name], total=total)
        stage.done, stage.total = min(done, total), total
        self._progress.update(stage.task, completed=stage.done, total=total)
        if stage.done >= total and not stage.finished:
            stage.finished = True
            if not self._console.is_terminal:
                self.say(f"{STAGES[name]} ({total})")

    def reached(self, name: str) -> int:
        """How far a step has come."""
        return self._stages[name].done

    def reached_in_all(self) -> int:
        """Grows whenever a step comes further, and ends when all have."""
        return sum(stage.done for stage in self._stages.values())

    def open_names(self) -> list[str]:
        """The names of the steps that are not complete."""
        return [name for name, stage in self._stages.items() if not stage.finished]

    def unfinished(self) -> list[str]:
        """The steps that are not complete, in words, with how far they came."""
        return [
            f"{STAGES[name]} ({stage.done} of {stage.total or '?'})"
            for name, stage in self._stages.items()
            if not stage.finished
        ]
