"""``orbweaver copies``: copies of held pictures, found in other pictures and shown with their regions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from orbweaver.doors.cli.output import ExitCode, JsonOption, console, emit, notes

if TYPE_CHECKING:
    from orbweaver.detect.copies.decoding import Decoders
    from orbweaver.detect.copies.results import Answer, CopyMatch

copies = typer.Typer(help="Copies of held pictures: cropped, covered, framed, in collages.", no_args_is_help=True)

SAME_SPEED = 0.015
"""Share by which a speed differs before it is said."""


def register(app: typer.Typer) -> None:
    """Add ``copies``."""
    app.add_typer(copies, name="copies")


@copies.command("match")
def match(
    references: Annotated[list[Path], typer.Option("--references", metavar="DIR", help="Pictures that are held.")],
    queries: Annotated[Path, typer.Option("--queries", metavar="DIR", help="Pictures to look for them in.")],
    hashes_only: Annotated[
        bool, typer.Option("--hashes-only", help="As for lists that carry hashes alone: by pieces, without pixels.")
    ] = False,
    json_mode: JsonOption = False,
) -> None:
    """Find copies of the pictures and videos in some folders in those of another. Needs no database; nothing is kept.

    Of a video it says which parts are parts of held videos, with times in both; of a still, which moment it is.

    With --json one object a line and query, and a summary last. Exit code 4 when a query had an error.
    """
    from orbweaver.detect.copies.decoding import Decoders

    with Decoders() as decoders:
        _match(decoders, references, queries, hashes_only=hashes_only, json_mode=json_mode)


def _match(decoders: Decoders, references: list[Path], queries: Path, *, hashes_only: bool, json_mode: bool) -> None:
    from orbweaver.detect.copies.folders import answers, collected, nothing_there
    from orbweaver.doors.cli.scanning.sources import walk

    collection = collected(walk(references), decoders)
    for path, code in collection.errors.items():
        notes.print(f"{path}: {code}", markup=False, highlight=False)
    matcher = collection.matcher(hashes_only=hashes_only)
    table = Table("query", "gate", "ms", "reference", "proof", "decision", "edits", "agreement")
    spent: list[float] = []
    failed = False
    paths = [path for path in walk([queries]) if path != queries]
    films = collection.films.matcher()
    for answer in answers(matcher, films, paths, decoders) if paths else [nothing_there(queries)]:
        failed = failed or answer.error is not None
        if answer.error is None:
            spent.append(answer.ms)
        if json_mode:
            emit(answer.as_json())
        else:
            _add(table, answer)
    summary: dict[str, Any] = {
        "references": collection.count,
        "ms_mean": round(sum(spent) / len(spent), 3) if spent else 0.0,
        "bytes_per_reference": round(matcher.bytes_per_reference),
        "model": None,
    }
    if json_mode:
        emit({"summary": summary})
    else:
        console.print(table)
        console.print(
            f"{summary['references']:,} references of {summary['bytes_per_reference']:,} bytes, "
            f"{summary['ms_mean']:.1f} ms a query.",
            highlight=False,
        )
    if failed:
        raise typer.Exit(ExitCode.PARTLY)


def _add(table: Table, answer: Answer) -> None:
    """The rows of one query: one for each match, or one that says why there is none."""
    first = (answer.query, answer.error or answer.gate, f"{answer.ms:.1f}")
    if not answer.matches and not answer.segments:
        table.add_row(*first, "", "", "", "", "")
    shown = [*map(_match_cells, answer.matches), *map(_segment_cells, answer.segments)]
    for number, cells in enumerate(shown):
        table.add_row(*(first if number == 0 else ("", "", "")), *cells)


def _match_cells(found: CopyMatch) -> tuple[str, ...]:
    where = "" if found.time_s is None else f" at {found.time_s:.1f} s"
    edits = ", ".join(found.edits)
    return found.reference + where, found.proof, found.decision, edits, f"{found.agreement:.2f}"


def _segment_cells(segment: dict[str, Any]) -> tuple[str, ...]:
    times = "{query_start:.1f}-{query_end:.1f} s is {reference_start:.1f}-{reference_end:.1f} s".format(**segment)
    speed = "" if abs(segment["speed"] - 1) < SAME_SPEED else f", speed {segment['speed']:.2f}"
    return segment["reference"], "frames", "proved", times + speed + (", mirrored" if segment["mirrored"] else ""), ""
