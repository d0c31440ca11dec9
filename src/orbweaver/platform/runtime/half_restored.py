"""An installation into which a backup is being restored: nothing else may use it until that is finished."""

from __future__ import annotations

import json
from pathlib import Path

from orbweaver.errors import Unavailable
from orbweaver.platform.runtime.messages import HALF_RESTORED
from orbweaver.platform.runtime.postgres import write_private

MARKER = "restoring.json"


def half_restored(data_dir: Path) -> str | None:
    """The backup that is being restored into this data folder; None when none is."""
    try:
        return str(json.loads((data_dir / MARKER).read_text(encoding="utf-8"))["backup"])
    except FileNotFoundError:
        return None


def is_loaded(data_dir: Path) -> bool:
    """Whether the database of the backup is there, and only what follows is left to do."""
    return (data_dir / MARKER).is_file() and bool(json.loads((data_dir / MARKER).read_text(encoding="utf-8"))["loaded"])


def note_restoring(data_dir: Path, backup: str | None, *, loaded: bool = False) -> None:
    """Say that this backup is being restored here; None: it is done."""
    if backup is None:
        (data_dir / MARKER).unlink(missing_ok=True)
    else:
        write_private(data_dir / MARKER, json.dumps({"backup": backup, "loaded": loaded}))


def refuse_half_restored(data_dir: Path) -> None:
    """Raise Unavailable where a restore was begun and not finished."""
    backup = half_restored(data_dir)
    if backup is not None:
        raise Unavailable(HALF_RESTORED.of(backup=backup))
