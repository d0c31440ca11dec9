"""What this room tells people: each message once, with its code."""

from __future__ import annotations

from orbweaver.errors import Message

PROXY_NEEDS_EXTRA = Message(
    "fetching.proxy_needs_extra",
    "A proxy needs the extra `tor`: pip install 'orbweaver[tor]'.",
)
PROXY_FORM = Message("fetching.proxy_form", "A proxy is written as socks5://host:port or http://host:port.")
INVALID_URL = Message(
    "fetching.invalid_url",
    "The address cannot be used.",
)
ADDRESS_BLOCKED = Message(
    "fetching.address_blocked",
    "The host has no public address, so nothing was sent to it. If it is yours, name it in ORBWEAVER_NETWORK_ALLOW.",
)
DNS = Message(
    "fetching.dns",
    "The name of the host could not be resolved.",
)
REFUSED = Message(
    "fetching.refused",
    "The host refused the connection or cannot be reached.",
)
CONNECT_TIMEOUT = Message(
    "fetching.connect_timeout",
    "The host did not answer the connection in time.",
)
TLS = Message(
    "fetching.tls",
    "The encrypted connection could not be made.",
)
TLS_EXPIRED = Message(
    "fetching.tls_expired",
    "The host's certificate has expired, or is not valid yet.",
)
TLS_UNTRUSTED = Message(
    "fetching.tls_untrusted",
    "No trusted authority vouches for the host's certificate.",
)
TLS_WRONG_NAME = Message(
    "fetching.tls_wrong_name",
    "The host's certificate is for another name.",
)
TLS_OLD = Message(
    "fetching.tls_old",
    "The host speaks a version of TLS that is too old to be safe.",
)
NO_TOR = Message(
    "fetching.no_tor",
    "The host is in the Tor network, which needs a proxy: set ORBWEAVER_TOR_PROXY.",
)
PROXY = Message(
    "fetching.proxy",
    "The proxy could not be reached, or could not reach the host.",
)
DISCONNECTED = Message(
    "fetching.disconnected",
    "The host closed the connection without an answer.",
)
BAD_RESPONSE = Message(
    "fetching.bad_response",
    "The answer is not valid HTTP, or has too many or too long headers.",
)
DEADLINE = Message(
    "fetching.deadline",
    "The answer was not complete within the time limit.",
)
TOO_LARGE = Message(
    "fetching.too_large",
    "The body is larger than the limit, as sent or once decompressed.",
)
INCOMPLETE = Message(
    "fetching.incomplete",
    "The body ended before the length that was announced.",
)
BAD_ENCODING = Message(
    "fetching.bad_encoding",
    "The body is not in the content encoding that was announced.",
)
TOO_MANY_REDIRECTS = Message(
    "fetching.too_many_redirects",
    "The host redirects too many times.",
)
BAD_REDIRECT = Message(
    "fetching.bad_redirect",
    "The host redirects to an address that cannot be used.",
)
PAGE_TOO_COMPLEX = Message(
    "fetching.page_too_complex",
    "The page could not be read within the limits of time and memory.",
)
REDIRECT = Message(
    "fetching.redirect",
    "The host redirects to another address, which is fetched separately.",
)
ROBOTS = Message(
    "fetching.robots",
    "robots.txt of the site asks crawlers not to fetch this.",
)
ROBOTS_UNREACHABLE = Message(
    "fetching.robots_unreachable",
    "robots.txt of the site could not be read, so nothing else was fetched.",
)
HTTP_ERROR = Message(
    "fetching.http_error",
    "The host answered with an error.",
)
GAVE_UP = Message(
    "fetching.gave_up",
    "The crawler ended too often while it worked on this, so it is left alone.",
)
CRAWLER_FAULT = Message(
    "fetching.crawler_fault",
    "What came could not be read because of a fault in the crawler.",
)
SWITCHED_OFF = Message(
    "fetching.switched_off",
    "Crawling of this site is switched off.",
)
ARCHIVE_CUT = Message(
    "fetching.archive_cut",
    "Not all that is inside was looked at: it is beyond the limits, or packed in a way that is not opened.",
)
ARCHIVE_LOCKED = Message(
    "fetching.archive_locked",
    "A part of the archive is encrypted, so it was not looked at.",
)
ARCHIVE_DAMAGED = Message(
    "fetching.archive_damaged",
    "The archive is damaged, so a part of it or all of it was not looked at.",
)
