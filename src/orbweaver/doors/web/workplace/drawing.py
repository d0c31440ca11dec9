"""A picture as an answer: only kinds that a browser draws and that cannot hold script, under a policy of their own."""

from __future__ import annotations

from django.http import HttpResponse

from orbweaver.doors.web.frame.messages import CANNOT_BE_DRAWN
from orbweaver.errors import InvalidInput
from orbweaver.fingerprints.sniff import sniff

DRAWABLE = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp", "image/avif", "image/bmp"})
"""Kinds that a browser draws and that cannot hold script."""


def drawn(data: bytes) -> HttpResponse:
    """The picture. Raises InvalidInput for a kind of file that is not drawn."""
    kind = sniff(data)
    if kind not in DRAWABLE:
        raise InvalidInput(CANNOT_BE_DRAWN)
    response = HttpResponse(data, content_type=kind)
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Content-Disposition"] = "inline"
    return response
