"""The storage that a person names."""

from __future__ import annotations

from pathlib import Path

from orbweaver.errors import InvalidInput
from orbweaver.platform.backup.messages import STORAGE_FORM
from orbweaver.platform.backup.storage import FolderStorage, Storage


def storage_at(text: str) -> Storage:
    """A folder, or ``s3://bucket/folder``. Raises InvalidInput for what is neither."""
    if text.startswith("s3://"):
        from orbweaver.platform.backup.s3 import BucketStorage

        return BucketStorage.at(text)
    if "://" in text or not text.strip():
        raise InvalidInput(STORAGE_FORM)
    return FolderStorage(Path(text))
