"""Why a fetch gave nothing, or why a part of what came was not looked at. The codes are stable: they stand in the
frontier, in reports and in rechecks.
"""

from __future__ import annotations

from typing import Final

from orbweaver.detect.fetching import messages
from orbweaver.errors import OrbweaverError

REASONS: Final = {
    each.code.removeprefix("fetching."): each
    for each in (
        messages.INVALID_URL,
        messages.ADDRESS_BLOCKED,
        messages.DNS,
        messages.REFUSED,
        messages.CONNECT_TIMEOUT,
        messages.TLS,
        messages.TLS_EXPIRED,
        messages.TLS_UNTRUSTED,
        messages.TLS_WRONG_NAME,
        messages.TLS_OLD,
        messages.NO_TOR,
        messages.PROXY,
        messages.DISCONNECTED,
        messages.BAD_RESPONSE,
        messages.DEADLINE,
        messages.TOO_LARGE,
        messages.INCOMPLETE,
        messages.BAD_ENCODING,
        messages.TOO_MANY_REDIRECTS,
        messages.BAD_REDIRECT,
        messages.PAGE_TOO_COMPLEX,
        messages.REDIRECT,
        messages.ROBOTS,
        messages.ROBOTS_UNREACHABLE,
        messages.HTTP_ERROR,
        messages.GAVE_UP,
        messages.CRAWLER_FAULT,
        messages.SWITCHED_OFF,
        messages.ARCHIVE_CUT,
        messages.ARCHIVE_LOCKED,
        messages.ARCHIVE_DAMAGED,
    )
}

TRANSIENT: Final = frozenset(
    {
        "dns",
        "refused",
        "connect_timeout",
        "disconnected",
        "deadline",
        "incomplete",
        "proxy",
        "robots_unreachable",
        "tls",
        "crawler_fault",
    }
)
"""What may pass by itself, so that the URL is tried again. A fault of ours too: a full disk or want of memory is over
some time, and what it befell would else be lost for good. What fails each time is left alone as any other."""

PARTLY: Final = ("archive_cut", "archive_locked", "archive_damaged")
"""The URL was fetched and is done, and what was found is recorded, yet a part of it stayed unseen. No failure, and not
tried again, as the same would come. Of several, the first is kept: what a person can still look at goes before what
needs a password, and that before what nobody can open."""


class FetchFailed(OrbweaverError):
    """A fetch ended early. ``code`` is one of ``REASONS``."""

    def __init__(self, code: str) -> None:
        super().__init__(REASONS[code])
        self.code = code
