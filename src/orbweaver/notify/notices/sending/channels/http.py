"""One HTTP request to an address that a contact names, by sockets that the guard has looked at. No redirects."""

from __future__ import annotations

import contextlib
import http.client
from collections.abc import Mapping
from urllib.parse import urlsplit

from orbweaver.notify.notices.errors import ChannelDown, ChannelFailed, DeliveryUncertain
from orbweaver.notify.notices.messages import ANSWERED, NO_ANSWER, NOT_A_URL, NOT_PUBLIC, UNCONFIRMED, UNREACHABLE
from orbweaver.platform.network.dialling import connect
from orbweaver.platform.network.guard import BlockedAddress, Guard

TIMEOUT_S = 30.0
BODY_LIMIT = 2**20
"""Bytes of an answer that are read."""
_LATER = frozenset({408, 425, 429})
"""Refusals that do not last."""


class Endpoint:
    """A base URL, ``http://`` or ``https://``; each request has a connection of its own."""

    def __init__(self, base: str, guard: Guard) -> None:
        """Raises ChannelFailed, for good, when this is not a URL of that kind."""
        try:
            parts = urlsplit(base)
            port = parts.port
        except ValueError:
            parts, port = urlsplit(""), None
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ChannelFailed(NOT_A_URL, permanent=True)
        self._secure = parts.scheme == "https"
        self._host, self._port = parts.hostname, port or (443 if self._secure else 80)
        self._path = parts.path.rstrip("/") + (f"?{parts.query}" if parts.query else "")
        self._guard = guard

    def connect(self) -> http.client.HTTPConnection:
        """An open connection. Raises ChannelDown; nothing was said to the other side."""
        connection = http.client.HTTPConnection(self._host, self._port, timeout=TIMEOUT_S)
        try:
            connection.sock = connect(self._host, self._port, self._guard, secure=self._secure, timeout_s=TIMEOUT_S)
        except BlockedAddress:
            raise ChannelFailed(NOT_PUBLIC) from None
        except OSError as error:
            raise ChannelFailed(UNREACHABLE.of(kind=type(error).__name__)) from None
        return connection

    def post(
        self, connection: http.client.HTTPConnection, path: str, body: bytes, headers: Mapping[str, str]
    ) -> tuple[int, bytes]:
        """Status and body of the answer. Raises DeliveryUncertain when none was heard."""
        try:
            return self._exchange(connection, "POST", path, body, headers)
        except (OSError, http.client.HTTPException) as error:
            raise DeliveryUncertain(UNCONFIRMED.of(kind=type(error).__name__)) from None

    def get(self, path: str, headers: Mapping[str, str]) -> tuple[int, bytes]:
        """Status and body of the answer. Raises ChannelFailed when none was heard."""
        try:
            return self._exchange(self.connect(), "GET", path, None, headers)
        except (OSError, http.client.HTTPException) as error:
            raise ChannelFailed(NO_ANSWER.of(kind=type(error).__name__)) from None

    def _exchange(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        body: bytes | None,
        headers: Mapping[str, str],
    ) -> tuple[int, bytes]:
        with contextlib.closing(connection):
            connection.request(method, (self._path + path) or "/", body=body, headers=dict(headers))
            answer = connection.getresponse()
            return answer.status, answer.read(BODY_LIMIT)


def require_success(status: int) -> None:
    """Raises ChannelFailed for all but 2xx: for good, unless the status says that it does not last."""
    if 200 <= status < 300:
        return
    lasting = 300 <= status < 500 and status not in _LATER
    raise ChannelFailed(ANSWERED.of(status=status), permanent=lasting)


__all__ = ["ChannelDown", "Endpoint", "require_success"]
