"""Where the encrypted files of the archive lie: a folder of this machine, or a bucket that all machines reach."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from orbweaver.detect.evidence.disk import FolderStore
from orbweaver.detect.evidence.protocol import Store
from orbweaver.detect.evidence.settings import EvidenceSettings
from orbweaver.platform.backup.storage import FolderStorage, Storage
from orbweaver.platform.settings import PlatformSettings

if TYPE_CHECKING:
    from orbweaver.detect.evidence.bucket import BucketStore


def evidence_dir() -> Path:
    """The folder for them, where no bucket is named."""
    return PlatformSettings.current().data_dir / "evidence"


def evidence_store() -> Store:
    """Where they lie."""
    return FolderStore(evidence_dir()) if (bucket := _bucket()) is None else bucket


def evidence_files() -> Storage:
    """The same, as backups read it, and write it when they are brought back."""
    return FolderStorage(evidence_dir()) if (bucket := _bucket()) is None else bucket.as_storage()


def _bucket() -> BucketStore | None:
    settings = EvidenceSettings.current()
    if not settings.evidence_bucket:
        return None
    from orbweaver.detect.evidence.bucket import bucket_store

    return bucket_store(settings.evidence_bucket, settings.evidence_s3_endpoint, settings.evidence_s3_region)
