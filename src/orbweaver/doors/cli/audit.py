"""``orbweaver audit``: whether the audit log is what it was, and proofs of it for others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orbweaver.doors.cli.output import ExitCode, JsonOption, console, emit
from orbweaver.doors.cli.session import open_session

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from orbweaver.people.audit.verifying import Verified

commands = typer.Typer(help="The audit log: whether anything in it was changed or removed.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add ``audit``."""
    app.add_typer(commands, name="audit")


@commands.command("verify")
def verify(
    head: Annotated[
        list[Path] | None,
        typer.Option("--head", help="A file that somebody outside kept: a mail with a head, or lines; repeatable."),
    ] = None,
    json_mode: JsonOption = False,
) -> None:
    """Compute the whole log again, and compare it with every head kept outside the database and the stamps over them.

    Exit code 1 when an event was changed, removed or put in, when the end was cut off, when a head is not ours, or
    when a stamp of time does not prove its head. An older database that was brought back is said, too, with how much
    of the log went: that may have been right.
    """
    with open_session():
        from orbweaver.people.audit.handed import heads_of_file
        from orbweaver.people.audit.verifying import verify as compute

        result = compute([each for path in head or () for each in heads_of_file(path)])
    if json_mode:
        emit(_as_json(result))
    else:
        for message in (*result.found, *result.given_up, *result.unread):
            console.print(f"{message}.", markup=False, highlight=False)
        console.print(
            f"{result.sealed:,} events are chained, {result.waiting:,} wait for it; {result.heads:,} heads and "
            f"{result.stamps:,} stamps of time were compared: {'NOT as it was' if result.found else 'as it was'}."
        )
    if result.found:
        raise typer.Exit(ExitCode.ERROR)


def _as_json(result: Verified) -> dict[str, object]:
    return {
        "holds": not result.found,
        "sealed": result.sealed,
        "waiting": result.waiting,
        "heads": result.heads,
        "stamps": result.stamps,
        "found": [str(each) for each in result.found],
        "unread": [str(each) for each in result.unread],
        "given_up": [str(each) for each in result.given_up],
    }


@commands.command("prove")
def prove(
    out: Annotated[Path, typer.Argument(help="File to write the proof to.")],
    event: Annotated[int | None, typer.Option(min=1, help="Position of an event in the log.")] = None,
    head: Annotated[int | None, typer.Option(min=1, help="Position at which an earlier head was made.")] = None,
) -> None:
    """Write a proof for somebody who has neither database nor keys: that an event is in the log, or that an earlier
    head is the beginning of the log of now. It tells that event, and nothing else of the log.
    """
    if (event is None) == (head is None):
        raise typer.BadParameter("Say --event or --head.")
    with open_session():
        from orbweaver.people.audit.proofs import prove_event, prove_head

        proof = prove_event(event) if event is not None else prove_head(head or 0)
    out.write_text(json.dumps(proof, indent=1) + "\n", encoding="utf-8")
    say = f"orbweaver audit check {out.name} --key {proof['key']}"
    console.print(f"Written: {out}. Give the key out another way; whoever has both says:", highlight=False)
    console.print(say, highlight=False, soft_wrap=True)


@commands.command("check")
def check(
    proof: Annotated[Path, typer.Argument(help="The proof, as `orbweaver audit prove` wrote it.")],
    key: Annotated[str, typer.Option(help="The hotline's public key, as you know it from elsewhere (hex).")] = "",
    roots: Annotated[
        Path | None, typer.Option(help="PEM file with the roots of the authorities of time that you trust.")
    ] = None,
    json_mode: JsonOption = False,
) -> None:
    """Check a proof, without a database, on any machine. Raises an error for one that does not hold.

    Without --key it shows only that the proof agrees with itself; without --roots nothing is said of its time.
    """
    from orbweaver.people.audit.proofs import check_proof
    from orbweaver.platform.stamps.checking import read_roots

    shown = check_proof(proof, read_roots(roots) if roots else [], _key(key) if key else None)
    earlier = shown.earlier.position if shown.earlier else None
    if json_mode:
        stamped = list(shown.stamped)
        emit({"head": shown.head.position, "event": shown.event, "earlier": earlier, "key": shown.key, "at": stamped})
        return
    if earlier is not None:
        console.print(f"The log of {earlier:,} events is the beginning of that of {shown.head.position:,}.")
    else:
        console.print(f"In the log of {shown.head.position:,} events: {json.dumps(shown.event)}", markup=False)
    console.print(f"Signed by {shown.key}{'' if key else ', which the file itself brought'}.", highlight=False)
    for at in shown.stamped:
        console.print(f"Stamped by an authority of time: {at}.", highlight=False)


def _key(text: str) -> Ed25519PublicKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from orbweaver.errors import InvalidInput
    from orbweaver.people.audit.messages import KEY_UNREADABLE

    try:
        return Ed25519PublicKey.from_public_bytes(bytes.fromhex(text))
    except ValueError:
        raise InvalidInput(KEY_UNREADABLE) from None
