"""``orbweaver scan``: which files are known. Nothing of them is kept."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orbweaver.doors.cli.messages import NOTHING_NAMED
from orbweaver.doors.cli.output import ExitCode, JsonOption, emit, notes, progress
from orbweaver.doors.cli.session import open_session

if TYPE_CHECKING:
    from orbweaver.detect.matching.filtering import Told
    from orbweaver.detect.matching.index import ListIndex
    from orbweaver.doors.cli.scanning.results import Results
    from orbweaver.doors.cli.scanning.sources import Item
    from orbweaver.fingerprints.files import FileResult

BATCH = 64
"""Files looked up together."""

UNNAMED = b"-"
"""What comes on standard input is another file each time."""
UNREAD = frozenset({"not_a_file"})
"""Errors of what has no bytes to be read, so that nothing was missed."""


def register(app: typer.Typer) -> None:
    """Add ``scan``."""
    app.command("scan")(scan)


def scan(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PATH...",
            help="Files and folders, all subfolders included, and what is in ZIP archives; - for one file on standard "
            "input.",
        ),
    ] = None,
    listings: Annotated[
        list[Path] | None,
        typer.Option(
            "--from",
            metavar="LISTING",
            help="File with a path or address a line, or a bucket's listing (the XML of S3, or the JSON of aws s3api "
            "list-objects-v2); - for standard input. Repeatable.",
        ),
    ] = None,
    base: Annotated[str, typer.Option(metavar="URL", help="Address below which a listing's keys stand.")] = "",
    results: Annotated[
        Path | None,
        typer.Option(
            "--results",
            metavar="FILE",
            help="Add each result to this file, and scan nothing again that it names but what could not be read.",
        ),
    ] = None,
    jobs: Annotated[int | None, typer.Option(min=1, help="Decoder processes; else one for each processor.")] = None,
    json_mode: JsonOption = False,
    all_files: Annotated[bool, typer.Option("--all", help="Name every file, not only matches and errors.")] = False,
) -> None:
    """Match files against the hash lists. Broken, huge and hostile files are reported and skipped.

    Single frames of videos are a possible match, for a person to look at (no-known-match, and near as match_type). With
    --json one object a line and file, with its matches, and the summary as an object on standard error. With --results
    a scan that was stopped in any way goes on where it was; what could not be read is tried again, and its last line
    counts. Exit code 5 when something is known or possibly so; else 4 when a file could not be read at all; one that is
    no picture, or a broken one, is reported and is no failure of the scan.
    """
    from orbweaver.detect.media.decoders import decoder_pool
    from orbweaver.doors.cli.scanning.results import Results

    if not paths and not listings:
        raise typer.BadParameter(str(NOTHING_NAMED))
    counts = Counts()
    with ExitStack() as stack:
        # first, so that a decoder comes up while the database is opened; the others, where there are many files
        workers = jobs or len(os.sched_getaffinity(0))
        pool = stack.enter_context(decoder_pool(workers, ready=1))
        written = stack.enter_context(Results(results, counts.add)) if results else None
        items = _items(paths or [], listings or [], base, stack)
        if written is not None:
            items = (item for item in items if item.name == UNNAMED or not written.has(item.name))
        stack.enter_context(open_session())
        from orbweaver.doors.cli.scanning.files import fingerprints_of

        found = fingerprints_of(items, pool, workers)
        _match_and_say(found, counts, written, stack, json_mode=json_mode, all_files=all_files)
    _sum_up(counts, json_mode=json_mode)


def _match_and_say(
    found: Iterator[FileResult],
    counts: Counts,
    written: Results | None,
    stack: ExitStack,
    *,
    json_mode: bool,
    all_files: bool,
) -> None:
    display = stack.enter_context(progress(json_mode))
    task = display.add_task("Scanning", total=None)
    for batch in _looked_up(found, stack):
        objects = [_object(scanned) for scanned in batch]
        if written is not None:
            written.add(objects)
        for scanned, each in zip(batch, objects, strict=True):
            counts.add(each)
            _show(scanned, each, json_mode=json_mode, all_files=all_files)
        display.update(task, completed=counts.files, description=f"Scanning, {counts.matched:,} matched")


@dataclass
class Counts:
    """What a scan came to."""

    files: int = 0
    matched: int = 0
    possible: int = 0
    errors: int = 0
    unread: int = 0

    def add(self, result: Mapping[str, Any]) -> None:
        """Count one result, as it is printed."""
        is_hit = result["match_type"] is not None
        is_possible = is_hit and result["classification"] == "no-known-match"
        self.files += 1
        self.matched += is_hit and not is_possible
        self.possible += is_possible
        self.errors += result["error"] is not None
        self.unread += result["sha256"] is None and result["error"] not in UNREAD


def _items(paths: Sequence[Path], listings: Sequence[Path], base: str, stack: ExitStack) -> Iterator[Item]:
    from orbweaver.doors.cli.scanning import sources

    found = sources.everything(paths)
    if not listings:
        return found
    from orbweaver.doors.cli.scanning.addresses import fetching

    return chain(found, sources.listed(listings, base, stack.enter_context(fetching())))


@dataclass(frozen=True)
class Scanned:
    """A file with its matches, what decides first, and what they come to."""

    result: FileResult
    matches: list[dict[str, Any]]
    told: Told


def _looked_up(found: Iterator[FileResult], stack: ExitStack) -> Iterator[list[Scanned]]:
    from orbweaver.detect.matching.index import open_index

    index = open_index()
    stack.callback(index.close)
    index.sync()
    index.merge()  # once, where much is fresh: each look-up would cost several times as much
    while batch := list(islice(found, BATCH)):
        yield list(_matched(batch, index))


def _matched(batch: Sequence[FileResult], index: ListIndex) -> Iterator[Scanned]:
    from orbweaver.detect.matching.filtering import Told, what_to_tell
    from orbweaver.detect.matching.selectors import hashes_of, known_matches, marks_of
    from orbweaver.doors.cli.scanning.sources import NoPicture

    readable = [result.fingerprints for result in batch if result.fingerprints]
    hits = index.lookup(readable) if readable else []
    hashes = hashes_of(chain.from_iterable(hits))  # one question for all, however many are known
    of_each = iter(hits)
    for result in batch:
        found = known_matches(next(of_each), hashes) if result.fingerprints else []
        if isinstance(result, NoPicture) and not found:
            continue
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
                    "proof": hit.proof,
                    "mirrored": hit.mirrored,
                    "query_quad": hit.quad,
                }
                for hit, entry in found
            ],
            what_to_tell(result.fingerprints, found) if result.fingerprints else Told(),
        )


def _object(scanned: Scanned) -> dict[str, Any]:
    from orbweaver.doors.cli.scanning.files import as_json

    told = scanned.told
    return as_json(scanned.result) | {
        "classification": told.classification,
        "match_type": told.match_type,
        "needs_a_look": told.needs_a_look,
        "graver_to_look_at": told.graver_to_look_at,
        "matches": scanned.matches,
    }


def _show(scanned: Scanned, shown: Mapping[str, Any], *, json_mode: bool, all_files: bool) -> None:
    from orbweaver.doors.cli.scanning.files import print_file

    result, told = scanned.result, scanned.told
    if json_mode:
        emit(shown)
    elif told.is_possible:
        print_file(result, f"possible ({told.distance} bits)", "bold yellow")
    elif told.match_type is not None:
        how = "exact" if told.match_type == "exact" else f"{told.distance} bits"
        hint = ", to be looked at" if told.needs_a_look else ""
        hint += f"; {told.graver_to_look_at} to be looked at" if told.graver_to_look_at else ""
        print_file(result, f"{told.classification} ({how}{hint})", "bold red")
    elif error := shown["error"]:
        print_file(result, error, "yellow")
    elif all_files:
        print_file(result, "no known match", "dim")


def _sum_up(counts: Counts, *, json_mode: bool) -> None:
    """Say what it came to, and end with the exit code that says so, too."""
    if json_mode:
        notes.print(json.dumps(asdict(counts)), highlight=False, markup=False, soft_wrap=True)
    else:
        possible = f"{counts.possible:,} possible, " if counts.possible else ""
        notes.print(
            f"{counts.files:,} files, [bold]{counts.matched:,} matched[/], {possible}{counts.errors:,} with an error.",
            highlight=False,
        )
    if counts.matched or counts.possible:
        raise typer.Exit(ExitCode.MATCHED)
    if counts.unread:
        raise typer.Exit(ExitCode.PARTLY)
