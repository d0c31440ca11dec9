"""``orbweaver criteria``: show, check, compare, draft and take into use versions of the removal criteria.

A signature is made with its holder's own key on their own machine, and handed in at the pages, by that person.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from orbweaver.assess import criteria as rules
from orbweaver.doors.cli.messages import KEY_FILE, NOBODY_OF_ADDRESS, NOT_UTF8
from orbweaver.doors.cli.output import ExitCode, JsonOption, console, emit, notes
from orbweaver.doors.cli.session import open_session
from orbweaver.errors import InvalidInput
from orbweaver.platform.clock import now
from orbweaver.platform.runtime.secrets import ensure_keys_dir
from orbweaver.platform.settings import PlatformSettings

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


@criteria.command("verify")
def verify(json_mode: JsonOption = False) -> None:
    """Check every signature of every version again, by the enrolled keys, the texts and the audit log.

    Exit code 1, and in words, when a signature is forged, was made for another text, or is by a key that does not
    count; and when a version stands in the database as in use without signatures or otherwise than in the audit log.
    """
    with open_session():
        from orbweaver.assess.governance.verifying import verify as look_at_all

        result = look_at_all()
    if json_mode:
        about = {"holds": not result.found, "versions": result.versions, "signatures": result.signatures}
        emit(about | {"found": [str(each) for each in result.found]})
    else:
        for message in result.found:
            console.print(str(message), markup=False, highlight=False)
        console.print(
            f"{result.versions:,} versions and {result.signatures:,} signatures were checked: "
            f"{'NOT all is as it should be' if result.found else 'all is as it should be'}."
        )
    if result.found:
        raise typer.Exit(ExitCode.ERROR)


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


KeyFile = Annotated[Path, typer.Argument(help="File of your private key.")]
Passphrase = Annotated[
    str,
    typer.Option(
        prompt="Passphrase of the key", hide_input=True, envvar="ORBWEAVER_CRITERIA_PASSPHRASE", help="Of the key."
    ),
]
For = Annotated[str, typer.Option("--for", help="On whose behalf: government or hotline.")]


@criteria.command("key")
def key(
    file: KeyFile,
    holder: Annotated[str, typer.Option(help="Your name, as the others know you.")],
    organisation: Annotated[str, typer.Option(help="Your organisation.")],
    capacity: For,
    passphrase: Passphrase,
) -> None:
    """Make your key for signing criteria, on your own machine, and print the enrolment to hand in. Needs no database.

    Nobody else gets the file. Whoever confirms your key compares the fingerprint with you, by telephone or in person.
    """
    from orbweaver.assess.governance import keys

    signs_for = _capacity(capacity)
    try:
        made = keys.make_key(file, passphrase)
    except OSError as error:
        raise InvalidInput(KEY_FILE.of(file=str(file), reason=str(error.strerror))) from None
    enrolment = keys.Enrolment(holder, organisation, signs_for, keys.public(made), keys.moment(now()))
    enrolment = keys.signed_with(made, enrolment)
    typer.echo(keys.to_json(enrolment))
    notes.print(f"Fingerprint: {keys.digest_of(enrolment)}", highlight=False)


@criteria.command("enrol")
def enrol(
    line: Annotated[str, typer.Argument(help="An enrolment or a confirmation, as the command printed it.")],
    json_mode: JsonOption = False,
) -> None:
    """Take in a key, or somebody's confirmation of one. It is kept in the keys folder, outside the database."""
    with open_session():
        from orbweaver.assess.governance import keys
        from orbweaver.people.audit.services import record

        ring = keys.Keyring(ensure_keys_dir(PlatformSettings.current().keys_path))
        found = ring.take_in(line)
        fingerprint = keys.digest_of(found) if isinstance(found, keys.Enrolment) else found.enrolment
        details = {"kind": found.KIND, "fingerprint": fingerprint}
        record("criteria.key_taken_in", "criteria", label="command line", details=details, at=now())
    if json_mode:
        emit({"kind": found.KIND, "fingerprint": fingerprint})
    else:
        console.print(f"Taken in: {found.KIND} {fingerprint}", highlight=False, soft_wrap=True)


@criteria.command("keys")
def list_keys(json_mode: JsonOption = False) -> None:
    """List the enrolled keys, who confirmed each, and whether signatures with it count."""
    from orbweaver.assess.governance import keys

    for each in keys.Keyring(PlatformSettings.current().keys_path).enrolled():
        own = each.enrolment
        facts = {"holder": own.holder, "organisation": own.organisation, "for": own.capacity, "key": own.key}
        if json_mode:
            fingerprint = keys.digest_of(own)
            emit(facts | {"fingerprint": fingerprint, "confirmed_by": each.confirmed_by, "counts": each.counts})
        else:
            state = "counts" if each.counts else f"waits, confirmed by {len(each.confirmed_by)}"
            console.print(f"{own.holder}, {own.organisation} ({own.capacity}): {state}", markup=False, highlight=False)
            console.print(f"  {keys.digest_of(own)}", highlight=False, soft_wrap=True)


@criteria.command("confirm")
def confirm(
    file: KeyFile,
    fingerprint: Annotated[str, typer.Argument(help="Fingerprint that you compared with the holder yourself.")],
    passphrase: Passphrase,
) -> None:
    """Vouch for somebody's key with your own: print the confirmation to hand in. Needs no database."""
    from orbweaver.assess.governance import keys

    own = keys.open_key(file, passphrase)
    given = keys.Confirmation(fingerprint.strip().lower(), keys.public(own), keys.moment(now()))
    typer.echo(keys.to_json(keys.signed_with(own, given)))


@criteria.command("sign")
def sign(
    file: DraftFile,
    key_file: KeyFile,
    capacity: For,
    passphrase: Passphrase,
) -> None:
    """Sign a file of criteria with your key, on your own machine: print the signature to paste at the version's page.

    Needs no database. The signature is about this exact text; it takes effect with that of the other side.
    """
    from orbweaver.assess.governance import keys

    text = _read(file)
    own = keys.open_key(key_file, passphrase)
    number, digest = rules.load(text).version, rules.digest(text)
    given = keys.TextSignature(number, digest, _capacity(capacity), keys.public(own), keys.moment(now()))
    typer.echo(keys.to_json(keys.signed_with(own, given)))


def _capacity(text: str) -> str:
    from orbweaver.assess.governance.rules import Capacity

    if text not in set(Capacity):
        raise typer.BadParameter("government or hotline")
    return text


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
