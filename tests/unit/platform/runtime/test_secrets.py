"""Secrets of the keys folder: whole, or not there."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from orbweaver.platform.runtime.secrets import read_or_create


def test_a_full_disk_leaves_nothing_behind_and_the_next_time_it_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            read_or_create(tmp_path / "a-key", "one")
    assert list(tmp_path.iterdir()) == []
    assert read_or_create(tmp_path / "a-key", "two") == "two"
