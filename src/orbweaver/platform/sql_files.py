"""Functions, triggers and storage of tables in files of SQL, beside the migration that runs them."""

from __future__ import annotations

from pathlib import Path

from django.db.migrations import RunSQL


def run_file(migration: str, name: str) -> RunSQL:
    """The operation that runs the file ``name`` beside ``migration`` (its ``__file__``). Forward only, as all are."""
    return RunSQL(Path(migration).with_name(name).read_text(encoding="utf-8"))
