"""Where the encrypted files of the archive lie: a folder of this machine, or a bucket that all machines reach."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from orbweaver.detect.evidence.settings import EvidenceSettings
from orbweaver.platform.backup.storage import FolderStorage, Storage
from orbweaver.platform.settings import PlatformSettings

if TYPE_CHECKING:
    from orbweaver.detect.evidence.bucket import BucketStore


class Store(Protocol):
    """Holds files, whole or not at all. Each call raises OSError where the store is full, away, or refuses."""

    def put(self, name: str, content: bytes) -> None:
        """Lay down a new file; it is there durably when this returns. What has that name already is never changed."""
        ...

    def get(self, name: str) -> bytes:
        """All of a file. Raises FileNotFoundError where there is none."""
        ...

    def replace(self, name: str, content: bytes) -> None:
        """Lay down a file in the stead of the one before: only for what tells whose it is."""
        ...

    def remove(self, name: str) -> bool:
        """Remove a file, harmless when it is not there. False where the store keeps it for now: a lock on it stands."""
        ...

    def names(self) -> list[str]:
        """Every file, those that are half-written too."""
        ...

    def prepare(self, *, make: bool) -> bool:
        """Whether files can be laid there; ``make`` what is missing for that."""
        ...


def evidence_dir() -> Path:
    """The folder for them, where no bucket is named."""
    return PlatformSettings.current().data_dir / "evidence"


def evidence_store() -> Store:
    """Where they lie."""
    from orbweaver.detect.evidence.disk import FolderStore

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
