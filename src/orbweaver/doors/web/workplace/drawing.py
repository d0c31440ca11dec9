"""A picture as an answer: made anew for it, whatever the file was, and under a policy of its own."""

from __future__ import annotations

from django.http import HttpResponse

from orbweaver.detect.evidence.models import EvidenceObject
from orbweaver.detect.media.seeing import opened, picture_at
from orbweaver.fingerprints.result import FIRST, StillPosition


def drawn_held(_data: bytes, stored: EvidenceObject) -> HttpResponse:
    """The held picture that an item shows, in place of the item's own. Raises NothingShown."""
    return drawn(opened(stored))


def drawn(data: bytes, position: StillPosition = FIRST) -> HttpResponse:
    """The picture at a position of the file. Raises NothingShown where there is none that can be shown."""
    response = HttpResponse(picture_at(data, position), content_type="image/jpeg")
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Content-Disposition"] = "inline"
    return response
