"""``orbweaver lists``: import, export and show hash lists; withdraw, dispute or restore entries."""

from __future__ import annotations

import datetime as dt
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from orbweaver.doors.cli.messages import NO_SUCH_ENTRY, UNKNOWN_STATE
from orbweaver.doors.cli.output import ExitCode, JsonOption, console, emit, notes, progress
from orbweaver.doors.cli.session import open_session
from orbweaver.platform.clock import now

if TYPE_CHECKING:
    from orbweaver.detect.hashlists.models import HashList, ListImport

SHOWN_REJECTIONS = 20
MOST_DISPUTES = 10_000

lists = typer.Typer(
    help="Hash lists: rows with kind, value, classification, identified, series, source, baseline; as CSV unless said.",
    no_args_is_help=True,
)


def register(app: typer.Typer) -> None:
    """Add ``lists``."""
    app.add_typer(lists, name="lists")


@lists.command("import")
def import_lists(
    files: Annotated[list[Path], typer.Argument(help="Files, UTF-8. CSV: first line with the names of the columns.")],
    name: Annotated[str, typer.Option("--list", help="Name of the list. Default: the file's name.")] = "",
    supplier: Annotated[str, typer.Option(help="Who supplied it, e.g. NCMEC. Default: the list's name.")] = "",
    known_good: Annotated[bool, typer.Option("--known-good", help="Entries suppress, by SHA-256 alone.")] = False,
    list_format: Annotated[
        str, typer.Option("--format", help="csv, jsonl or another that is there. Default: as the file begins.")
    ] = "",
    json_mode: JsonOption = False,
) -> None:
    """Import lists. Bad rows are reported with line and reason, good rows are in; importing again changes nothing.

    Exit code 4 when rows were refused.
    """
    refused = False
    with open_session():
        from orbweaver.detect.hashlists.importing import import_list
        from orbweaver.detect.hashlists.models import HashList

        kind = HashList.Kind.KNOWN_GOOD if known_good else HashList.Kind.KNOWN
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
                    now=now(),
                    progress=lambda rows, task=task, display=display: display.update(task, completed=rows),  # type: ignore[misc]
                )
            refused = refused or run.rejected > 0
            _print_import(run, json_mode)
    if refused:
        raise typer.Exit(ExitCode.PARTLY)


def _print_import(run: ListImport, json_mode: bool) -> None:
    rejections = [{"line": each.line, "reason": str(each.reason)} for each in run.rejections.order_by("line")]
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
                "rows": run.rows,
                "sha256": run.sha256,
                "started_at": run.started_at.isoformat(),
                "finished_at": run.finished_at.isoformat() if run.finished_at else None,
                "rejections": rejections,
            }
        )
        return
    console.print(
        f"[bold]{run.hash_list.name}[/]: {run.added:,} added, {run.changed:,} changed, {run.unchanged:,} unchanged, "
        f"{run.rejected:,} refused."
    )
    for each in rejections[:SHOWN_REJECTIONS]:
        console.print(f"  line {each['line']}: {each['reason']}", markup=False, highlight=False)
    if len(rejections) > SHOWN_REJECTIONS:
        console.print(f"  … and {len(rejections) - SHOWN_REJECTIONS:,} more; --json prints all.")


@lists.command("export")
def export_list(
    name: Annotated[str, typer.Argument(help="Name or identifier of the list.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write; else standard output.")] = None,
    list_format: Annotated[str, typer.Option("--format", help="csv, jsonl or another that is there.")] = "csv",
    record: Annotated[
        bool, typer.Option("--record", help="CSV of all that is known: withdrawn entries, disputes, terms too.")
    ] = False,
    json_mode: JsonOption = False,
) -> None:
    """Export a list without its withdrawn entries, as CSV or another format (or one JSON object a line)."""
    with open_session():
        if record:
            _export_record(name, output, json_mode)
            return
        from orbweaver.detect.hashlists.formats import format_named
        from orbweaver.detect.hashlists.rules import COLUMNS
        from orbweaver.detect.hashlists.selectors import export_rows, get_list

        chosen = format_named(list_format)
        rows = export_rows(get_list(name))
        if json_mode and output is None:
            for row in rows:
                emit(row)
            return
        partial = output.with_name(output.name + ".part") if output else None
        stream = partial.open("w", encoding="utf-8", newline="") if partial else sys.stdout
        count = chosen.write(rows, stream)
        if left_out := [column for column in COLUMNS if column not in chosen.columns]:
            notes.print(f"Left out, for {chosen.name} cannot hold it: {', '.join(left_out)}.")
        if partial and output:
            stream.close()
            partial.replace(output)
            if json_mode:
                emit({"list": name, "file": str(output), "entries": count})
            else:
                notes.print(f"{count:,} entries written to {output}.")


