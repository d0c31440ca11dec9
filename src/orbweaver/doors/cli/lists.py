"""``orbweaver lists``: import, export and show hash lists; withdraw, dispute or restore entries."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from orbweaver.doors.cli.list_files import add_files
from orbweaver.doors.cli.messages import NO_SUCH_ENTRY, UNKNOWN_STATE
from orbweaver.doors.cli.output import JsonOption, console, emit
from orbweaver.doors.cli.session import open_session
from orbweaver.platform.clock import now

if TYPE_CHECKING:
    from orbweaver.detect.hashlists.models import HashList

MOST_DISPUTES = 10_000

lists = typer.Typer(
    help="Hash lists: pictures and videos with all their hashes, in the format that a file is in or that is named.",
    no_args_is_help=True,
)


def register(app: typer.Typer) -> None:
    """Add ``lists``."""
    add_files(lists)
    app.add_typer(lists, name="lists")


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
    serves: Annotated[
        str | None, typer.Option(help="What it serves, with commas between: crawler, scans, exchange. '' for nothing.")
    ] = None,
    json_mode: JsonOption = False,
) -> None:
    """Say how a list may be used: terms, trust, what is allowed and served, until when. What is not named stays."""
    with open_session():
        from orbweaver.detect.hashlists import services
        from orbweaver.detect.hashlists.models import HashList
        from orbweaver.detect.hashlists.selectors import get_list

        found = get_list(name)
        chosen_terms: dict[str, Any] = {} if terms is None else {"terms": terms}
        if trust is not None:
            chosen_terms["trust"] = _one_of(trust, HashList.Trust.values, "--trust")
        if allowed is not None:
            chosen_terms["allowed"] = _one_of(allowed, HashList.Allowed.values, "--allowed")
        if expires is not None:
            chosen_terms["expires_on"] = _day(expires) if expires else None
        if serves is not None:
            chosen = [each.strip() for each in serves.split(",") if each.strip()]
            chosen_terms["doors"] = [_one_of(each, HashList.Door.values, "--serves") for each in chosen]
        services.set_terms(found, chosen_terms, by=None, now=now())
        shown = _terms(found)
    if json_mode:
        emit({"list": found.name, **shown})
    else:
        console.print(f"{found.name}: " + ", ".join(f"{key} {_shown(value)}" for key, value in shown.items()) + ".")


def _shown(value: Any) -> str:
    return (", ".join(value) if isinstance(value, list) else value) or "none"


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
        "serves": list(map(str, found.doors)),
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
    for title in ("Active", "Disputed", "In quarantine", "Withdrawn"):
        table.add_column(title, justify="right")
    for each in found:
        numbers = [f"{each[key]:,}" for key in ("active", "disputed", "quarantined", "withdrawn")]
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
        "quarantined": summary.quarantined,
        "withdrawn": summary.withdrawn,
        **_terms(summary.hash_list),
    }


@lists.command("set-state")
def set_state(
    name: Annotated[str, typer.Argument(help="Name or identifier of the list.")],
    kind: Annotated[str, typer.Argument(help="Kind of hash: md5, sha1, sha256 or pdq.")],
    value: Annotated[str, typer.Argument(help="The hash, in hexadecimal digits.")],
    state: Annotated[str, typer.Argument(help="active, disputed, quarantined or withdrawn.")],
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
