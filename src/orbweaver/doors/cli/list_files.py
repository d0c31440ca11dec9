"""``orbweaver lists`` and files: import, export, and what came of imports."""

from __future__ import annotations

import csv
import json
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from orbweaver.doors.cli.output import ExitCode, JsonOption, console, emit, notes, progress
from orbweaver.doors.cli.session import open_session
from orbweaver.platform.clock import now

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from orbweaver.detect.hashlists.exporting import ExportReport
    from orbweaver.detect.hashlists.models import ImportRejection, ListImport

SHOWN_REJECTIONS = 20
MOST_REJECTIONS = 1_000
"""Refused rows that are printed as JSON; ``--rejected`` writes all."""


def add_files(lists: typer.Typer) -> None:
    """Add the commands to ``lists``."""
    lists.command("import")(import_lists)
    lists.command("export")(export_to_file)
    lists.command("imports")(show_imports)


def import_lists(
    files: Annotated[list[Path], typer.Argument(help="Files, UTF-8. CSV: first line with the names of the columns.")],
    name: Annotated[str, typer.Option("--list", help="Name of the list. Default: the file's name.")] = "",
    supplier: Annotated[str, typer.Option(help="Who supplied it, e.g. NCMEC. Default: the list's name.")] = "",
    known_good: Annotated[bool, typer.Option("--known-good", help="Entries suppress, by SHA-256 alone.")] = False,
    list_format: Annotated[
        str, typer.Option("--format", help="csv, vics, ncmec or another that is there. Default: as the file begins.")
    ] = "",
    region: Annotated[
        str, typer.Option(help="What the numbers of VICS's categories mean: us, uk, or other for none of these.")
    ] = "",
    rejected: Annotated[
        Path | None,
        typer.Option(help="Write every refused row there, line and reason: .jsonl for JSON lines, else CSV."),
    ] = None,
    json_mode: JsonOption = False,
) -> None:
    """Import lists. Bad rows are reported with line and reason, good rows are in; importing again changes nothing.

    Exit code 4 when rows were refused.
    """
    refused = False
    with open_session():
        from orbweaver.detect.hashlists.importing import import_list
        from orbweaver.detect.hashlists.models import HashList, ImportRejection

        kind = HashList.Kind.KNOWN_GOOD if known_good else HashList.Kind.KNOWN
        runs = []
        for path in files:
            list_name = name or path.stem
            with progress(json_mode) as display:
                task = display.add_task(f"Importing {path.name}", total=None)
                run = import_list(
                    path,
                    list_name=list_name,
                    supplier=supplier or list_name,
                    kind=kind,
                    list_format=list_format,
                    region=region.lower(),
                    now=now(),
                    progress=lambda rows, task=task, display=display: display.update(task, completed=rows),  # type: ignore[misc]
                )
            refused = refused or run.rejected > 0
            _print_import(run, json_mode)
            runs.append(run)
        if rejected is not None:
            _write_rejected(rejected, ImportRejection.objects.filter(list_import__in=runs))
    if refused:
        raise typer.Exit(ExitCode.PARTLY)


def _print_import(run: ListImport, json_mode: bool) -> None:
    most = MOST_REJECTIONS if json_mode else SHOWN_REJECTIONS
    rejections = [{"line": each.line, "reason": str(each.reason)} for each in run.rejections.order_by("line")[:most]]
    replaced = [each.read_as for each in run.replaces.order_by("pk")]
    if json_mode:
        emit(
            {
                "import": run.public_id,
                "list": run.hash_list.name,
                "file": run.file_name,
                "added": run.added,
                "changed": run.changed,
                "unchanged": run.unchanged,
                "rejected": run.rejected,
                "withdrawn": run.withdrawn,
                "taken_back": run.taken_back,
                "rows": run.rows,
                "sha256": run.sha256,
                "read_as": run.read_as,
                "replaced": replaced,
                "started_at": run.started_at.isoformat(),
                "finished_at": run.finished_at.isoformat() if run.finished_at else None,
                "rejections": rejections,
            }
        )
        return
    for read_as in replaced:
        notes.print(
            f"An import of this file as {read_as or 'something else'} was broken off. This one read it from the "
            f"beginning, as {run.read_as}.",
            highlight=False,
        )
    if run.taken_back:
        notes.print(f"{run.taken_back:,} entries that only that reading had added are withdrawn.", highlight=False)
    console.print(
        f"[bold]{run.hash_list.name}[/]: {run.added:,} added, {run.changed:,} changed, {run.unchanged:,} unchanged, "
        f"{run.rejected:,} refused."
    )
    for each in rejections:
        console.print(f"  line {each['line']}: {each['reason']}", markup=False, highlight=False)
    if run.rejected > len(rejections):
        console.print(f"  … and {run.rejected - len(rejections):,} more; --rejected FILE writes all.")


