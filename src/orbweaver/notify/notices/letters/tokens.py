"""Signed tokens: the link that answers a notice, and the addresses that bounces, journal copies and answers come to.

Whoever holds the link may answer that notice, without an account; it does not expire. The tokens in mail addresses name
an occasion; a provider learns the one for bounces (it is the sender), never the one of the journal.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from django.conf import settings
from django.core.signing import BadSignature, Signer

from orbweaver.notify.notices.errors import BadToken
from orbweaver.notify.notices.messages import LINK_INCOMPLETE
from orbweaver.notify.notices.settings import NoticeSettings
from orbweaver.platform.settings import PlatformSettings

SALT = "orbweaver.notify.notices.answer"
PATH = "/public/answer/"
"""Where the page stands; the token follows, then a slash."""


def _signer() -> Signer:
    return Signer(sep=".", salt=SALT)


def answer_token(reference: str) -> str:
    """The token of a notice: its reference and a signature."""
    return _signer().sign(reference)


def answer_url(reference: str) -> str:
    """The link as the notice gives it."""
    return f"{PlatformSettings.current().base_url.rstrip('/')}{PATH}{answer_token(reference)}/"


def read_token(token: str) -> str:
    """The reference that a token was made for. Raises BadToken."""
    try:
        return _signer().unsign(token)
    except BadSignature:
        raise BadToken(LINK_INCOMPLETE) from None


TAG_LENGTH = 16
"""Characters of a mail token's signature: 80 bits in base32, within the 64 that a local part may have."""


def bounce_address(key: str) -> str:
    """The sender of a message, which bounces name again: ``bounces+<key>.<signature>@…``; "" where none is set."""
    return _tagged(NoticeSettings.current().bounce_address, "bounce", key)


def journal_address(key: str) -> str:
    """The second recipient of a message; "" where there is no journal."""
    return _tagged(NoticeSettings.current().journal, "journal", key)


def answer_address(reference: str) -> str:
    """Where answers to a notice are to go: it tells the notice apart whatever they quote; "" where nobody reads it."""
    settings = NoticeSettings.current()
    return _tagged(settings.bounce_address, "answer", reference) if settings.mail_dir else ""


def _tagged(address: str, purpose: str, key: str) -> str:
    if not address or not key:
        return ""
    local, _, domain = address.rpartition("@")
    return f"{local}+{key}.{_tag(purpose, key)}@{domain}"


def read_mail_token(recipient: str) -> tuple[str, str] | None:
    """Purpose and key of an address that mail came to: ``bounce`` or ``journal`` and the occasion, ``answer`` and the
    notice's reference; None for every other one."""
    key, _, tag = recipient.rpartition("@")[0].partition("+")[2].lower().rpartition(".")
    for purpose in ("bounce", "journal", "answer"):
        if key and hmac.compare_digest(_tag(purpose, key).encode(), tag.encode("utf-8", "replace")):
            return purpose, key
    return None


def _tag(purpose: str, key: str) -> str:
    """A signature that survives mail servers which change the case, as do keys: both are lower-case."""
    digest = hmac.new(settings.SECRET_KEY.encode(), f"orbweaver.mail.{purpose}.{key}".encode(), hashlib.sha256)
    return base64.b32encode(digest.digest())[:TAG_LENGTH].decode().lower()
