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
    audit_heads_bucket: str = Field(
        default="",
        pattern=r"^(s3://\S+)?$",
        description="Bucket (s3://bucket/folder) that gets each head with its stamps of time, reached as backups are. "
        "Give the account no right to delete or replace there.",
    )
    audit_heads_mail: str = Field(
        default="",
        description="Mail address of somebody outside who keeps the heads: the board, a notary, a partner hotline. "
        "They come by the mail server of notices, one an hour at most.",
    )
    audit_verify_hours: float = Field(
        default=24.0, gt=0, description="Hours after which the whole audit log is computed and compared again."
    )
