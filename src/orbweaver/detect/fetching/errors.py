"""Why a fetch gave nothing, or why a part of what came was not looked at. The codes are stable: they stand in the
frontier, in reports and in rechecks.
"""

from __future__ import annotations

from typing import Final

from orbweaver.errors import OrbweaverError

REASONS: Final[dict[str, str]] = {
    "invalid_url": "The address cannot be used.",
    "address_blocked": "The host has no public address, so nothing was sent to it. If it is yours, name it in "
    "ORBWEAVER_NETWORK_ALLOW.",
    "dns": "The name of the host could not be resolved.",
    "refused": "The host refused the connection or cannot be reached.",
    "connect_timeout": "The host did not answer the connection in time.",
    "tls": "The encrypted connection could not be made.",
    "tls_expired": "The host's certificate has expired, or is not valid yet.",
    "tls_untrusted": "Nobody who is trusted vouches for the host's certificate.",
    "tls_wrong_name": "The host's certificate is for another name.",
    "tls_old": "The host speaks a version of TLS that is too old to be safe.",
    "no_tor": "The host is in the Tor network, which needs a proxy: set ORBWEAVER_TOR_PROXY.",
    "proxy": "The proxy could not be reached, or could not reach the host.",
    "disconnected": "The host closed the connection without an answer.",
    "bad_response": "The answer is not valid HTTP, or has too many or too long headers.",
    "deadline": "The answer was not complete within the time limit.",
    "too_large": "The body is larger than the limit, as sent or once decompressed.",
    "incomplete": "The body ended before the length that was announced.",
    "bad_encoding": "The body is not in the content encoding that was announced.",
    "too_many_redirects": "The host redirects too many times.",
    "bad_redirect": "The host redirects to an address that cannot be used.",
    "page_too_complex": "The page could not be read within the limits of time and memory.",
    "redirect": "The host redirects to another place, which is fetched on its own.",
    "robots": "robots.txt of the site asks crawlers not to fetch this.",
    "robots_unreachable": "robots.txt of the site could not be read, so nothing else was fetched.",
    "http_error": "The host answered with an error.",
    "gave_up": "The crawler ended too often while it worked on this, so it is left alone.",
    "crawler_fault": "What came could not be read because of a fault in the crawler.",
    "switched_off": "Crawling of this site is switched off.",
    "archive_cut": "Not all that is inside was looked at: it is beyond the limits, or packed in a way that is not "
    "opened.",
    "archive_locked": "A part of the archive is encrypted, so it was not looked at.",
    "archive_damaged": "The archive is damaged, so a part of it or all of it was not looked at.",
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
    }
)
"""What may pass by itself, so that the URL is tried again."""

PARTLY: Final = ("archive_cut", "archive_locked", "archive_damaged")
"""The URL was fetched and is done, and what was found is recorded, yet a part of it stayed unseen. No failure, and not
tried again, as the same would come. Of several, the first is kept: what a person can still look at goes before what
needs a password, and that before what nobody can open."""


class FetchFailed(OrbweaverError):
    """A fetch ended early. ``code`` is one of ``REASONS``."""

    def __init__(self, code: str) -> None:
        super().__init__(REASONS[code])
        self.code = code
