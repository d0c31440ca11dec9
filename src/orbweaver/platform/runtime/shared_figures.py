"""Files in which the processes of a part count together, on a disk that may be full.

They are mapped into memory, and made with holes: where the disk has no room for the page that is written first, the
system ends the process (SIGBUS) with every request that it has in hand. So their room is taken before they are mapped.
"""

from __future__ import annotations

import contextlib
import logging
import os
from pathlib import Path
from typing import Final

from prometheus_client.mmap_dict import MmapedDict

log = logging.getLogger(__name__)

ROOM: Final = 2**18
"""Bytes of one file. Labels come from fixed sets of words: all there can be take a tenth of it, so none ever grows."""


class ReservedFigures(MmapedDict):
    """The figures of one process; in its memory alone, seen by nobody else, where the disk has no room for them."""

    def __init__(self, filename: str, read_mode: bool = False) -> None:
        if not read_mode:
            filename = _with_room(filename)
        super().__init__(filename, read_mode)  # type: ignore[no-untyped-call]


def _with_room(filename: str) -> str:
    """The file with its room taken, or one in memory."""
    try:
        descriptor = os.open(filename, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(descriptor, 0, ROOM)
        finally:
            os.close(descriptor)
    except OSError as error:
        with contextlib.suppress(OSError):
            Path(filename).unlink()  # whoever adds the figures up stumbles over an empty one
        log.warning("No room for what this process counts (%s): it counts for itself.", error.strerror)
        return f"/proc/self/fd/{os.memfd_create('figures')}"
    return filename
