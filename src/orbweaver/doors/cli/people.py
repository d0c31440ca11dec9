"""``orbweaver people``: what only somebody at the machine can do for a person."""

from __future__ import annotations

from typing import Annotated

import typer

from orbweaver.doors.cli.output import JsonOption, console, emit
from orbweaver.doors.cli.session import open_session
from orbweaver.platform.clock import now, real_now

people = typer.Typer(help="People who sign in.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add ``people``."""
    app.add_typer(people, name="people")


@people.command("reset-password")
def reset_password(
    address: Annotated[str, typer.Argument(help="Mail address with which the person signs in.")],
    json_mode: JsonOption = False,
) -> None:
    """Show a link with which this person sets another password, once and within a day.

    It works for the only administrator, too. Until it is used the old password stays; then all their sign-ins end. Pass
    it on so that nobody else learns of it. The audit log records that it was made.
    """
    with open_session():
        from django.db import transaction

        from orbweaver.people.accounts.passwords import SHOWN_LINK_VALID, link_url, make_link, person_with_address
        from orbweaver.people.audit.services import record

        at = real_now()
        with transaction.atomic():
            person = person_with_address(address)
            link = link_url(make_link(person, valid=SHOWN_LINK_VALID, at=at))
            record("person.password_link_made", person.public_id, label="command line", at=now())
    if json_mode:
        emit({"person": person.public_id, "link": link, "until": at + SHOWN_LINK_VALID})
        return
    console.print(link, markup=False, highlight=False, soft_wrap=True)
    console.print(f"For {person.display_name}, once, until {at + SHOWN_LINK_VALID:%d %b %Y, %H:%M} UTC.", markup=False)


@people.command("second-factor-off")
def second_factor_off(
    address: Annotated[str, typer.Argument(help="Mail address with which the person signs in.")],
    json_mode: JsonOption = False,
) -> None:
    """Turn the second factor of this person off, whose phone and spare codes are lost; all their sign-ins end.

    It works for the only administrator, too. Be sure who asks. Where the settings want one, the person sets up another
    at the next sign-in. The audit log records it.
    """
    with open_session():
        from django.db import transaction

        from orbweaver.people.accounts.passwords import person_with_address
        from orbweaver.people.accounts.second_factor import remove
        from orbweaver.people.audit.services import record

        with transaction.atomic():
            person = person_with_address(address)
            removed = remove(person)
            if removed:
                record("person.second_factor_removed", person.public_id, label="command line", at=now())
    if json_mode:
        emit({"person": person.public_id, "removed": removed})
        return
    text = "The second factor of %s is off." if removed else "%s has no second factor. Nothing was changed."
    console.print(text % person.display_name, markup=False)


@people.command("roles")
def roles(json_mode: JsonOption = False) -> None:
    """Show who holds which role, and what it is bound to: an organisation, countries, cases (nothing: it is whole)."""
    with open_session():
        from orbweaver.people.accounts.models import RoleGrant

        grants = RoleGrant.objects.select_related("user", "organisation").order_by("user__email", "pk")
        rows = [
            {
                "person": grant.user.public_id,
                "address": grant.user.email,
                "role": grant.role,
                "organisation": grant.organisation.name if grant.organisation else None,
                "countries": grant.countries,
                "cases": grant.cases,
            }
            for grant in grants
        ]
    if json_mode:
        emit({"roles": rows})
        return
    for row in rows:
        kinds = (("organisation", [row["organisation"]]), ("countries", row["countries"]), ("cases", row["cases"]))
        bound = "; ".join(f"{kind} {', '.join(map(str, named))}" for kind, named in kinds if any(named))
        console.print(f"{row['address']}  {row['role']}{f'  bound: {bound}' if bound else ''}", markup=False)


@people.command("bind")
def bind(
    address: Annotated[str, typer.Argument(help="Mail address with which the person signs in.")],
    role: Annotated[str, typer.Argument(help="Such as law_enforcement_liaison.")],
    organisation: Annotated[str, typer.Option(help="Name of the organisation whose forces or reports are meant.")] = "",
    country: Annotated[
        list[str] | None,
        typer.Option(help="Of whose forces or reports, by two letters. Repeatable."),
    ] = None,
    case: Annotated[
        list[str] | None, typer.Option(help="Number of a series, a referral or an order. Repeatable.")
    ] = None,
    json_mode: JsonOption = False,
) -> None:
    """Bind a role that the person holds: from then on they find what concerns these alone, in every page.

    It lessens what they may, so no second person is asked. To loosen it, take the role away and give it again, which
    asks one. The audit log records it.
    """
    with open_session():
        from django.db import transaction

        from orbweaver.errors import InvalidInput
        from orbweaver.notify.police.within import require_cases
        from orbweaver.notify.providers.messages import COUNTRY_CODE
        from orbweaver.people.accounts.messages import NO_SUCH_ORGANISATION, NOTHING_TO_BIND
        from orbweaver.people.accounts.models import Organisation
        from orbweaver.people.accounts.passwords import person_with_address
        from orbweaver.people.accounts.rules import Bounds, Role
        from orbweaver.people.accounts.services import bind_role
        from orbweaver.people.audit.services import record

        if role not in set(Role):
            raise InvalidInput(NOTHING_TO_BIND)
        with transaction.atomic():
            person = person_with_address(address)
            under = Organisation.objects.filter(name=organisation).first() if organisation else None
            if organisation and under is None:
                raise InvalidInput(NO_SUCH_ORGANISATION.of(name=organisation))
            countries, cases = sorted({each.upper() for each in country or ()}), sorted(set(case or ()))
            if not all(len(each) == 2 and each.isascii() and each.isalpha() for each in countries):
                raise InvalidInput(COUNTRY_CODE)
            require_cases(cases)
            bind_role(person, Role(role), Bounds(under.pk if under else None, frozenset(countries), frozenset(cases)))
            said = {"organisation": under.public_id if under else "", "countries": countries, "cases": cases}
            details = {"role": role} | {name: value for name, value in said.items() if value}
            record("role.bound", person.public_id, label="command line", details=details, at=now())
    if json_mode:
        emit({"person": person.public_id} | details)
        return
    console.print(f"{person.display_name} now finds what concerns these alone.", markup=False)
