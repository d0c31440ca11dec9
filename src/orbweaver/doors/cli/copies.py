"""``orbweaver copies`` and ``copies-worker``: edited copies of held pictures, found and shown with their regions."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from orbweaver.doors.cli.output import ExitCode, JsonOption, console, emit, notes, say
from orbweaver.doors.cli.run import StatusPortOption
from orbweaver.doors.cli.session import open_session
from orbweaver.doors.cli.worker import stopped_by_signals
from orbweaver.platform.runtime.limits import WORKER
from orbweaver.platform.runtime.stacks import write_stacks_on_signal

if TYPE_CHECKING:
    from orbweaver.detect.copies.decoding import Decoders
    from orbweaver.detect.copies.results import Answer, CopyMatch

copies = typer.Typer(help="Copies of held pictures: cropped, covered, framed, in collages.", no_args_is_help=True)

SAME_SPEED = 0.015
"""Share by which a speed differs before it is said."""


def register(app: typer.Typer) -> None:
    """Add ``copies`` and ``copies-worker``."""
    app.add_typer(copies, name="copies")
    app.command("copies-worker")(copies_worker)


@copies.command("status")
def status(json_mode: JsonOption = False) -> None:
    """How many pictures are held, what waits to be compared with them, and what came of it so far."""
    with open_session():
        from orbweaver.detect.held.status import status as found

        stands = found()
    if json_mode:
        emit(stands)
        return
    if not stands["archive"]:
        console.print("The archive is off: nothing is held.")
    console.print(
        f"{stands['held']:,} held of {stands['own_entries']:,} own entries; {stands['waiting']:,} wait, with room for "
        f"{stands['room']:,}; {stands['dropped']:,} dropped; {stands['compared']:,} compared: {stands['proved']:,} "
        f"proved, {stands['suspected']:,} suspected; {stands['kept']:,} kept for what is held later.",
        highlight=False,
    )


@copies.command("rebuild")
def rebuild(json_mode: JsonOption = False) -> None:
    """Make what is kept of all held pictures again, out of the archive: after a change of how, or of the key.

    Needs the master key of the archive. Copies that were found stay. Exit code 4 when a picture could not be read.
    """
    with open_session():
        from orbweaver.detect.copies.decoding import Decoders
        from orbweaver.detect.held.references import hold_anew
        from orbweaver.platform.clock import now

        with Decoders() as decoders:
            made, failed = hold_anew(decoders, now())
    if json_mode:
        emit({"made": made, "failed": failed})
    else:
        console.print(f"{made:,} made anew, {failed:,} could not be read.", highlight=False)
    if failed:
        raise typer.Exit(ExitCode.PARTLY)


def copies_worker(
    once: Annotated[bool, typer.Option("--once", help="Do what is due now, then end.")] = False,
    status_port: StatusPortOption = None,
    json_mode: JsonOption = False,
) -> None:
    """Hold pictures that were judged to be removed, and look for edited copies of them; until stopped.

    One is enough. It needs the master key of the archive, and does nothing while the archive is off.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    write_stacks_on_signal()
    with open_session(limits=WORKER):
        from orbweaver.doors.workers.copies import CopiesWorker
        from orbweaver.platform.runtime.status import status_served

        work = CopiesWorker()
        with status_served(None if once else status_port), stopped_by_signals(work.stop):
            if not once:
                say("The copies worker is running. Ctrl-C lets it finish what it has in hand.")
                work.run()
                return
            done = work.run_once()
    if json_mode:
        emit(done)
    else:
        console.print(", ".join(f"{name}: {number}" for name, number in sorted(done.items())) or "Nothing was due.")


@copies.command("match")
def match(
    references: Annotated[list[Path], typer.Option("--references", metavar="DIR", help="Pictures that are held.")],
    queries: Annotated[Path, typer.Option("--queries", metavar="DIR", help="Pictures to look for them in.")],
    hashes_only: Annotated[
        bool, typer.Option("--hashes-only", help="As for lists that carry hashes alone: by pieces, without pixels.")
    ] = False,
    model: Annotated[
        Path | None,
        typer.Option(
            "--model",
            metavar="FILE",
            help="An ONNX file that embeds pictures, such as SSCD: it proposes more, and pixels prove as before.",
        ),
    ] = None,
    json_mode: JsonOption = False,
) -> None:
    """Find copies of the pictures and videos in some folders in those of another. Needs no database; nothing is kept.

    Of a video it says which parts are parts of held videos, with times in both; of a still, which moment it is. Of an
    animated picture it says both. Nothing is fetched: a model is used if you have one.

    With --json one object a line and query, and a summary last. Exit code 4 when a query had an error.
    """
    if model is not None and hashes_only:
        raise typer.BadParameter("With --hashes-only no pictures are compared, so no model is used.")
    from orbweaver.detect.copies.decoding import Decoders

    with Decoders() as decoders:
        _match(decoders, references, queries, hashes_only=hashes_only, model_path=model, json_mode=json_mode)


def _match(
    decoders: Decoders,
    references: list[Path],
    queries: Path,
    *,
    hashes_only: bool,
    model_path: Path | None,
    json_mode: bool,
) -> None:
    from orbweaver.detect.copies.embedding import Model
    from orbweaver.detect.copies.folders import answers, collected, nothing_there
    from orbweaver.doors.cli.scanning.sources import walk

    model = None if model_path is None else Model(model_path)
    collection = collected(walk(references), decoders, model)
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
        "model": None if model is None else model.name,
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
