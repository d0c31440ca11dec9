"""``orbweaver rules``: tables of rules, what is in force, and versions of a hotline's own."""

from __future__ import annotations

from codecs import BOM_UTF8
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from orbweaver.doors.cli.messages import NOT_UTF8
from orbweaver.doors.cli.output import JsonOption, console, emit
from orbweaver.doors.cli.session import open_session
from orbweaver.platform.clock import now

commands = typer.Typer(help="Tables of rules: what holds, who answers for it, your own versions.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="Name of the table, such as laws; orbweaver rules list shows all.")]
File = Annotated[
    Path,
    typer.Argument(
        exists=True, dir_okay=False, help="The table as TOML: version, as_of, source, owner, then its rows."
    ),
]
Over = Annotated[bool, typer.Option("--over", help="The file has rows of your own alone, laid over ours.")]
Why = Annotated[str, typer.Option("--why", help="Why it is to hold; whoever agrees reads it.")]


def register(app: typer.Typer) -> None:
    """Add ``rules``."""
    app.add_typer(commands, name="rules")


@commands.command("list")
def show_all(json_mode: JsonOption = False) -> None:
    """Show every table with the version in force, its day, its owner, and what waits."""
    with open_session():
        from orbweaver.doors.rule_tables import TABLES, open_proposals

        waiting = [each.table for each in open_proposals()]
        found = [_facts(table) | {"proposals": waiting.count(table.name)} for table in TABLES.values()]
    if json_mode:
        for each in found:
            emit(each)
        return
    shown = Table("Table", "Version", "Whose", "As of", "Owner", "Proposals", box=None, pad_edge=False)
    for each in found:
        whose = "your own" if each["own"] else "comes with the program"
        shown.add_row(each["table"], each["version"], whose, each["as_of"], each["owner"], str(each["proposals"]))
    console.print(shown)


@commands.command("show")
def show(
    name: Name,
    version: Annotated[
        str, typer.Option(help="A version that a decision or figure names; else what is in force.")
    ] = "",
    json_mode: JsonOption = False,
) -> None:
    """Show a table as TOML: ours, your own, or both where rows of yours are laid over ours."""
    with open_session():
        from orbweaver.doors.rule_tables import table_named
        from orbweaver.people.rule_tables.selectors import named

        table = table_named(name)
        texts = named(table, version or table.version())
        facts = _facts(table) if not version else {"table": name, "version": version}
    if json_mode:
        emit(facts | {"packaged": texts.packaged, "own": texts.own})
        return
    for text in filter(None, (texts.own, texts.packaged)):
        console.print(text, markup=False, highlight=False, soft_wrap=True)


@commands.command("diff")
def diff(name: Name, file: File, over: Over = False, json_mode: JsonOption = False) -> None:
    """Show what would differ from what is in force, value by value. Nothing is kept."""
    with open_session():
        from orbweaver.doors.rule_tables import table_named
        from orbweaver.platform.rule_tables import Laid, Own

        table = table_named(name)
        made = table.check(Own(Laid.OVER if over else Laid.WHOLE, _text_of(file)))
        found = table.differences(table.body(), made.body)
    if json_mode:
        for each in found:
            emit({"row": each.row, "name": each.name, "before": each.before, "after": each.after})
        return
    for each in found:
        where = f"{each.row}: {each.name}" if each.row else each.name
        console.print(f"{where}: {_or_none(each.before)} -> {_or_none(each.after)}", markup=False, highlight=False)
    if not found:
        console.print("Nothing differs.")


@commands.command("import")
def bring(name: Name, file: File, why: Why, over: Over = False, json_mode: JsonOption = False) -> None:
    """Keep a version of your own as a proposal. Somebody who signs in asks for it, and a second person agrees.

    A command has no second person, and does not know who types it: so nothing is in force by this.
    """
    with open_session():
        from orbweaver.doors.rule_tables import table_named
        from orbweaver.people.rule_tables.services import keep
        from orbweaver.platform.rule_tables import Laid

        laid = Laid.OVER if over else Laid.WHOLE
        kept = keep(table_named(name), _text_of(file), laid, why, by=None, now=now())
    _say_kept(kept, json_mode)


@commands.command("override")
def override(name: Name, file: File, why: Why, json_mode: JsonOption = False) -> None:
    """Keep rows of your own, laid over ours, as a proposal: the same as import --over. An update still brings ours."""
    bring(name, file, why, over=True, json_mode=json_mode)


@commands.command("back")
def back(name: Name, why: Why, json_mode: JsonOption = False) -> None:
    """Keep the proposal that what comes with the program holds again, instead of a version of your own."""
    with open_session():
        from orbweaver.doors.rule_tables import table_named
        from orbweaver.people.rule_tables.services import keep_packaged

        kept = keep_packaged(table_named(name), why, by=None, now=now())
    _say_kept(kept, json_mode)


def _say_kept(kept: Any, json_mode: bool) -> None:
    if json_mode:
        emit({"id": kept.public_id, "table": kept.table, "version": kept.version, "laid": kept.laid})
        return
    console.print(f"{kept.table} {kept.version} is kept as {kept.public_id}. Nothing is in force yet.")
    console.print("An administrator asks for it on the page “Tables of rules”, and a second person agrees.")


def _facts(table: Any) -> dict[str, Any]:
    head = table.head()
    return {
        "table": table.name,
        "version": table.version(),
        "own": table.own.laid.value if table.own is not None else None,
        "as_of": head.as_of.isoformat(),
        "source": head.source,
        "owner": head.owner,
        "packaged_version": table.packaged[0].version,
    }


def _or_none(value: str | None) -> str:
    return "–" if value is None else value


def _text_of(file: Path) -> str:
    """No more of it is read than a table may have: a file can be without end."""
    from orbweaver.errors import InvalidInput
    from orbweaver.platform.messages import TABLE_TOO_LONG
    from orbweaver.platform.rule_tables import MOST_BYTES, TableUnusable

    with file.open("rb") as opened:
        written = opened.read(MOST_BYTES + len(BOM_UTF8) + 1)
    if len(written) > MOST_BYTES + len(BOM_UTF8):
        raise TableUnusable(TABLE_TOO_LONG.of(most=MOST_BYTES))
    try:
        return TextIOWrapper(BytesIO(written), "utf-8-sig").read()  # some editors begin with a mark of the encoding
    except UnicodeError:
        raise InvalidInput(NOT_UTF8) from None
