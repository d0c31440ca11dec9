"""The place that a person names."""

from __future__ import annotations

from pathlib import Path

from orbweaver.errors import InvalidInput
from orbweaver.platform.backup.messages import PLACE_FORM
from orbweaver.platform.backup.places import FolderPlace, Place


def place_at(text: str) -> Place:
    """A folder, or ``s3://bucket/folder``. Raises InvalidInput for what is neither."""
    if text.startswith("s3://"):
        from orbweaver.platform.backup.s3 import BucketPlace

        return BucketPlace.at(text)
    if "://" in text or not text.strip():
        raise InvalidInput(PLACE_FORM)
    return FolderPlace(Path(text))
