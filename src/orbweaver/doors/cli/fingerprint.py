"""``orbweaver fingerprint``: digests and PDQ of files. Needs no database."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orbweaver.doors.cli.output import ExitCode, JsonOption, console, emit


def register(app: typer.Typer) -> None:
    """Add ``fingerprint``."""
    app.command("fingerprint")(fingerprint)


def fingerprint(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files of any kind.")],
    json_mode: JsonOption = False,
) -> None:
    """Print MD5, SHA-1, SHA-256 and PDQ of files. Broken and hostile files are reported; the rest goes on.

    With --json one object a line and file. Exit code 4 when a file had an error.
    """
    from orbweaver.doors.cli.files import as_json, fingerprints_of, why

    failed = False
    for result in fingerprints_of(files):
        shown = as_json(result)
        failed = failed or shown["error"] is not None
        if json_mode:
            emit(shown)
            continue
        console.print(result.name, style="bold", markup=False, highlight=False, soft_wrap=True)
        for key in ("sha256", "sha1", "md5", "pdq"):
            if shown[key]:
                quality = f"  (quality {shown['pdq_quality']})" if key == "pdq" else ""
                console.print(f"  {key:<7} {shown[key]}{quality}", highlight=False, soft_wrap=True)
        if shown["width"]:
            console.print(f"  size    {shown['width']} × {shown['height']} pixels", highlight=False)
        if shown["error"]:
            console.print(f"  [yellow]{shown['error']}[/]: {why(result)}", highlight=False)
    if failed:
        raise typer.Exit(ExitCode.PARTLY)
