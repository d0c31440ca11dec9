"""A connection to a host that a person has named: each of its addresses is looked at when its socket is made."""

from __future__ import annotations

import socket
import ssl
from typing import Any

from orbweaver.platform.network.guard import Guard


def connect(host: str, port: int, guard: Guard, *, secure: bool, timeout_s: float) -> socket.socket:
    """Dial the first of the host's addresses that may be dialled and answers, with TLS where ``secure``.

    ``timeout_s`` holds for each step of it and stays on the socket. Raises OSError, of which BlockedAddress is one.
    """
    last: OSError = OSError("the name has no address")
    for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        try:
            return _dial(guard.socket_factory(info), info[4], host if secure else None, timeout_s)
        except OSError as error:
            last = error
    raise last


def _dial(plain: socket.socket, address: tuple[Any, ...], name: str | None, timeout_s: float) -> socket.socket:
    try:
        plain.settimeout(timeout_s)
        plain.connect(address)
        if name is None:
            return plain
        return ssl.create_default_context().wrap_socket(plain, server_hostname=name)
    except BaseException:
        plain.close()
        raise
