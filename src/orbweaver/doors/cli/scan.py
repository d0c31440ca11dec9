"""``orbweaver scan``: which files below some folders are known. Nothing of them is kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orbweaver.doors.cli.output import ExitCode, JsonOption, emit, notes, progress
from orbweaver.doors.cli.session import open_session

if TYPE_CHECKING:
    from orbweaver.detect.matching.index import ListIndex
    from orbweaver.fingerprints.files import FileResult

BATCH = 64
"""Files looked up together."""

UNREAD = frozenset({"not_found", "unreadable", "changed"})
"""Errors of files whose bytes were not seen whole."""


def register(app: typer.Typer) -> None:
    """Add ``scan``."""
    app.command("scan")(scan)


def scan(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Files and folders, searched to the bottom.")],
    json_mode: JsonOption = False,
    all_files: Annotated[bool, typer.Option("--all", help="Name every file, not only matches and errors.")] = False,
) -> None:
    """Match files against the hash lists. Broken, huge and hostile files are reported and skipped.

    With --json one object a line and file, with its matches. Exit code 4 when a file could not be read at all; one that
    is no picture, or a broken one, is reported and is no failure of the scan.
    """
    from orbweaver.doors.cli.files import fingerprints_of, walk

    counts = {"files": 0, "matched": 0, "errors": 0, "unread": 0}
    with open_session():
        from orbweaver.detect.matching.index import open_index

        index = open_index()
        with progress(json_mode) as display:
            task = display.add_task("Scanning", total=None)
            results = fingerprints_of(walk(paths))
            while batch := list(islice(results, BATCH)):
                for result, matches in _matched(batch, index):
                    _count(counts, result, matches)
                    _show(result, matches, json_mode=json_mode, all_files=all_files)
                display.update(task, completed=counts["files"])
        index.close()
    if not json_mode:
        notes.print(
            f"{counts['files']:,} files, [bold]{counts['matched']:,} matched[/], {counts['errors']:,} with an error.",
            highlight=False,
        )
    if counts["unread"]:
        raise typer.Exit(ExitCode.PARTLY)


def _matched(batch: Sequence[FileResult], index: ListIndex) -> Iterator[tuple[FileResult, list[dict[str, Any]]]]:
    from orbweaver.detect.matching.selectors import known_matches

    readable = [result.fingerprints for result in batch if result.fingerprints]
    hits = iter(index.lookup(readable) if readable else [])
    for result in batch:
        found = known_matches(next(hits)) if result.fingerprints else []
        yield (
            result,
            [
                {
                    "list": entry.hash_list.name,
                    "entry": entry.public_id,
                    "kind": hit.kind,
                    "distance": hit.distance,
                    "classification": entry.classification,
                    "source": entry.source,
                }
                for hit, entry in found
            ],
        )


def _error(result: FileResult) -> str | None:
    return result.fingerprints.error if result.fingerprints else result.error


def _count(counts: dict[str, int], result: FileResult, matches: Sequence[dict[str, Any]]) -> None:
    counts["files"] += 1
    counts["matched"] += bool(matches)
    counts["errors"] += _error(result) is not None
    counts["unread"] += result.error in UNREAD


def _show(result: FileResult, matches: Sequence[dict[str, Any]], *, json_mode: bool, all_files: bool) -> None:
    from orbweaver.doors.cli.files import as_json, print_file

    if json_mode:
        emit({**as_json(result), "matches": matches})
    elif matches:
        nearest = matches[0]
        how = "exact" if nearest["kind"] != "pdq" else f"{nearest['distance']} bits"
        print_file(result, f"{nearest['classification']} ({how})", "bold red")
    elif error := _error(result):
        print_file(result, error, "yellow")
    elif all_files:
        print_file(result, "no known match", "dim")
