"""A picture as an answer: made anew for it, whatever the file was, and under a policy of its own."""

from __future__ import annotations

from django.http import HttpResponse

from orbweaver.detect.media.seeing import picture_at
from orbweaver.fingerprints.result import FIRST, Place


def drawn(data: bytes, place: Place = FIRST) -> HttpResponse:
    """The picture at a place of the file. Raises NothingShown where there is none that can be shown."""
    response = HttpResponse(picture_at(data, place), content_type="image/jpeg")
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Content-Disposition"] = "inline"
    return response
