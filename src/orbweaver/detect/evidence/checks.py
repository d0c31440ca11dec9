"""What ``orbweaver doctor`` says of the archive's settings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from orbweaver.detect.evidence import opening
from orbweaver.detect.evidence.keys import MASTER, RECIPIENT
from orbweaver.detect.evidence.sealing import is_sealed, opener_answers
from orbweaver.detect.evidence.settings import EvidenceSettings
from orbweaver.platform.runtime.checks import Check, Level, absence_check, held_check
from orbweaver.platform.settings import PlatformSettings


def gap_checks() -> Iterator[Check]:
    """Whether what matches is archived, where the hotline is authorised to, and what is to be done with its key."""
    yield from _key_checks()
    settings = EvidenceSettings.current()
    if not settings.authorised_hotline:
        return
    if settings.archive_gaps:
        advice = f"Set {', '.join(settings.archive_gaps)}. What is missed is noted and fetched again by itself then."
        yield Check("archive", Level.FAIL, "authorised, but nothing is archived: no legal authority is named", advice)
    elif "retention_days" not in settings.model_fields_set:
        found = f"evidence is kept for {settings.retention_days} days, which nobody has said"
        yield Check("archive", Level.WARN, found, "Set ORBWEAVER_RETENTION_DAYS to what your legal authority says.")
    else:
        yield Check("archive", Level.OK, f"evidence is kept for {settings.retention_days} days")


def _key_checks() -> Iterator[Check]:
    config = PlatformSettings.current()
    master = config.keys_path / MASTER
    if is_sealed(config.keys_path):
        if opener_answers(config.data_dir):
            yield Check("archive's key", Level.OK, "sealed, and open until the machine stops")
        else:
            yield Check("archive's key", Level.WARN, "sealed: nothing is shown", "Run: orbweaver evidence unseal")
    elif _keys_in(master) > 1:
        found = "an old one is still beside the newest"
        yield Check("archive's key", Level.WARN, found, "Run: orbweaver evidence rotate-key --finish")


def opener_checks() -> Iterator[Check]:
    """Whether what opens evidence comes up and opens something, and which walls hold around it; nothing where there is
    no key, or a sealed one."""
    config = PlatformSettings.current()
    keys = config.keys_path.absolute()
    there = opener_answers(config.data_dir) if is_sealed(keys) else (keys / MASTER).exists()
    if not (there and (keys / RECIPIENT).exists()):
        return
    held = opening.tried()
    if held is None:
        yield absence_check("opener of evidence", opening.MODULE, opening.LOST, str(keys))
    else:
        yield held_check("opener of evidence", held, "whoever takes it over has the archive's key")


def _keys_in(master: Path) -> int:
    try:
        return len(master.read_text(encoding="utf-8").split())
    except OSError:  # none is there yet, or the folder is shut to this account, which has a check of its own
        return 0