def _export_record(name: str, output: Path | None, json_mode: bool) -> None:
    import csv

    from orbweaver.detect.hashlists.records import RECORD_COLUMNS, record_rows
    from orbweaver.detect.hashlists.selectors import get_list

    rows = record_rows(get_list(name))
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


@lists.command("imports")
def show_imports(
    name: Annotated[str, typer.Argument(help="Name or identifier of the list.")], json_mode: JsonOption = False
) -> None:
    """Every import of a list, the newest first: when, by whom, of which file, and what came of its rows."""
    with open_session():
        from orbweaver.detect.hashlists.selectors import get_list

        runs = [_run(each) for each in get_list(name).imports.select_related("by").order_by("-pk")]
    if json_mode:
        for run in runs:
            emit(run)
        return
    table = Table("Started", "By", "File", "State", box=None, pad_edge=False)
    for title in ("Added", "Changed", "Unchanged", "Withdrawn", "Refused"):
        table.add_column(title, justify="right")
    for run in runs:
        numbers = [f"{run[key]:,}" for key in ("added", "changed", "unchanged", "withdrawn", "rejected")]
        table.add_row(run["started_at"], run["by"], run["file"], run["state"].replace("_", " "), *numbers)
    console.print(table)


def _run(run: ListImport) -> dict[str, Any]:
    numbers = ("added", "changed", "unchanged", "withdrawn", "rejected")
    return {
        "import": run.public_id,
        "file": run.file_name,
        "sha256": run.sha256,
        "by": run.by.display_name if run.by else "",
        "started_at": run.started_at.isoformat(timespec="seconds"),
        "finished_at": run.finished_at.isoformat(timespec="seconds") if run.finished_at else None,
        "state": run.state,
        **{name: getattr(run, name) for name in numbers},
    }


@lists.command("disputes")
def show_disputes(
    name: Annotated[str, typer.Argument(help="Name or identifier of the list.")], json_mode: JsonOption = False
) -> None:
    """Disputes about entries of a list, open ones first: who, when, why, and how it ended. `set-state` makes them."""
    with open_session():
        from orbweaver.detect.hashlists.records import disputes
        from orbweaver.detect.hashlists.selectors import get_list

        found = [
            {
                "entry": each.begun.entry.public_id,
                "by": each.begun.by.display_name if each.begun.by else "",
                "at": each.begun.at.isoformat(timespec="seconds"),
                "reason": each.begun.reason,
                "outcome": each.outcome.state if each.outcome else None,
                "settled_by": each.outcome.by.display_name if each.outcome and each.outcome.by else "",
                "settled_at": each.outcome.at.isoformat(timespec="seconds") if each.outcome else None,
                "settled_because": each.outcome.reason if each.outcome else "",
            }
            for each in disputes(get_list(name), MOST_DISPUTES)
        ]
    if json_mode:
        for each in found:
            emit(each)
        return
    table = Table("Entry", "Disputed", "Why", "Outcome", "Why", box=None, pad_edge=False)
    for each in found:
        table.add_row(each["entry"], each["at"], each["reason"], each["outcome"] or "open", each["settled_because"])
    console.print(table)


@lists.command("set-terms")
def set_terms(
    name: Annotated[str, typer.Argument(help="Name or identifier of the list.")],
    terms: Annotated[str | None, typer.Option(help="Terms of use, in words.")] = None,
    trust: Annotated[str | None, typer.Option(help="How well its supplier checks: high, usual or low.")] = None,
    allowed: Annotated[str | None, typer.Option(help="act, or review: matches are marked for a person.")] = None,
    expires: Annotated[
        str | None,
        typer.Option(help="Last day of use, like 2027-12-31; its entries match nothing after it. '' for none."),
    ] = None,
    json_mode: JsonOption = False,
) -> None:
    """Say how a list may be used: terms, trust, what is allowed, until when. What is not named stays."""
    with open_session():
        from orbweaver.detect.hashlists import services
        from orbweaver.detect.hashlists.models import HashList
        from orbweaver.detect.hashlists.selectors import get_list

        found = get_list(name)
        said: dict[str, Any] = {} if terms is None else {"terms": terms}
        if trust is not None:
            said["trust"] = _one_of(trust, HashList.Trust.values, "--trust")
        if allowed is not None:
            said["allowed"] = _one_of(allowed, HashList.Allowed.values, "--allowed")
        if expires is not None:
            said["expires_on"] = _day(expires) if expires else None
        services.set_terms(found, said, by=None, now=now())
        shown = _terms(found)
    if json_mode:
        emit({"list": found.name, **shown})
    else:
        console.print(f"{found.name}: " + ", ".join(f"{key} {value or 'none'}" for key, value in shown.items()) + ".")


