"""What a benchmark found: rows of a table, ratios between them, other figures, and the machine they were taken on."""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import os
import platform
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from rich.console import Console
from rich.table import Table

from orbweaver.errors import Unavailable

Progress = Callable[[str], None]
"""Called with a few words on what is being measured."""


class PeersMissing(Unavailable):
    """A package that is measured against is not installed."""

    code = "bench_peers_missing"


def peer(module: str) -> ModuleType:
    """Import a package that is only measured against. Raises PeersMissing, which says how to install it."""
    try:
        return importlib.import_module(module)
    except ImportError:
        raise PeersMissing(
            f"{module.partition('.')[0]} is not installed, so there is nothing to measure against. "
            "Install the peers with: pip install 'orbweaver[bench]'"
        ) from None


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds of repeated runs."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle one."""
        return statistics.median(self.seconds)

    @property
    def spread(self) -> float:
        """Distance between the first and the third quartile as a share of the median; 0.0 for fewer than four runs."""
        if len(self.seconds) < 4:
            return 0.0
        first, _, third = statistics.quantiles(self.seconds, n=4)
        return (third - first) / self.median if self.median else 0.0


def this_machine(packages: Sequence[str] = ("orbweaver", "numpy", "numba")) -> dict[str, str]:
    """Processor, cores, memory, system, Python and the versions of the packages measured."""
    found = {
        "cpu": _cpu_name(),
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.1f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }
    for package in packages:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found


def _cpu_name() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


@dataclass(slots=True)
class BenchResult:
    """One benchmark's outcome. ``rows`` are what a person reads, ``ratios`` and ``figures`` what a program checks."""

    title: str
    rows: list[dict[str, Any]] = field(default_factory=list)
    """One dictionary a line; lines with the same keys form one table."""
    ratios: dict[str, float] = field(default_factory=dict)
    """Name to number, such as ``vs_threatexchange_1mp``: how many times faster, smaller or longer."""
    figures: dict[str, float] = field(default_factory=dict)
    """Other numbers with a name, such as ``recall_1m``."""
    machine: dict[str, str] = field(default_factory=this_machine)
    notes: list[str] = field(default_factory=list)
    """Sentences on what bounds the numbers, or where a goal was missed."""
    answers: dict[str, Any] = field(default_factory=dict)
    """What a program asks for by name, such as ``slowest``: at the top of the JSON object."""

    def as_dict(self) -> dict[str, Any]:
        """Plain data. ``ratios`` holds the figures too, so that a program finds every number in one place."""
        return {
            "title": self.title,
            "rows": self.rows,
            "ratios": {**self.ratios, **self.figures},
            "figures": self.figures,
            "machine": self.machine,
            "notes": self.notes,
            **self.answers,
        }

    def to_json(self) -> str:
        """One JSON object, numbers rounded to six digits."""
        return json.dumps(_rounded(self.as_dict()), indent=2)

    def render(self, console: Console) -> None:
        """Tables for a terminal."""
        for number, rows in enumerate(_tables(self.rows)):
            console.print(_table(self.title if number == 0 else None, rows))
        for title, values in (("Ratios", self.ratios), ("Figures", self.figures)):
            if values:
                console.print(_table(title, [{"name": name, "value": value} for name, value in values.items()]))
        for note in self.notes:
            console.print(f"- {note}")
        console.print(
            "; ".join(f"{name} {value}" for name, value in self.machine.items()), style="dim", highlight=False
        )


def merged(results: Sequence[BenchResult]) -> BenchResult:
    """Several benchmarks as one: rows one after the other, ratios and figures together."""
    whole = BenchResult(" + ".join(result.title for result in results), machine={})
    for result in results:
        whole.rows += result.rows
        whole.ratios |= result.ratios
        whole.figures |= result.figures
        whole.machine |= result.machine
        whole.notes += result.notes
    return whole


def _tables(rows: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Rows grouped by their keys, in the order of appearance."""
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(tuple(row), []).append(row)
    return list(groups.values())


def _table(title: str | None, rows: list[dict[str, Any]]) -> Table:
    table = Table(title=title, title_justify="left")
    for name, value in rows[0].items():
        table.add_column(
            name.replace("_", " "), justify="right" if isinstance(value, int | float) else "left", no_wrap=True
        )
    for row in rows:
        table.add_row(*(_cell(value) for value in row.values()))
    return table


def _cell(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "" if value is None else str(value)
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_rounded(one) for one in value]
    return value
