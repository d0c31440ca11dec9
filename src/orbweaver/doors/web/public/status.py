"""How this part is: ``/healthz``, ``/readyz`` and ``/metrics``, in text, for machines."""

from __future__ import annotations

from functools import cache

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from orbweaver.doors.measuring import Installation
from orbweaver.doors.web.frame.security import ASKED_HOST
from orbweaver.platform.runtime.status import REGISTRY, answer


@cache
def _figures_of_the_installation() -> None:
    """Beside what this part counts of itself: the pages alone say them, and other parts may have loaded this module."""
    REGISTRY.register(Installation())


@require_safe
def status(request: HttpRequest) -> HttpResponse:
    """The answer of ``platform.runtime.status``, never cached."""
    _figures_of_the_installation()
    headers = {name.lower(): value for name, value in request.headers.items()}
    headers["host"] = request.META[ASKED_HOST]
    answered = answer(request.path, str(request.META.get("REMOTE_ADDR", "")), headers)
    if answered is None:
        raise Http404
    kept = {"Cache-Control": "no-store"}
    return HttpResponse(answered.text, status=answered.status, content_type=answered.content_type, headers=kept)
