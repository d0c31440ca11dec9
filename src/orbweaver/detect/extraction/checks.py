"""What ``orbweaver doctor`` says of the process that reads pages of the web."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Final

from orbweaver.detect.extraction import page_reader
from orbweaver.platform.runtime.checks import Check, absence_check, held_check

NAME: Final = "reader of pages"
TITLE: Final = "\u8aad"
PAGE: Final = f"<meta charset=shift_jis><title>{TITLE}</title>".encode("shift_jis")
"""In a charset that is a file of Python's own: after root is dropped such files may be out of reach."""


def page_reader_checks() -> Iterator[Check]:
    """Whether it comes up and reads a page, and which walls hold around it: one is started and asked."""
    found = asyncio.run(page_reader.tried(PAGE))
    if found is None or found[1].title != TITLE:
        yield absence_check(NAME, page_reader.MODULE, page_reader.LOST)
    else:
        yield held_check(NAME, found[0], f"{page_reader.LOST} unless ORBWEAVER_DECODE_UNPROTECTED is set")
