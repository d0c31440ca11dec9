"""What ``orbweaver doctor`` says of the process that reads pages of mail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orbweaver.notify.notices.answers import walled
from orbweaver.platform.runtime.checks import Check, absence_check, held_check

NAME: Final = "reader of mails"
PAGE: Final = "<p>It is <b>gone</b>.</p><blockquote>You wrote</blockquote>"
TEXT: Final = "It is gone.\n\n> You wrote"


def mail_reader_checks() -> Iterator[Check]:
    """Whether it comes up and reads a page, and which walls hold around it: one is started and asked."""
    found = walled.tried(PAGE)
    if found is None or found[1] != TEXT:
        yield absence_check(NAME, walled.MODULE, walled.LOST)
    else:
        yield held_check(NAME, found[0], f"{walled.LOST} unless ORBWEAVER_DECODE_UNPROTECTED is set")
