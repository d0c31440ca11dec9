"""Settings of backups."""

from __future__ import annotations

from pydantic import Field

from orbweaver.platform.config import Settings


class BackupSettings(Settings):
    """Backups: how old the newest may be, and how a bucket is reached."""

    backup_warn_hours: float = Field(
        default=36.0, gt=0, description="Hours after which `doctor` and the pages say that the newest backup is old."
    )
    backup_s3_endpoint: str = Field(
        default="",
        description="Address of the S3 service for backups (s3://…), where it is not AWS. Access is given as botocore "
        "finds it: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, or the machine's own role.",
    )
    backup_s3_region: str = Field(default="us-east-1", description="Region of that service.")
