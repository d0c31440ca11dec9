"""A provider's own endpoint: one signed POST for each message, with a key by which it knows a repetition.

The body is JSON. ``X-Orbweaver-Signature`` is ``v1=`` and the HMAC-SHA256, in hexadecimal, over timestamp, dot, key,
dot and body, under a secret of that contact alone. Whoever checks it, refuses timestamps more than five minutes off
and remembers keys, cannot be told the same thing twice, neither by a crash of ours nor by somebody who listened.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Sequence

from django.utils.translation import gettext_lazy as _

from orbweaver.errors import Message
from orbweaver.notify.notices.letters.parts import parts_of
from orbweaver.notify.notices.sending.channels.http import Endpoint, require_success
from orbweaver.notify.notices.sending.channels.protocol import Channel, Doubt, Outgoing, Session, Taken
from orbweaver.notify.providers.channel_kinds import AddressField
from orbweaver.notify.providers.rules import clean_endpoint
from orbweaver.platform.clock import real_now
from orbweaver.platform.network.guard import Guard
from orbweaver.platform.network.settings import NetworkSettings
from orbweaver.platform.runtime.secrets import api_key_pepper
from orbweaver.platform.settings import PlatformSettings

VERSION = 1


def webhook_secret(contact: str) -> str:
    """The secret of a contact (its public id), 64 hexadecimal digits; derived, so it stands in no table."""
    pepper = api_key_pepper(PlatformSettings.current().keys_path)
    return hmac.new(pepper, b"orbweaver.webhook." + contact.encode(), hashlib.sha256).hexdigest()


def signature(secret: str, timestamp: str, key: str, body: bytes) -> str:
    """The value of ``X-Orbweaver-Signature``."""
    signed = f"{timestamp}.{key}.".encode() + body
    return "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


class WebhookChannel(Channel):
    """Posts to the URL that the contact is."""

    name = "webhook"
    title = _("Webhook")
    address = AddressField(_("URL that is posted to"), "https://host.example/notices")
    carries_words = True
    signs_by_contact = True
    doubt = Doubt.REPEAT

    def __init__(self) -> None:
        self._guard = Guard(NetworkSettings.current().network_allow)
        self._agent = PlatformSettings.current().user_agent_text

    @classmethod
    def clean_address(cls, text: str) -> str:
        """The URL that is posted to."""
        return clean_endpoint(text)

    def why_not(self) -> Message | None:
        """It needs nothing besides the contact."""
        return None

    @contextlib.contextmanager
    def session(self) -> Iterator[Session]:
        """Each message connects by itself: contacts are different hosts."""
        yield _WebhookSession(self._guard, self._agent)


class _WebhookSession:
    def __init__(self, guard: Guard, agent: str) -> None:
        self._guard, self._agent = guard, agent

    def deliver(self, message: Outgoing, before_commit: Callable[[], None]) -> Sequence[Taken]:
        """One POST; 2xx means that the other side has it."""
        endpoint = Endpoint(message.address, self._guard)
        body = body_of(message)
        connection = endpoint.connect()
        try:
            before_commit()
        except BaseException:
            connection.close()
            raise
        status, _ = endpoint.post(connection, "", body, self._headers(message, body))
        require_success(status)
        return ()

    def _headers(self, message: Outgoing, body: bytes) -> dict[str, str]:
        timestamp = str(int(real_now().timestamp()))
        return {
            "Content-Type": "application/json",
            "User-Agent": self._agent,
            "Idempotency-Key": message.key,
            "X-Orbweaver-Timestamp": timestamp,
            "X-Orbweaver-Signature": signature(webhook_secret(message.contact), timestamp, message.key, body),
        }


def body_of(message: Outgoing) -> bytes:
    """The body, the same bytes whenever the same message is sent."""
    parts = parts_of(message.raw)
    body = {
        "version": VERSION,
        "key": message.key,
        "message_id": message.message_id,
        "language": parts.language,
        "subject": parts.subject,
        "text": parts.text,
        "reports": parts.reports,
    }
    return json.dumps(body, ensure_ascii=True, separators=(",", ":")).encode()
