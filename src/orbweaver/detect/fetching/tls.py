"""How encrypted connections are made, and why one could not be, as codes of ``errors.REASONS``.

Certificates are checked, always. What a host with a bad one serves may come from somebody on the way to it, and differ
from what others get: it would be no evidence against whoever holds the name. So nothing is sent there; the code stands
at the URL, so that a person can look into it, and a recheck counts it as unreachable, never as a removal.
"""

from __future__ import annotations

import ssl
from functools import cache
from typing import Final

_BY_VERIFICATION: Final = {
    9: "tls_expired",  # X509_V_ERR_CERT_NOT_YET_VALID
    10: "tls_expired",  # X509_V_ERR_CERT_HAS_EXPIRED
    62: "tls_wrong_name",  # X509_V_ERR_HOSTNAME_MISMATCH
    64: "tls_wrong_name",  # X509_V_ERR_IP_ADDRESS_MISMATCH
}
"""OpenSSL's numbers (x509_vfy.h); all others mean that nobody trusted vouches for the certificate."""
_OLD: Final = ("UNSUPPORTED_PROTOCOL", "PROTOCOL_VERSION", "WRONG_SSL_VERSION", "NO_PROTOCOLS_AVAILABLE")


@cache
def client_context() -> ssl.SSLContext:
    """Takes the certificates that browsers take. One for all: the authorities are read once.

    From 3.13 on Python also wants those of private authorities in every detail as RFC 5280 has it, and trusts what is
    in the store without its issuer; what is found must not depend on the version that finds it.
    """
    context = ssl.create_default_context()
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.set_alpn_protocols(["http/1.1"])
    return context


def tls_code(error: BaseException) -> str:
    """The code for an error that has to do with TLS; ``tls`` where nothing more is known."""
    seen: BaseException | None = error
    while seen is not None:
        for each in (seen, getattr(seen, "certificate_error", None), getattr(seen, "os_error", None)):
            number = getattr(each, "verify_code", None)  # aiohttp's errors are of these classes, but know no number
            if isinstance(each, ssl.SSLCertVerificationError) and number is not None:
                return _BY_VERIFICATION.get(number, "tls_untrusted")
            if isinstance(each, ssl.SSLError) and any(old in (getattr(each, "reason", "") or "") for old in _OLD):
                return "tls_old"
        seen = seen.__cause__
    return "tls"
