"""``orbweaver police``: what police say, as files of theirs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orbweaver.doors.cli.output import ExitCode, JsonOption, console, emit
from orbweaver.doors.cli.session import open_session
from orbweaver.errors import InvalidInput
from orbweaver.platform.clock import now

police = typer.Typer(help="Police: what they say of pictures and referrals.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add ``police``."""
    app.add_typer(police, name="police")


@police.command("said")
def said(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV with a header, or a JSON array.")],
    force: Annotated[str, typer.Option(help="Name of the force that says so, as on the page of referrals.")],
    json_mode: JsonOption = False,
) -> None:
    """Take in what a force says: identified, not_identified, recovered, baseline, not_baseline or series of a picture;
    acknowledged or refused of a referral. Items, notices and figures follow at once; again does no harm.

    Columns: referral, item, sha256, sha1 or md5 (one is enough), said, on, reference, series.
    """
    with open_session():
        from orbweaver.notify.police.messages import NO_SUCH_FORCE
        from orbweaver.notify.police.models import Force
        from orbweaver.notify.police.words import MOST_BYTES, read_file, take

        found = Force.objects.filter(name=force.strip()).first()
        if found is None:
            raise InvalidInput(NO_SUCH_FORCE)
        with file.open("rb") as opened:
            rows = read_file(opened.read(MOST_BYTES + 1))
        taken = take(rows, found, by=None, label="command line", now=now())
    if json_mode:
        problems = [{"row": number, "code": why.code, "detail": str(why)} for number, why in taken.problems]
        emit({"new": taken.new, "before": taken.before, "problems": problems})
    else:
        console.print(f"{taken.new:,} new, {taken.before:,} said before.", highlight=False)
        for number, why in taken.problems:
            console.print(f"Row {number}: {why}", highlight=False, markup=False)
    if taken.problems:
        raise typer.Exit(ExitCode.PARTLY)
