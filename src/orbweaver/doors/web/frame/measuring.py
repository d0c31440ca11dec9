"""Requests counted for whoever is on call: by the first digit of their status, never by what was asked for."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from prometheus_client import Histogram

from orbweaver.platform.runtime.status import REGISTRY

_SECONDS = Histogram(
    "orbweaver_web_request_seconds",
    "Time that pages and calls took, by the kind of their status.",
    ["status"],
    registry=REGISTRY,
    buckets=(0.05, 0.2, 1, 5, 30),
)


class Measured:
    """Middleware: the time of each request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, and note how long it took."""
        began = time.perf_counter()
        response = self.get_response(request)
        _SECONDS.labels(f"{response.status_code // 100}xx").observe(time.perf_counter() - began)
        return response
