"""Asking an authority for a stamp of time (RFC 3161, 3.4: over HTTP). No redirects; a deadline for the whole."""

from __future__ import annotations

import contextlib
import datetime as dt
import http.client
import secrets
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from orbweaver.errors import ConfigurationError
from orbweaver.platform.clock import real_now
from orbweaver.platform.network.dialling import connect
from orbweaver.platform.network.guard import Guard
from orbweaver.platform.network.settings import NetworkSettings
from orbweaver.platform.stamps.checking import check_stamp, decode, read_roots
from orbweaver.platform.stamps.errors import NoStamp, StampRefused
from orbweaver.platform.stamps.messages import NOT_ANSWERED, NOT_GRANTED, ROOTS_UNREADABLE, WRONG_TIME
from orbweaver.platform.stamps.settings import StampSettings

LONGEST_ANSWER = 2**17
"""Bytes of an answer that are read; with a chain of certificates it has some 6,000."""

CLOCKS_APART_S = 300.0
"""Seconds that an authority's clock may be off ours. More is either's mistake, and proves nothing."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What an authority answered, checked. ``answer`` is the DER of a TimeStampResp; ``at`` the time that it says."""

    authority: str
    answer: bytes
    at: dt.datetime


def host_of(authority: str) -> str:
    """What an authority is called: the host of its address."""
    return urlsplit(authority).hostname or authority


def ask(authority: str, digest: bytes) -> Stamp:
    """A stamp over what has this SHA-256. Raises NoStamp, for any reason, within the seconds of the setting: what is
    not proved now may be asked again. Raises ConfigurationError where no roots are set."""
    settings = StampSettings.current()
    if settings.stamp_roots is None:
        raise ConfigurationError(ROOTS_UNREADABLE.of(path="", reason="not set"))
    roots = read_roots(settings.stamp_roots)
    nonce = secrets.randbits(63)
    answer = _exchange(authority, _question(digest, nonce), settings.stamp_seconds)
    try:
        if status := decode(answer).status:
            raise NoStamp(NOT_GRANTED.of(authority=host_of(authority), status=status))
        at = check_stamp(answer, digest, roots, nonce=nonce)
    except StampRefused as error:
        raise NoStamp(error.message) from None
    off = abs((at - real_now()).total_seconds())
    if off > CLOCKS_APART_S:
        raise NoStamp(WRONG_TIME.of(at=at.isoformat(), off=round(off)))
    return Stamp(host_of(authority), answer, at)


def _question(digest: bytes, nonce: int) -> bytes:
    from asn1crypto.tsp import TimeStampReq  # 2 MB that a process takes which asks for a stamp, and no other

    imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": digest}
    question = TimeStampReq({"version": "v1", "message_imprint": imprint, "nonce": nonce, "cert_req": True})
    encoded: bytes = question.dump()
    return encoded


def _exchange(authority: str, question: bytes, seconds: float) -> bytes:
    parts = urlsplit(authority)
    secure = parts.scheme == "https"
    host, port = parts.hostname or "", parts.port or (443 if secure else 80)
    guard = Guard(NetworkSettings.current().network_allow)
    connection = http.client.HTTPConnection(host, port, timeout=seconds)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.sock = connect(host, port, guard, secure=secure, timeout_s=seconds)
        with contextlib.closing(connection), _deadline(connection.sock, seconds):
            connection.request("POST", path, question, {"Content-Type": "application/timestamp-query"})
            with connection.getresponse() as answer:
                body = answer.read(LONGEST_ANSWER)
    except (OSError, http.client.HTTPException) as error:
        raise NoStamp(NOT_ANSWERED.of(authority=host, reason=type(error).__name__)) from None
    if answer.status != http.client.OK:
        raise NoStamp(NOT_ANSWERED.of(authority=host, reason=str(answer.status)))
    return body


@contextlib.contextmanager
def _deadline(connected: socket.socket, seconds: float) -> Iterator[None]:
    """End the conversation after so long: a byte now and then would go on for ever, as each wait is short.
    Raises TimeoutError, if nothing else did."""

    over = threading.Event()

    def end() -> None:
        over.set()
        with contextlib.suppress(OSError):
            connected.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
    if over.is_set():  # what was read until then may look whole to whoever reads up to a number of bytes
        raise TimeoutError
