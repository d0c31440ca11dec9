"""``orbweaver criteria``: show, check, compare, draft and take into use versions of the removal criteria.

There is no command to sign: a signature is given by a person who is signed in to the pages, for their organisation.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from orbweaver.assess import criteria as rules
from orbweaver.doors.cli.messages import NOBODY_OF_ADDRESS, NOT_UTF8
from orbweaver.doors.cli.output import JsonOption, console, emit
from orbweaver.doors.cli.session import open_session
from orbweaver.errors import InvalidInput
from orbweaver.platform.clock import now

if TYPE_CHECKING:
    from orbweaver.assess.review.what_would_change import WhatWouldChange
    from orbweaver.people.accounts.models import User

criteria = typer.Typer(
    help="Versions of the removal criteria: show, check, compare, draft, take into use.", no_args_is_help=True
)
Number = Annotated[str, typer.Argument(help="Number of the version.")]
DraftFile = Annotated[Path, typer.Argument(help="File of criteria (TOML).", exists=True, dir_okay=False)]
By = Annotated[str, typer.Option("--by", help="E-mail address of the person who does this; the audit log names them.")]
SHOWN = 20


def register(app: typer.Typer) -> None:
    """Add ``criteria``."""
    app.add_typer(criteria, name="criteria")


@criteria.command("show")
def show(
    number: Annotated[str, typer.Argument(help="Number of a version, to print its file.")] = "",
    json_mode: JsonOption = False,
) -> None:
    """All versions with their state, or the file of one."""
    with open_session():
        from orbweaver.assess.governance.selectors import text_of, versions, view

        if number:
            text = text_of(number)
            if json_mode:
                emit(asdict(view(number, now())) | {"text": text})
            else:
                typer.echo(text, nl=not text.endswith("\n"))
            return
        found = versions(now())
    if json_mode:
        for each in found:
            emit(asdict(each))
        return
    table = Table("version", "state", "signed for", "takes effect", "SHA-256 of the text")
    for each in found:
        signed = ", ".join(sorted({str(sign.capacity) for sign in each.signatures if sign.counts}))
        effect = each.takes_effect_at.strftime("%Y-%m-%d %H:%M UTC") if each.takes_effect_at else ""
        table.add_row(each.number, each.state.replace("_", " "), signed, effect, each.digest[:16])
    console.print(table)


@criteria.command("check")
def check(file: DraftFile, json_mode: JsonOption = False) -> None:
    """Check a file against the rules that no version may break; lists all that is wrong. Needs no database."""
    text = _read(file)
    read = rules.load(text)
    checked = {"version": read.version, "title": read.title, "digest": rules.digest(text)}
    if json_mode:
        emit(checked)
    else:
        console.print(f"{file}: version {read.version} can be used. SHA-256 {checked['digest']}", highlight=False)


@criteria.command("compare")
def compare(
    number: Number,
    newest: Annotated[int | None, typer.Option(min=1, help="Only so many of the newest past answers.")] = None,
    json_mode: JsonOption = False,
) -> None:
    """What a version would change on past decisions, compared with the one in force. No decision changes."""
    with open_session():
        from orbweaver.assess.review.what_would_change import what_would_change

        found = what_would_change(number, now(), newest=newest)
    if json_mode:
        emit(asdict(found) | {"counts": found.comparison.counts})
    else:
        _print_comparison(found)


def _print_comparison(found: WhatWouldChange) -> None:
    each = found.comparison
    console.print(
        f"Version {each.new_version} compared with {each.old_version}: {each.answers:,} past answers, "
        f"{len(each.changes):,} would lead to another result, about {found.items:,} items."
    )
    for what, count in each.counts.items():
        console.print(f"  {what}: {count:,}", highlight=False)
    for change in each.changes[:SHOWN]:
        console.print(f"  {change.reference}: {', '.join(change.what)}", markup=False, highlight=False)
    if len(each.changes) > SHOWN:
        console.print(f"  … and {len(each.changes) - SHOWN:,} more; --json prints all.")
    for rule in each.rules:
        console.print(f"  {rule.place}: {rule.before} → {rule.after}", markup=False, highlight=False)


@criteria.command("draft")
def draft(
    file: DraftFile,
    purpose: Annotated[str, typer.Option(help="Why this version is drafted, in words.")],
    by: By,
    json_mode: JsonOption = False,
) -> None:
    """Save a file as a new draft, to be signed in the workplace."""
    text = _read(file)
    with open_session():
        from orbweaver.assess.governance import services

        row = services.draft(text, purpose=purpose, by=_person(by), now=now())
    if json_mode:
        emit({"version": row.number, "id": row.public_id, "digest": row.digest})
    else:
        console.print(f"Version {row.number} is drafted. A government and a hotline sign it at its page.")


@criteria.command("use")
def use(
    number: Number,
    by: By,
    at: Annotated[
        dt.datetime | None, typer.Option(help="Instant in UTC from which it holds, like 2027-01-01T00:00:00.")
    ] = None,
    json_mode: JsonOption = False,
) -> None:
    """Take a signed version into use, now or from a later time."""
    with open_session():
        from orbweaver.assess.governance import services

        instant = at.replace(tzinfo=dt.UTC) if at else None
        row = services.take_into_use(number, at=instant, by=_person(by), now=now())
    if json_mode:
        emit({"version": row.number, "takes_effect_at": row.takes_effect_at})
    else:
        console.print(f"Version {row.number} holds from {row.takes_effect_at:%Y-%m-%d %H:%M UTC} on.", highlight=False)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise InvalidInput(NOT_UTF8) from None


def _person(email: str) -> User:
    from orbweaver.people.accounts.models import User

    person = User.objects.filter(email=email.strip().lower(), is_active=True).first()
    if person is None:
        raise InvalidInput(NOBODY_OF_ADDRESS)
    return person
