"""``orbweaver machines``, ``join`` and ``leave``: the machines of a fleet."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer
from psycopg.conninfo import conninfo_to_dict
from rich.table import Column, Table
from rich.text import Text

from orbweaver.doors.cli.output import JsonOption, console, emit, notes
from orbweaver.doors.cli.session import open_session
from orbweaver.doors.messages import NOT_OF_A_FLEET
from orbweaver.errors import ConfigurationError, NotAllowed
from orbweaver.platform.clock import real_now
from orbweaver.platform.settings import PlatformSettings

commands = typer.Typer(help="The machines that work for this hotline beside its own.", invoke_without_command=True)
MachineArgument = Annotated[str, typer.Argument(help="Its identifier: mch_…")]
LABEL = "command line"


def register(app: typer.Typer) -> None:
    """Add ``machines``, ``join`` and ``leave``."""
    app.add_typer(commands, name="machines")
    app.command("join")(join)
    app.command("leave")(leave)


@commands.callback()
def show(context: typer.Context, json_mode: JsonOption = False) -> None:
    """Who lives, with what version, how fast, since when."""
    if context.invoked_subcommand is not None:
        return
    with open_session():
        from orbweaver.people.machines.selectors import machines

        found = machines(real_now())
    if json_mode:
        emit({"machines": [asdict(each) for each in found]})
        return
    whole = Column("machine", no_wrap=True)  # to be copied from here, also where a terminal is narrow
    table = Table(whole, "part", "name", "version", "state", "joined", "addresses", "a minute")
    for each in found:
        joined = f"{each.joined_at:%Y-%m-%d %H:%M}" if each.joined_at else ""
        words = (each.id, each.part, each.name, each.version, each.state, joined)
        table.add_row(*map(Text, words), f"{each.done:,}", f"{each.per_minute:.1f}")  # as it is: no markup
    console.print(table if found else "No other machine works for this hotline.")


@commands.command("invite")
def invite(
    part: Annotated[str, typer.Option("--part", help="What it is to do: crawl.")], json_mode: JsonOption = False
) -> None:
    """Print a token with which one new machine may join within an hour. Whoever has it may: send it by a safe way."""
    with open_session():
        from orbweaver.doors.fleet import invite as make

        machine, token = make(part, real_now(), label=LABEL)
    if json_mode:
        emit({"id": machine.public_id, "expires_at": machine.expires_at, "token": token})
        return
    notes.print(f"{machine.public_id} may join until {machine.expires_at:%H:%M} UTC. On the new machine:")
    console.print(f"orbweaver join {token}", markup=False, highlight=False, soft_wrap=True)


@commands.command("drain")
def drain(
    machine: MachineArgument,
    resume: Annotated[bool, typer.Option("--resume", help="Let it take up work again.")] = False,
) -> None:
    """Have a machine take nothing new: it ends what it has in hand."""
    with open_session():
        from orbweaver.people.machines.services import drain as stop

        stop(machine, real_now(), label=LABEL, again=resume)
    console.print(f"{machine} {'takes up work again' if resume else 'takes nothing new'}.")


@commands.command("revoke")
def revoke(machine: MachineArgument) -> None:
    """End a machine's sessions at once, and let it in no more. What it had in hand is done by others."""
    with open_session():
        from orbweaver.doors.fleet import revoke as take

        take(machine, real_now(), label=LABEL)
    console.print(f"{machine} may not sign in any more.")


def join(
    token: Annotated[str, typer.Argument(help="What `orbweaver machines invite` printed.")],
    json_mode: JsonOption = False,
) -> None:
    """Make this machine one of a hotline's fleet: check it, and keep where the hotline is and as whom to sign in.

    Nothing is kept unless every check is passed.
    """
    from orbweaver.doors.joining import join as enter
    from orbweaver.people.machines.token import read

    config = PlatformSettings.current()
    given = read(token)
    joined = enter(given, config.data_dir.absolute(), config.keys_path.absolute(), real_now())
    if json_mode:
        emit({"part": given.part, "settings": str(joined.settings), "checks": [c.as_json() for c in joined.checks]})
        return
    for check in joined.checks:
        console.print(f"{check.level.value:<5} {check.name}: {check.found}", markup=False, highlight=False)
    console.print(f"Joined. Start it: ORBWEAVER_CONFIG={joined.settings} orbweaver crawl-worker", soft_wrap=True)


def leave() -> None:
    """Leave the fleet: say so, and forget the password. What this machine had in hand is done by others.

    A machine that was revoked leaves, too: there is nobody then to whom it could say so.
    """
    config = PlatformSettings.current()
    if config.machine_part is None:
        raise ConfigurationError(NOT_OF_A_FLEET)
    role = conninfo_to_dict(config.database_url or "")["user"]
    try:
        with open_session(part=config.machine_part):
            from orbweaver.people.machines.models import Machine

            Machine.objects.update(gone_at=real_now(), gone_because=Machine.Gone.LEFT)
    except NotAllowed:
        notes.print("The hotline's database lets this machine sign in no more, so it was not told.")
    (config.keys_path / f"database-{role}").unlink(missing_ok=True)
    (config.data_dir / "machine.toml").unlink(missing_ok=True)
    console.print("This machine has left.")
