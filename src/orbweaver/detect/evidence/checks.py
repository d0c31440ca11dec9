"""What ``orbweaver doctor`` says of the archive's settings."""

from __future__ import annotations

from collections.abc import Iterator

from orbweaver.detect.evidence.settings import EvidenceSettings
from orbweaver.platform.runtime.checks import Check, Level


def gap_checks() -> Iterator[Check]:
    """Whether what matches is archived, where the hotline is authorised to."""
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
