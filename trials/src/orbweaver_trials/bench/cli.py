"""``orbweaver bench``: measure this installation beside the peers."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from orbweaver_trials.bench.result import BenchResult, Progress, merged

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object with rows and ratios, for scripts.")]
QuickOption = Annotated[bool, typer.Option("--quick", help="Fewer repetitions and smaller lists: within one minute.")]
MinutesOption = Annotated[float, typer.Option("--minutes", help="Crawl for so long, alone, and follow the memory.")]
SamplesOption = Annotated[
    Path | None,
    typer.Option("--samples", help="With --minutes: write memory there (crawl-memory.jsonl here), and a plot."),
]
FullOption = Annotated[
    bool, typer.Option("--full", help="Lists of 100 million entries (12 GB of memory) and the plots too: takes long.")
]

app = typer.Typer(
    help="Measure speed and memory beside the peers (threatexchange, pdqhash, faiss), in one run on this machine.",
    invoke_without_command=True,
)


@app.callback()
def both(
    context: typer.Context, json_mode: JsonOption = False, quick: QuickOption = False, full: FullOption = False
) -> None:
    """Hashing and search, one after the other, when neither is named."""
    if context.invoked_subcommand is None:
        _show([_hash(quick), _search(quick, full)], json_mode)
    elif json_mode or quick or full:  # they would be passed over, and --quick would measure in full
        name = context.invoked_subcommand
        raise typer.BadParameter(f"Options stand behind what is measured: orbweaver bench {name} --quick --json")


@app.command("hash")
def hash_command(json_mode: JsonOption = False, quick: QuickOption = False) -> None:
    """PDQ of JPEGs at 1, 2 and 4 megapixels: ours, threatexchange, pdqhash, the decoder alone."""
    _show([_hash(quick)], json_mode)


@app.command("search")
def search_command(json_mode: JsonOption = False, quick: QuickOption = False, full: FullOption = False) -> None:
    """Exact radius search in 1 and 10 million hashes: ours and faiss."""
    _show([_search(quick, full)], json_mode)


@app.command("crawl")
def crawl_command(
    json_mode: JsonOption = False,
    quick: QuickOption = False,
    minutes: MinutesOption = 0.0,
    samples: SamplesOption = None,
) -> None:
    """The crawler, end to end, over a generated site on loopback against 1 million entries, and Scrapy with pdqhash."""
    from orbweaver_trials.bench.crawl import run_crawl, run_for

    if minutes > 0:
        _show([run_for(minutes, samples or Path("crawl-memory.jsonl"), _progress())], json_mode)
    else:
        _show([run_crawl(quick, _progress())], json_mode)


@app.command("api")
def api_command(json_mode: JsonOption = False, quick: QuickOption = False) -> None:
    """The scan API over HTTP and HMA's own path (threatexchange behind gunicorn): the same pictures and hashes."""
    from orbweaver_trials.bench.api import run_api

    _show([run_api(quick, _progress())], json_mode)


@app.command("copies")
def copies_command(
    json_mode: JsonOption = False,
    quick: QuickOption = False,
    full: Annotated[
        bool, typer.Option("--full", help="A million pictures and 1,000 hours of videos too: 8 GB of memory, hours.")
    ] = False,
    photographs: Annotated[
        Path | None, typer.Option("--photographs", help="Pictures to hold and to copy, in place of drawn ones.")
    ] = None,
    others: Annotated[
        Path | None, typer.Option("--others", help="Pictures that are not held: else half of the photographs.")
    ] = None,
    model: Annotated[
        Path | None, typer.Option("--model", help="Measure with this model too, an ONNX file, and it alone.")
    ] = None,
    kept: Annotated[
        Path | None, typer.Option("--keep", help="File for what was measured: a run that ended goes on there.")
    ] = None,
    plot: Annotated[Path | None, typer.Option("--plot", help="Draw the time by the number of references, SVG.")] = None,
) -> None:
    """Copies of held pictures under every edit, ours and PDQ's: found, falsely proved, time; and parts of held videos.

    Of videos: all sources named with their times, and no other; an hour against many hours.
    """
    from orbweaver_trials.bench.copies import plot_of, run_copies
    from orbweaver_trials.bench.copies_films import run_copies_films

    figures = run_copies(photographs, quick, full, _progress(), others=others, model=model, kept=kept)
    if plot is not None:
        plot_of(figures, plot)
    films = run_copies_films(quick, full, _progress())
    if json_mode:
        typer.echo(json.dumps(figures | films.figures))
        return
    films.render(Console())
    for name, value in figures.items():
        typer.echo(f"{name:<28} {value}")


