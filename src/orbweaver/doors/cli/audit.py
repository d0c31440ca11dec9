"""``orbweaver audit``: whether the audit log is what it was."""

from __future__ import annotations

import typer

from orbweaver.doors.cli.output import ExitCode, JsonOption, console, emit
from orbweaver.doors.cli.session import open_session

commands = typer.Typer(help="The audit log: whether anything in it was changed or removed.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add ``audit``."""
    app.add_typer(commands, name="audit")


@commands.command("verify")
def verify(json_mode: JsonOption = False) -> None:
    """Compute the whole chain again, and compare it with every signed head kept outside the database.

    Exit code 1 when an event was changed, removed or put in, when the end was cut off, or when a head is not ours.
    """
    with open_session():
        from orbweaver.people.audit.heads import contradictions
        from orbweaver.people.audit.messages import EVENT_BROKEN
        from orbweaver.people.audit.models import Event
        from orbweaver.people.audit.selectors import first_broken_event

        broken = first_broken_event()
        found = [EVENT_BROKEN.of(position=broken.position or 0)] if broken else []
        found += contradictions()
        sealed = Event.objects.filter(position__isnull=False).count()
        waiting = Event.objects.filter(position__isnull=True).count()
    if json_mode:
        emit({"holds": not found, "sealed": sealed, "waiting": waiting, "found": [str(each) for each in found]})
    else:
        for each in found:
            console.print(f"{each}.", markup=False, highlight=False)
        console.print(
            f"{sealed:,} events are chained, {waiting:,} wait for it: {'NOT as it was' if found else 'as it was'}."
        )
    if found:
        raise typer.Exit(ExitCode.ERROR)
