"""``orbweaver evidence``: a person says which database the archive belongs to, and that the clock is right."""

from __future__ import annotations

from typing import Annotated

import typer

from orbweaver.doors.cli.output import JsonOption, console, emit
from orbweaver.doors.cli.session import open_session
from orbweaver.platform.clock import now

evidence = typer.Typer(help="The encrypted archive: what a person says before it may erase.", no_args_is_help=True)
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


def register(app: typer.Typer) -> None:
    """Add ``evidence``."""
    app.add_typer(evidence, name="evidence")


@evidence.command("bind")
def bind(yes: YesOption = False, json_mode: JsonOption = False) -> None:
    """Say that this database is the one that the evidence folder belongs to, as after restoring an older one.

    Until then nothing is erased. Files that the database does not know are kept all the same.
    """
    with open_session():
        from orbweaver.detect.evidence.archive import bind as bind_archive
        from orbweaver.detect.evidence.archive import mismatch, survey_archive

        reason, survey = mismatch(), survey_archive()
        if not json_mode:
            console.print(f"It differs: {reason}." if reason else "They belong together already.", highlight=False)
            console.print(
                f"{survey.kept:,} files of objects of this database, {survey.unknown:,} that it does not know, "
                f"{survey.missing:,} objects without a file here.",
                highlight=False,
            )
        if reason:
            yes or typer.confirm("Is this the right database for this evidence?", abort=True)
            bind_archive(now(), survey)
    if json_mode:
        emit({"bound": True, "differed": str(reason or ""), **survey.counts()})
    else:
        console.print("They are bound.")


@evidence.command("allow-erasure")
def allow_erasure(yes: YesOption = False, json_mode: JsonOption = False) -> None:
    """Say that the clock is right, after a pause of days: what is due is erased by the next sweep."""
    with open_session():
        from orbweaver.assess.linking.retention import count_due
        from orbweaver.detect.evidence.erasing import allow_erasure as allow

        at = now()
        due = count_due(at)
        if not json_mode:
            console.print(f"By the clock it is {at:%Y-%m-%d %H:%M} UTC, and {due:,} objects are due.", highlight=False)
        yes or typer.confirm("Is that so, and may they be erased for good?", abort=True)
        allow(at, due=due)
    if json_mode:
        emit({"allowed": True, "due": due})
    else:
        console.print("The worker erases them within a minute.")
