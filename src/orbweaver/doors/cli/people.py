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
