"""``orbweaver fingerprint``: digests and PDQ of files. Needs no database."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orbweaver.doors.cli.output import ExitCode, JsonOption, console, emit

if TYPE_CHECKING:
    from orbweaver.fingerprints.files import FileResult


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
    from orbweaver.detect.media.decoders import decoder_pool
    from orbweaver.detect.media.settings import DecodingSettings
    from orbweaver.doors.cli.scanning import sources
    from orbweaver.doors.cli.scanning.files import as_json, fingerprints_of

    failed = False
    with decoder_pool() as pool:
        for result in fingerprints_of(sources.files(files), pool, DecodingSettings.current().decode_workers):
            _show(result, json_mode=json_mode)
            failed = failed or as_json(result)["error"] is not None
    if failed:
        raise typer.Exit(ExitCode.PARTLY)


def _show(result: FileResult, *, json_mode: bool) -> None:
    from orbweaver.doors.cli.scanning.files import as_json, why

    shown = as_json(result)
    if json_mode:
        emit(shown)
        return
    console.print(result.name, style="bold", markup=False, highlight=False, soft_wrap=True)
    for key in ("sha256", "sha1", "md5", "pdq"):
        if shown[key]:
            quality = f"  (quality {shown['pdq_quality']})" if key == "pdq" else ""
            console.print(f"  {key:<7} {shown[key]}{quality}", highlight=False, soft_wrap=True)
    if shown["width"]:
        console.print(f"  size    {shown['width']} × {shown['height']} pixels", highlight=False)
    if shown["error"]:
        console.print(f"  [yellow]{shown['error']}[/]: {why(result)}", highlight=False)
