"""``orbweaver agreements``: what was agreed on with organisations, and until when."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

import typer
from rich.table import Table

from orbweaver.doors.cli.output import JsonOption, console, emit
from orbweaver.doors.cli.session import open_session
from orbweaver.people.accounts.rules import Scope
from orbweaver.platform.clock import now

commands = typer.Typer(help="Agreements with organisations: what they cover, and until when.", no_args_is_help=True)
DAY = ["%Y-%m-%d"]


def register(app: typer.Typer) -> None:
    """Add ``agreements``."""
    app.add_typer(commands, name="agreements")


@commands.command("list")
def show(json_mode: JsonOption = False) -> None:
    """Show all agreements, those in force first, by organisation."""
    with open_session():
        from orbweaver.people.accounts.agreements import in_force
        from orbweaver.people.accounts.models import Agreement

        current = set(in_force(now()).values_list("pk", flat=True))
        rows = Agreement.objects.select_related("organisation").order_by("organisation__name", "pk")
        found = [_facts(each, each.pk in current) for each in rows]
    found.sort(key=lambda each: not each["in_force"])
    if json_mode:
        for each in found:
            emit(each)
        return
    table = Table("Agreement", "Organisation", "Title", "Covers", "Ends", "State", box=None, pad_edge=False)
    for each in found:
        ends = each["ends_on"]
        table.add_row(
            each["id"],
            each["organisation"],
            each["title"] or "–",
            ", ".join(each["scope"]),
            f"{ends:%d %b %Y}" if ends else "–",
            "in force" if each["in_force"] else "ended",
        )
    console.print(table)


@commands.command("add")
def add(
    organisation: Annotated[str, typer.Argument(help="Name of the organisation, which is there already.")],
    title: Annotated[str, typer.Option(help="Agreement or membership, such as “INHOPE member”.")],
    scope: Annotated[
        list[Scope] | None, typer.Option(help="What it covers. Repeatable; else what is usual for its kind.")
    ] = None,
    begins: Annotated[dt.datetime | None, typer.Option(formats=DAY, help="Its first day; else it holds now.")] = None,
    ends: Annotated[dt.datetime | None, typer.Option(formats=DAY, help="Its last day; else until it is ended.")] = None,
    country: Annotated[
        list[str] | None, typer.Option(help="For forces of this country alone, two letters. Repeatable.")
    ] = None,
    vetted: Annotated[
        dt.datetime | None, typer.Option(formats=DAY, help="When the organisation was vetted; else as it was.")
    ] = None,
    json_mode: JsonOption = False,
) -> None:
    """Record an agreement; those that are there stay as they are. The audit log says that it was done here."""
    with open_session():
        from django.db import transaction

        from orbweaver.errors import InvalidInput
        from orbweaver.people.accounts.agreements import Terms, agree_on, in_force
        from orbweaver.people.accounts.messages import NO_SUCH_ORGANISATION
        from orbweaver.people.accounts.models import Organisation
        from orbweaver.people.audit.services import record

        found = Organisation.objects.filter(name=organisation.strip()).first()
        if found is None:
            raise InvalidInput(NO_SUCH_ORGANISATION.of(name=organisation))
        terms = Terms(
            title, tuple(scope or ()), tuple(country or ()), begins_on=_day(begins), ends_on=_day(ends)
        )  # fmt: skip
        with transaction.atomic():
            made = agree_on(found, terms, now=now(), vetted_on=_day(vetted))
            details = {"agreement": made.public_id}
            record("agreement.renewed", found.public_id, label="command line", details=details, at=now())
        facts = _facts(made, in_force(now()).filter(pk=made.pk).exists())
    if json_mode:
        emit(facts)
    else:
        console.print(f"Recorded as {made.public_id}.", markup=False, highlight=False)


@commands.command("end")
def end(
    agreement: Annotated[str, typer.Argument(help="Identifier of the agreement, as agreements list shows it.")],
    because: Annotated[str, typer.Option(help="Why it ends before its last day.")],
    json_mode: JsonOption = False,
) -> None:
    """End an agreement now: all that goes on under it alone stops."""
    with open_session():
        from django.db import transaction

        from orbweaver.assess.review.releasing import release_without_right
        from orbweaver.errors import InvalidInput
        from orbweaver.people.accounts import agreements
        from orbweaver.people.accounts.messages import NO_SUCH_AGREEMENT
        from orbweaver.people.accounts.models import Agreement
        from orbweaver.people.audit.services import record

        found = Agreement.objects.select_related("organisation").filter(public_id=agreement).first()
        if found is None:
            raise InvalidInput(NO_SUCH_AGREEMENT.of(id=agreement))
        with transaction.atomic():
            agreements.end(found, because, now=now())
            details = {"agreement": found.public_id}
            subject = found.organisation.public_id
            record("agreement.ended", subject, label="command line", details=details, at=now())
            release_without_right(now())
    if json_mode:
        emit({"agreement": found.public_id, "ended": True})
    else:
        console.print("Ended: nothing goes on under it.")


def _day(given: dt.datetime | None) -> dt.date | None:
    return given.date() if given is not None else None


def _facts(each: Any, is_in_force: bool) -> dict[str, Any]:
    """What is said of an agreement, in a table or as JSON."""
    return {
        "id": each.public_id,
        "organisation": each.organisation.name,
        "title": each.title,
        "scope": each.scope,
        "countries": each.countries,
        "begins_on": each.begins_on,
        "ends_on": each.ends_on,
        "ended_at": each.ended_at,
        "ended_because": each.ended_because,
        "document": each.document,
        "document_sha256": each.digest,
        "in_force": is_in_force,
    }
