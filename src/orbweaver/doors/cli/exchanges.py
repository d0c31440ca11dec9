"""``orbweaver exchanges``: lists that are pulled from their suppliers on a schedule, and feedback on their entries."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from orbweaver.doors.cli.output import JsonOption, console, emit
from orbweaver.doors.cli.session import open_session
from orbweaver.platform.clock import now

if TYPE_CHECKING:
    from orbweaver.detect.exchanges.models import Exchange

exchanges = typer.Typer(
    help="Exchanges: lists that are pulled from their suppliers on a schedule, and feedback on their entries.",
    no_args_is_help=True,
)
NameArgument = Annotated[str, typer.Argument(help="Name or identifier of the exchange.")]
CredentialsOption = Annotated[
    Path,
    typer.Option(
        help="File with the credentials as name=value, each on a line; - for standard input. ncmec: username, "
        "password. stopncii: subscription_key, fetch_key, feedback_key. iccam: username, password. orbweaver: "
        "key."
    ),
]
EveryOption = Annotated[int, typer.Option(min=1, max=43_200, help="Minutes between pulls.")]


def register(app: typer.Typer) -> None:
    """Add ``exchanges``."""
    app.add_typer(exchanges, name="exchanges")


@exchanges.command("add")
def add(
    name: Annotated[str, typer.Argument(help="What to call it.")],
    protocol: Annotated[str, typer.Option(help="ncmec, stopncii, iccam or orbweaver.")],
    address: Annotated[str, typer.Option(help="Base address; or a name that the protocol knows, such as ngo.")],
    supplier: Annotated[str, typer.Option(help="Who supplies the list.")],
    credentials: CredentialsOption,
    list_name: Annotated[str, typer.Option("--list", help="List that is filled; else of the exchange's name.")] = "",
    every: EveryOption = 60,
    allowed: Annotated[
        str, typer.Option(help="What its terms allow: review, so that matches are marked for a person; or act.")
    ] = "review",
    json_mode: JsonOption = False,
) -> None:
    """Set an exchange up. `up` (its worker) pulls it from then on."""
    with open_session():
        from orbweaver.detect.exchanges.services import add_exchange
        from orbweaver.detect.hashlists.models import HashList

        if allowed not in HashList.Allowed.values:
            raise typer.BadParameter("--allowed is review or act")
        made = add_exchange(
            name,
            protocol=protocol,
            address=address,
            supplier=supplier,
            list_name=list_name or name,
            every_minutes=every,
            secrets=_secrets(credentials),
            allowed=allowed,
            by=None,
            now=now(),
        )
        shown = _shown(made)
    _say(shown, json_mode)


@exchanges.command("list")
def show(json_mode: JsonOption = False) -> None:
    """Show all exchanges: when they were pulled, when they will be, and what is wrong."""
    with open_session():
        from orbweaver.detect.exchanges.models import Exchange

        found = [
            _shown(each)
            for each in Exchange.objects.select_related("hash_list")
            .prefetch_related("hash_list__counts")
            .order_by("name")
        ]
    if json_mode:
        for each in found:
            emit(each)
        return
    if not found:
        console.print("No exchanges yet. Set one up: orbweaver exchanges add --help")
        return
    table = Table("Exchange", "Protocol", "Last pull", "Next", "Entries", "State", box=None, pad_edge=False)
    for each in found:
        state = "paused" if each["paused"] else each["problem"] or _works(each)
        entries = f"{each['entries']:,}"
        table.add_row(each["name"], each["protocol"], each["pulled_at"] or "never", each["next_at"], entries, state)
    console.print(table)


@exchanges.command("pull")
def pull_now(name: NameArgument, json_mode: JsonOption = False) -> None:
    """Pull an exchange now, up to what it has; what a pull before it left goes on where that ended."""
    with open_session():
        from orbweaver.detect.exchanges.pulling import pull
        from orbweaver.detect.exchanges.services import exchange_named

        run = pull(exchange_named(name), now())
        counts = {key: getattr(run, key) for key in ("pages", "taken", "withdrawn", "refused")}
    if json_mode:
        emit({"exchange": name, **counts})
    else:
        console.print(f"{name}: " + ", ".join(f"{count:,} {key}" for key, count in counts.items()) + ".")


@exchanges.command("pause")
def pause(name: NameArgument, json_mode: JsonOption = False) -> None:
    """Pull an exchange no more, and send nothing there, until it is resumed."""
    _set_paused(name, True, json_mode)


@exchanges.command("resume")
def resume(name: NameArgument, json_mode: JsonOption = False) -> None:
    """Go on with an exchange, at once."""
    _set_paused(name, False, json_mode)


@exchanges.command("set-credentials")
def change_credentials(name: NameArgument, credentials: CredentialsOption, json_mode: JsonOption = False) -> None:
    """Give an exchange other credentials: all of them. They are kept encrypted and never shown."""
    with open_session():
        from orbweaver.detect.exchanges.services import exchange_named, set_credentials

        found = exchange_named(name)
        set_credentials(found, _secrets(credentials), by=None, now=now())
        shown = _shown(found)
    _say(shown, json_mode)


@exchanges.command("change")
def change(
    name: NameArgument,
    every: Annotated[int | None, typer.Option(min=1, max=43_200, help="Minutes between pulls.")] = None,
    dispute_reason: Annotated[
        str | None, typer.Option(help="The supplier's own reason that our disputes give; '' for none.")
    ] = None,
    json_mode: JsonOption = False,
) -> None:
    """Change how often an exchange is pulled, or the reason that our disputes give. What is not named stays."""
    with open_session():
        from orbweaver.detect.exchanges.services import change_exchange, exchange_named

        found = exchange_named(name)
        change_exchange(
            found,
            every_minutes=found.every_minutes if every is None else every,
            dispute_reason=found.dispute_reason if dispute_reason is None else dispute_reason,
            by=None,
            now=now(),
        )
        shown = _shown(found)
    _say(shown, json_mode)


def _set_paused(name: str, paused: bool, json_mode: bool) -> None:
    with open_session():
        from orbweaver.detect.exchanges.services import exchange_named, set_paused

        found = exchange_named(name)
        set_paused(found, paused, by=None, now=now())
        shown = _shown(found)
    _say(shown, json_mode)


def _secrets(path: Path) -> dict[str, str]:
    from orbweaver.detect.exchanges.services import secrets_of

    if str(path) == "-":
        return secrets_of(sys.stdin.read())
    try:
        return secrets_of(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        raise typer.BadParameter(f"{path} is not a file that can be read") from None


def _shown(found: Exchange) -> dict[str, Any]:
    from orbweaver.detect.exchanges.models import Feedback

    waiting = found.feedback.exclude(state=Feedback.State.SENT)
    return {
        "id": found.public_id,
        "name": found.name,
        "protocol": found.protocol,
        "address": found.address,
        "list": found.hash_list.name,
        "every_minutes": found.every_minutes,
        "paused": found.paused,
        "pulled_at": found.pulled_at.isoformat(timespec="seconds") if found.pulled_at else None,
        "next_at": found.next_at.isoformat(timespec="seconds"),
        "entries": found.hash_list.entry_count,
        "allowed": found.hash_list.allowed,
        "being_pulled": found.is_pulled,
        "failures": found.failures,
        "problem": str(found.problem) if found.problem else None,
        "feedback_waiting": waiting.count(),
    }


def _works(each: dict[str, Any]) -> str:
    if each["being_pulled"]:
        return "being pulled"
    return "works" if each["pulled_at"] else "not pulled yet"


def _say(shown: dict[str, Any], json_mode: bool) -> None:
    if json_mode:
        emit(shown)
    else:
        state = "paused" if shown["paused"] else f"next pull {shown['next_at']}"
        console.print(f"{shown['name']} ({shown['id']}): every {shown['every_minutes']} minutes, {state}.")
