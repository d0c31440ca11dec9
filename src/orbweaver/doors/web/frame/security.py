"""Headers that keep pages from running anything but our own script and showing anything but our own pictures."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


class ContentSecurityPolicy:
    """Adds a strict policy to every answer: no inline script or style, nothing from elsewhere, no framing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with the headers set."""
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
        response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        return response


class WithoutPath(logging.Filter):
    """Takes the path out of what Django logs of a request: it may hold a setup link or a provider's answer token."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep the record, naming the view and the status in place of the path."""
        request = getattr(record, "request", None)
        match = getattr(request, "resolver_match", None)
        view = match.view_name if match else "no page of ours"
        status = getattr(record, "status_code", 500)
        record.msg, record.args = "answered %s at %s", (status, view)
        if status < 500:  # a refusal is no fault of ours: where it was raised helps nobody
            record.exc_info = None
        return True
