"""Settings of the audit log."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from orbweaver.platform.config import Settings


class AuditSettings(Settings):
    """The audit log: where its signed heads go, so that whoever owns the database cannot rewrite it unseen."""

    audit_heads_dir: Path | None = Field(
        default=None,
        description="Folder on another machine (a mounted disk) to which the audit log's signed heads are appended "
        "each hour. Beside it they are kept in the data folder.",
    )
