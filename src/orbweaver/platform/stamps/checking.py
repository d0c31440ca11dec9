"""Whether a stamp of time proves that these bytes were there.

The mathematics are those of ``rfc3161-client`` and, below it, OpenSSL: the chain is checked for the moment that the
stamp names, so that it holds for years after the authority's certificate has ended.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from cryptography.x509 import Certificate, load_pem_x509_certificates
from rfc3161_client import TimeStampResponse, VerificationError, VerifierBuilder, decode_timestamp_response

from orbweaver.errors import ConfigurationError
from orbweaver.platform.stamps.errors import StampRefused
from orbweaver.platform.stamps.messages import (
    NOT_TRUSTED,
    OTHER_BYTES,
    OTHER_QUESTION,
    ROOTS_UNREADABLE,
    UNREADABLE,
)


def read_roots(path: Path) -> list[Certificate]:
    """The certificates of a PEM file. Raises ConfigurationError."""
    try:
        return load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ConfigurationError(ROOTS_UNREADABLE.of(path=str(path), reason=type(error).__name__)) from None


def check_stamp(answer: bytes, digest: bytes, roots: Sequence[Certificate], *, nonce: int | None = None) -> dt.datetime:
    """When the authority says that what has this SHA-256 was there. ``answer`` is the DER of a TimeStampResp.

    Raises StampRefused: no stamp, not granted, other bytes, another question (``nonce``), not signed by one of
    ``roots``, or by a certificate that is not for this or was not valid at that moment.
    """
    stamp = decode(answer)
    try:
        info = stamp.tst_info
        bare = VerifierBuilder(roots=list(roots)).build()
        bare.verify(stamp, info.message_imprint.message)
    except (VerificationError, ValueError):
        raise StampRefused(NOT_TRUSTED) from None
    if nonce is not None and info.nonce != nonce:
        raise StampRefused(OTHER_QUESTION)
    try:
        bare.verify(stamp, digest)
    except (VerificationError, ValueError):
        raise StampRefused(OTHER_BYTES) from None
    return info.gen_time


def decode(answer: bytes) -> TimeStampResponse:
    """The answer, read. Raises StampRefused."""
    try:
        return decode_timestamp_response(answer)
    except ValueError:
        raise StampRefused(UNREADABLE) from None
