"""Headers that keep pages from running anything but our own script and showing anything but our own pictures, and
browsers from asking for them without TLS."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port

from orbweaver.platform.network.domains import registrable_domain
from orbweaver.platform.runtime.status import PATHS
from orbweaver.platform.settings import PlatformSettings

POLICY = (
    "default-src 'none'; object-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


ONLY_WITH_TLS: Final = "max-age=31536000"
"""For a year after each visit; for names below ours as well, but where ours is a whole domain: then others may have
names in it that have no TLS."""


LEAVES_NO_TRACE: Final = ("/info/", settings.STATIC_URL)
"""Beginnings of paths whose answers do not ask browsers for TLS alone: they would keep our name, where a survivor has
deleted the history. Pages for survivors, and what these load."""
ASKED_HOST: Final = "orbweaver.asked_host"
"""Key of ``request.META``: the name by which a probe was asked for."""


class Probes:
    """What watches over machines asks for the state of a part by whatever address it finds it at: no name of ours.
    Figures still depend on that name: a proxy on this machine comes from here, and asks by another."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer; the name that was asked for is kept for ``public.status``."""
        if request.path in PATHS:
            request.META[ASKED_HOST] = request.META.get("HTTP_HOST", "")
            request.META["HTTP_HOST"] = "localhost"
        return self.get_response(request)


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
        if _has_tls(request) and not request.path.startswith(LEAVES_NO_TRACE):
            below = "" if _is_whole_domain() else "; includeSubDomains"
            response.headers.setdefault("Strict-Transport-Security", ONLY_WITH_TLS + below)
        return response


def _is_whole_domain() -> bool:
    own = urlsplit(PlatformSettings.current().base_url).hostname or ""
    return registrable_domain(own) in ("", own)


def _has_tls(request: HttpRequest) -> bool:
    """Whether this was asked for by the public name, and that has TLS; an onion service has none, and needs none."""
    own = urlsplit(PlatformSettings.current().base_url)
    asked, _ = split_domain_port(request.META.get("HTTP_HOST", ""))
    return own.scheme == "https" and asked.strip("[]") == own.hostname


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