@app.command("idle")
def idle_command(
    json_mode: JsonOption = False,
    seconds: Annotated[float, typer.Option("--seconds", min=5, help="Watch it for so long.")] = 60.0,
) -> None:
    """What an installation costs that has nothing to do: processor time, memory and processes of `orbweaver up`."""
    from orbweaver_trials.bench.idle import run_idle

    _show([run_idle(seconds, _progress())], json_mode)


@app.command("seen")
def seen_command(
    json_mode: JsonOption = False,
    quick: QuickOption = False,
    full: Annotated[bool, typer.Option("--full", help="100 million fingerprints: 7 GB of disk, minutes.")] = False,
) -> None:
    """How soon new list entries meet what was seen before them: 1, 1,000 and 100,000 among 10 million fingerprints."""
    from orbweaver_trials.bench.seen import run_seen

    _show([run_seen(quick, full, _progress())], json_mode)


@app.command("ledger")
def ledger_command(
    json_mode: JsonOption = False,
    quick: QuickOption = False,
    full: Annotated[bool, typer.Option("--full", help="2 million rows: 2 GB of disk, minutes.")] = False,
) -> None:
    """What matching everything ever seen with later lists costs: rows a core-second, by one process and by two."""
    from orbweaver_trials.bench.ledger import run_ledger

    _show([run_ledger(quick, full, _progress())], json_mode)


@app.command("frontier")
def frontier_command(json_mode: JsonOption = False, quick: QuickOption = False) -> None:
    """What an address costs PostgreSQL with 1, 16 and 64 crawlers on one frontier, and who waits for locks."""
    from orbweaver_trials.bench.frontier import run_frontier

    _show([run_frontier(quick, _progress())], json_mode)


@app.command("pages")
def pages_command(json_mode: JsonOption = False, quick: QuickOption = False) -> None:
    """How soon every page answers for every role: 1 million items, 100,000 notices and 10 analysts at work."""
    from orbweaver_trials.bench.pages import run_pages

    _show([run_pages(quick, _progress())], json_mode)


@app.command("import")
def import_command(
    json_mode: JsonOption = False,
    quick: QuickOption = False,
    full: Annotated[bool, typer.Option("--full", help="10 million rows: 8 GB of disk, minutes.")] = False,
) -> None:
    """A list of a million rows comes in, comes again and is written: rows a second, processor time, peak memory."""
    from orbweaver_trials.bench.importing import run_import

    _show([run_import(quick, full, _progress())], json_mode)


def _hash(quick: bool) -> BenchResult:
    from orbweaver_trials.bench.hash import run_hash

    return run_hash(quick, _progress())


def _search(quick: bool, full: bool) -> BenchResult:
    run_search: Callable[[bool, bool, Progress], BenchResult] = importlib.import_module(
        "orbweaver_trials.bench.search"
    ).run_search
    return run_search(quick, full, _progress())


def _progress() -> Progress:
    """What is being measured, on standard error, so that standard output stays the result alone."""
    notes = Console(stderr=True)
    return lambda text: notes.print(f"[dim]{text} …[/]", highlight=False)


def _show(results: list[BenchResult], json_mode: bool) -> None:
    if json_mode:
        typer.echo((results[0] if len(results) == 1 else merged(results)).to_json())
        return
    console = Console()
    for result in results:
        result.render(console)