def _write_rejected(path: Path, found: QuerySet[ImportRejection]) -> None:
    """All of them, in flat memory; the file is there once it is whole."""
    rows = (
        {"file": each.list_import.file_name, "line": each.line, "reason": str(each.reason)}
        for each in found.select_related("list_import").order_by("list_import", "line", "pk").iterator(2000)
    )
    partial = path.with_name(path.name + ".part")
    with partial.open("w", encoding="utf-8", newline="") as stream:
        if path.suffix == ".jsonl":
            stream.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        else:
            writer = csv.DictWriter(stream, ("file", "line", "reason"), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    partial.replace(path)


def export_to_file(
    name: Annotated[str, typer.Argument(help="Name or identifier of the list.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write; else standard output.")] = None,
    list_format: Annotated[str, typer.Option("--format", help="csv, vics, ncmec or another that is there.")] = "csv",
    region: Annotated[str, typer.Option(help="Whose numbers VICS's categories are written in: us, uk or other.")] = "",
    record: Annotated[
        bool, typer.Option("--record", help="CSV of all that is known: withdrawn entries, disputes, terms too.")
    ] = False,
    recipient: Annotated[
        str,
        typer.Option("--to", help="Who gets it: an organisation here needs an agreement, and stands in the audit log."),
    ] = "",
    json_mode: JsonOption = False,
) -> None:
    """Export a list without its withdrawn entries and those that came under terms of their own; says what the format
    cannot hold. --json alone: an object a line."""
    with open_session():
        from orbweaver.detect.exchanges.submitting import UNBOUND
        from orbweaver.detect.hashlists.exporting import export_list, export_rows
        from orbweaver.detect.hashlists.formats import format_named
        from orbweaver.detect.hashlists.selectors import get_list
        from orbweaver.people.accounts.agreements import require_agreed
        from orbweaver.people.accounts.rules import Scope
        from orbweaver.people.audit import services as audit
        from orbweaver.platform.clock import now

        found, chosen = get_list(name), format_named(list_format)
        known = require_agreed(recipient, Scope.SHARE, now())
        details = {"format": "record" if record else chosen.name}
        if known:
            details["to"] = known
        audit.record("list.exported", found.public_id, label="command line", details=details, at=now())
        if record:
            _export_record(name, output, json_mode)
            return
        if json_mode and output is None:
            for row in export_rows(found, only=UNBOUND):
                emit(row)
            return
        partial = output.with_name(output.name + ".part") if output else None
        with partial.open("w", encoding="utf-8", newline="") if partial else nullcontext(sys.stdout) as stream:
            report = export_list(found, chosen, stream, region.lower(), only=UNBOUND)
        if partial and output:
            partial.replace(output)
        if json_mode:
            emit({"list": name, "file": str(output), "format": chosen.name, **report.as_json()})
        else:
            _print_export(report, chosen.name, output)


def _print_export(report: ExportReport, list_format: str, output: Path | None) -> None:
    if output:
        notes.print(f"{report.entries:,} entries with {report.hashes:,} hashes written to {output}.")
    lost = [f"{column} ({count:,})" for column, count in report.columns_left_out.items()]
    lost += [f"{kind} hashes ({count:,})" for kind, count in report.kinds_left_out.items()]
    lost += [f"entries without another hash ({report.entries_left_out:,})"] if report.entries_left_out else []
    if report.entries_under_terms:
        notes.print(f"{report.entries_under_terms:,} entries came under terms of their own and go to no file.")
    if lost:
        notes.print(f"Left out, for {list_format} cannot hold it: {', '.join(lost)}.")


def _export_record(name: str, output: Path | None, json_mode: bool) -> None:
    import csv

    from orbweaver.detect.exchanges.opinions import opinions_beside
    from orbweaver.detect.hashlists.records import RECORD_COLUMNS, record_rows
    from orbweaver.detect.hashlists.selectors import get_list

    found = get_list(name)
    rows = record_rows(found, opinions_beside(found))
    if json_mode and output is None:
        for row in rows:
            emit(row)
        return
    partial = output.with_name(output.name + ".part") if output else None
    with partial.open("w", encoding="utf-8", newline="") if partial else nullcontext(sys.stdout) as stream:
        writer = csv.DictWriter(stream, RECORD_COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    if partial and output:
        partial.replace(output)
        notes.print(f"The record of {name} is written to {output}.")


def show_imports(
    name: Annotated[str, typer.Argument(help="Name or identifier of the list.")], json_mode: JsonOption = False
) -> None:
    """Every import of a list, the newest first: when, by whom, of which file, and what came of its rows."""
    with open_session():
        from orbweaver.detect.hashlists.records import import_rows
        from orbweaver.detect.hashlists.selectors import get_list

        runs = list(import_rows(get_list(name)))
    if json_mode:
        for run in runs:
            emit(run)
        return
    table = Table("Started", "By", "File", "Read as", box=None, pad_edge=False)
    table.add_column("State", min_width=len("broken off"))
    for title in ("Added", "Changed", "Unchanged", "Withdrawn", "Refused"):
        table.add_column(title, justify="right")
    for run in runs:
        numbers = [f"{run[key]:,}" for key in ("added", "changed", "unchanged", "withdrawn", "rejected")]
        table.add_row(
            run["started_at"], run["by"], run["file"], run["read_as"], run["state"].replace("_", " "), *numbers
        )
    console.print(table)
