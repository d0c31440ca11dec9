"""What this room tells people: each message once, with its code."""

from __future__ import annotations

from orbweaver.errors import Message

ADDRESS_NOT_PUBLIC = Message(
    "network.address_not_public",
    "The address is not a public one, so nothing was sent to it. If it is yours and meant, name it in "
    "ORBWEAVER_NETWORK_ALLOW as host:port.",
)
ALLOWED_FORM = Message("network.allowed_form", "ORBWEAVER_NETWORK_ALLOW: each part is address:port or address:*.")
ALLOWED_NAMES = Message(
    "network.allowed_names",
    "ORBWEAVER_NETWORK_ALLOW names hosts by address (127.0.0.1:8080, [::1]:*) or as localhost.",
)
TOO_LONG = Message("network.too_long", "An address longer than %(most)s characters cannot be used.")
NOT_AN_ADDRESS = Message(
    "network.not_an_address",
    "This is not an address. Write it in full, like https://example.org/page.",
)
ONLY_HTTP = Message("network.only_http", "Only http and https addresses can be used.")
NO_HOST = Message("network.no_host", "The address names no host.")
CDNS_UNUSABLE = Message("network.cdns_unusable", "The table of CDNs cannot be used: %(why)s.")
