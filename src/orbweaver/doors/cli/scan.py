"""``orbweaver scan``: which files below some folders are known. Nothing of them is kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orbweaver.doors.cli.output import ExitCode, JsonOption, emit, notes, progress
from orbweaver.doors.cli.session import open_session

if TYPE_CHECKING:
    from orbweaver.detect.matching.filtering import Told
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
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Files and folders, all subfolders included.")],
    json_mode: JsonOption = False,
    all_files: Annotated[bool, typer.Option("--all", help="Name every file, not only matches and errors.")] = False,
) -> None:
    """Match files against the hash lists. Broken, huge and hostile files are reported and skipped.

    Single frames of videos are a possible match, for a person to look at (no-known-match, and near as match_type). With
    --json one object a line and file, with its matches. Exit code 4 when a file could not be read at all; one that is
    no picture, or a broken one, is reported and is no failure of the scan.
    """
    from orbweaver.doors.cli.files import fingerprints_of, walk

    counts = {"files": 0, "matched": 0, "possible": 0, "errors": 0, "unread": 0}
    with open_session():
        from orbweaver.detect.matching.index import open_index

        index = open_index()
        index.sync()
        index.merge()  # once, where much is fresh: each look-up would cost several times as much
        with progress(json_mode) as display:
            task = display.add_task("Scanning", total=None)
            results = fingerprints_of(walk(paths))
            while batch := list(islice(results, BATCH)):
                for scanned in _matched(batch, index):
                    _count(counts, scanned)
                    _show(scanned, json_mode=json_mode, all_files=all_files)
                display.update(task, completed=counts["files"])
        index.close()
    if not json_mode:
        possible = f"{counts['possible']:,} possible, " if counts["possible"] else ""
        notes.print(
            f"{counts['files']:,} files, [bold]{counts['matched']:,} matched[/], {possible}"
            f"{counts['errors']:,} with an error.",
            highlight=False,
        )
    if counts["unread"]:
        raise typer.Exit(ExitCode.PARTLY)


@dataclass(frozen=True)
class Scanned:
    """A file with its matches, what decides first, and what they come to."""

    result: FileResult
    matches: list[dict[str, Any]]
    told: Told

    @property
    def error(self) -> str | None:
        """Why it could not be read, or read whole."""
        return self.result.fingerprints.error if self.result.fingerprints else self.result.error


def _matched(batch: Sequence[FileResult], index: ListIndex) -> Iterator[Scanned]:
    from orbweaver.detect.matching.filtering import Told, what_to_tell
    from orbweaver.detect.matching.selectors import known_matches, marks_of

    readable = [result.fingerprints for result in batch if result.fingerprints]
    hits = iter(index.lookup(readable) if readable else [])
    for result in batch:
        found = known_matches(next(hits)) if result.fingerprints else []
        yield Scanned(
            result,
            [
                {
                    "list": entry.hash_list.name,
                    "entry": entry.public_id,
                    "kind": hit.kind,
                    "distance": hit.distance,
                    "kinds": hit.distances,
                    "classification": entry.classification,
                    "source": entry.source,
                    "mark": marks_of(hit, entry),
                }
                for hit, entry in found
            ],
            what_to_tell(result.fingerprints, found) if result.fingerprints else Told(),
        )


def _count(counts: dict[str, int], scanned: Scanned) -> None:
    counts["files"] += 1
    counts["matched"] += scanned.told.match_type is not None and not scanned.told.is_possible
    counts["possible"] += scanned.told.is_possible
    counts["errors"] += scanned.error is not None
    counts["unread"] += scanned.result.error in UNREAD


def _show(scanned: Scanned, *, json_mode: bool, all_files: bool) -> None:
    from orbweaver.doors.cli.files import as_json, print_file

    result, told = scanned.result, scanned.told
    if json_mode:
        answer = {
            "classification": told.classification,
            "match_type": told.match_type,
            "needs_a_look": told.needs_a_look,
            "graver_to_look_at": told.graver_to_look_at,
            "matches": scanned.matches,
        }
        emit({**as_json(result), **answer})
    elif told.is_possible:
        print_file(result, f"possible ({told.distance} bits)", "bold yellow")
    elif told.match_type is not None:
        how = "exact" if told.match_type == "exact" else f"{told.distance} bits"
        look = ", to be looked at" if told.needs_a_look else ""
        look += f"; {told.graver_to_look_at} to be looked at" if told.graver_to_look_at else ""
        print_file(result, f"{told.classification} ({how}{look})", "bold red")
    elif error := scanned.error:
        print_file(result, error, "yellow")
    elif all_files:
        print_file(result, "no known match", "dim")
