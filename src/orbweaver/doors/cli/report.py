"""``orbweaver report``: hand a URL to the hotline's analysts."""

from __future__ import annotations

from typing import Annotated

import typer

from orbweaver.doors.cli.output import JsonOption, console, emit
from orbweaver.doors.cli.session import open_session
from orbweaver.platform.clock import now


def register(app: typer.Typer) -> None:
    """Add ``report``."""
    app.command("report")(report)


def report(
    urls: Annotated[list[str], typer.Argument(help="Addresses to assess, in full: https://…")],
    comment: Annotated[str, typer.Option(help="What the analysts should know.")] = "",
    json_mode: JsonOption = False,
) -> None:
    """Report URLs. What lies there is assessed by analysts whether it matches a list or not."""
    with open_session():
        from orbweaver.detect.intake.models import Report
        from orbweaver.detect.intake.services import submit_report

        for url in urls:
            found = submit_report(url, source=Report.Source.OPERATOR, comment=comment, now=now())
            if json_mode:
                emit({"report": found.public_id, "state": found.state})
            else:
                console.print(f"{found.public_id} is {found.state}. The crawler fetches it next.")
