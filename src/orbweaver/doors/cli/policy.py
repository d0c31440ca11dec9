"""``orbweaver policy``: what holds on every machine."""

from __future__ import annotations

from typing import Annotated

import typer

from orbweaver.doors.cli.output import JsonOption, console, emit
from orbweaver.doors.cli.session import open_session
from orbweaver.platform.clock import now

commands = typer.Typer(help="What holds on every machine, whatever its own settings say.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add ``policy``."""
    app.add_typer(commands, name="policy")


@commands.command("show")
def show(json_mode: JsonOption = False) -> None:
    """Show the policy in force. What it does not hold is each machine's own."""
    with open_session():
        from orbweaver.people.policy.services import current

        version = current()
    found = {"version": version.pk if version else 0, "values": version.values if version else {}}
    found["set_at"] = version.set_at.isoformat() if version else None
    if json_mode:
        emit(found)
        return
    if version is None:
        console.print("There is no policy: each machine does what its own settings say.")
        return
    console.print(f"Version {version.pk}, set {version.set_at:%Y-%m-%d %H:%M} UTC by {version.set_by}.")
    for name, value in version.values.items():
        console.print(f"  {name} = {value}", markup=False, highlight=False)


@commands.command("set")
def set_policy(
    given: Annotated[list[str] | None, typer.Argument(metavar="NAME=VALUE", help="Settings and what holds.")] = None,
    drop: Annotated[
        list[str] | None, typer.Option("--drop", help="Leave this setting to each machine again; repeatable.")
    ] = None,
    json_mode: JsonOption = False,
) -> None:
    """Make a new version of the policy. Processes that begin from now on follow it; start the others again.

    How long data are kept is asked for on its page once somebody has worked here: it takes a second person's word.
    """
    wrong = [each for each in given or [] if "=" not in each]
    if wrong or not (given or drop):
        raise typer.BadParameter("Say what holds: NAME=VALUE, such as crawl_host_delay_s=2.")
    changes = dict(each.split("=", 1) for each in given or [])
    with open_session():
        from orbweaver.doors.changing import refuse_alone
        from orbweaver.people.policy.services import change

        refuse_alone([*changes, *(drop or ())])
        version = change(changes, now(), drop=drop or (), label="command line")
    if json_mode:
        emit({"version": version.pk, "values": version.values})
    else:
        console.print(f"Version {version.pk} holds. Start what runs again, on every machine.")
