"""Why a file has no perceptual fingerprint. The code of each reason is stable; the sentence may change."""

from __future__ import annotations

from orbweaver.errors import Conflict, InvalidInput, Message, Unavailable
from orbweaver.fingerprints import messages
from orbweaver.fingerprints.messages import DECODERS_UNAVAILABLE, DECODERS_UNPROTECTED, POOL_CLOSED

MESSAGES: dict[str, Message] = {
    each.code.removeprefix("fingerprints."): each
    for each in (
        messages.EMPTY,
        messages.NOT_AN_IMAGE,
        messages.DAMAGED,
        messages.TRUNCATED,
        messages.NO_PICTURE,
        messages.TOO_MANY_PIXELS,
        messages.TOO_MANY_FRAMES,
        messages.OUT_OF_TIME,
        messages.TOO_LARGE,
        messages.OUT_OF_MEMORY,
        messages.DECODER_CRASHED,
        messages.DECODER_TIMEOUT,
        messages.NOT_A_FILE,
        messages.NOT_FOUND,
        messages.UNREADABLE,
        messages.CHANGED,
    )
}

REASONS: dict[str, str] = {code: str(message) for code, message in MESSAGES.items()}


class CannotFingerprint(InvalidInput):
    """A file gives no fingerprint of the kind asked for. ``code`` is one of ``REASONS``."""

    def __init__(self, code: str) -> None:
        super().__init__(MESSAGES[code])
        self.code = code


class BadFingerprint(InvalidInput):
    """A fingerprint that came from outside is not well formed (wrong length, not hexadecimal)."""

    code = "bad_fingerprint"


class PoolClosed(Conflict):
    """Work was given to a decoder pool that is closed, or the pool was closed before the work was done."""

    code = "pool_closed"

    def __init__(self) -> None:
        super().__init__(POOL_CLOSED)


class DecodersUnavailable(Unavailable):
    """Decoder processes do not start on this machine."""

    code = "decoders_unavailable"

    def __init__(self, message: Message = DECODERS_UNAVAILABLE) -> None:
        super().__init__(message)


class DecodersUnprotected(DecodersUnavailable):
    """They start, and this machine does not keep them to decoding: a hostile file that takes one over would be free."""

    code = "decoders_unprotected"

    def __init__(self) -> None:
        super().__init__(DECODERS_UNPROTECTED)