def _one_of(value: str, known: list[str], option: str) -> str:
    if value not in known:
        raise typer.BadParameter(f"{option} is one of {', '.join(known)}")
    return value


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("--expires is a day like 2027-12-31") from None


def _terms(found: HashList) -> dict[str, Any]:
    return {
        "terms": found.terms,
        "trust": str(found.trust),
        "allowed": str(found.allowed),
        "expires": found.expires_on.isoformat() if found.expires_on else None,
    }


@lists.command("show")
def show_lists(
    name: Annotated[str, typer.Argument(help="One list by name; without it, all.")] = "", json_mode: JsonOption = False
) -> None:
    """Show the lists with their numbers of entries."""
    with open_session():
        from orbweaver.detect.hashlists.selectors import get_list, summaries

        wanted = get_list(name).pk if name else None
        found = [_summary(each) for each in summaries() if wanted in (None, each.hash_list.pk)]
    if json_mode:
        for each in found:
            emit(each)
        return
    if not found:
        console.print("No lists yet. Import one: orbweaver lists import FILE.csv --list NAME --supplier WHO")
        return
    table = Table("List", "Kind", "Supplier", box=None, pad_edge=False)
    for title in ("Active", "Disputed", "Withdrawn"):
        table.add_column(title, justify="right")
    for each in found:
        numbers = [f"{each[key]:,}" for key in ("active", "disputed", "withdrawn")]
        table.add_row(each["name"], each["kind"], each["supplier"], *numbers)
    console.print(table)


def _summary(summary: Any) -> dict[str, Any]:
    return {
        "id": summary.hash_list.public_id,
        "name": summary.hash_list.name,
        "kind": summary.hash_list.kind,
        "supplier": summary.hash_list.supplier,
        "active": summary.active,
        "disputed": summary.disputed,
        "withdrawn": summary.withdrawn,
        **_terms(summary.hash_list),
    }


@lists.command("set-state")
def set_state(
    name: Annotated[str, typer.Argument(help="Name or identifier of the list.")],
    kind: Annotated[str, typer.Argument(help="Kind of hash: md5, sha1, sha256 or pdq.")],
    value: Annotated[str, typer.Argument(help="The hash, in hexadecimal digits.")],
    state: Annotated[str, typer.Argument(help="active, disputed or withdrawn.")],
    reason: Annotated[str, typer.Option(help="Why, for the audit log.")],
    json_mode: JsonOption = False,
) -> None:
    """Withdraw, dispute or restore one entry. The search follows within a second."""
    with open_session():
        from orbweaver.detect.hashlists.models import HashListEntry
        from orbweaver.detect.hashlists.rules import parse_hash, parse_kind
        from orbweaver.detect.hashlists.selectors import entry_with, get_list
        from orbweaver.detect.hashlists.services import set_entry_state
        from orbweaver.errors import InvalidInput

        if state not in HashListEntry.State.values:
            raise InvalidInput(UNKNOWN_STATE)
        hash_kind = parse_kind(kind)
        found = get_list(name)
        entry = entry_with(found, hash_kind, parse_hash(hash_kind, value.strip()))
        if entry is None:
            raise InvalidInput(NO_SUCH_ENTRY)
        set_entry_state([entry], HashListEntry.State(state), reason=reason, by=None, now=now())
    if json_mode:
        emit({"entry": entry.public_id, "state": state})
    else:
        console.print(f"{entry.public_id} is {state}.")


@lists.command("set-radius")
def set_radius(
    name: Annotated[str, typer.Argument(help="Name or identifier of the list.")],
    radius: Annotated[int, typer.Argument(min=-1, max=256, help="Bits of PDQ; -1 for the installation's radius.")],
    json_mode: JsonOption = False,
) -> None:
    """Give a list a PDQ radius of its own, above or below the installation's."""
    with open_session():
        from orbweaver.detect.hashlists.selectors import get_list
        from orbweaver.people.audit.services import record

        found = get_list(name)
        found.radius = None if radius < 0 else radius
        found.save(update_fields=["radius"])
        record("list.radius_set", found.public_id, details={"radius": found.radius}, at=now())
    if json_mode:
        emit({"list": found.name, "radius": found.radius})
    else:
        console.print(f"{found.name}: {'the radius of the installation' if radius < 0 else f'{radius} bits'}.")
