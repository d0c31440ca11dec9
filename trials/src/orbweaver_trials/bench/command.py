"""``orbweaver bench``: speed and memory beside the peers, in one run."""

from __future__ import annotations

import typer

from orbweaver_trials.bench.cli import app as bench


def register(app: typer.Typer) -> None:
    """Add ``bench``."""
    app.add_typer(bench, name="bench")
