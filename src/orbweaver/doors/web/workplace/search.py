"""Search, everywhere: one field for whatever a person has in hand, and what of it they may see."""

from __future__ import annotations

from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from orbweaver.doors.web.frame.access import SignedInRequest, needs
from orbweaver.doors.web.workplace.finding import LONGEST, find, understood
from orbweaver.people.audit.services import record
from orbweaver.platform.clock import now


@require_GET
@needs(None, when_bound=True)
def search(request: SignedInRequest) -> HttpResponseBase:
    """What the words name, by kind; only what this person may open. Each search is audited, without its words."""
    words = request.GET.get("q", "").replace("\0", "").strip()[:LONGEST]
    found = find(words, request.user) if words else []
    if words:
        details = {"by": understood(words).kind, "found": sum(len(each.hits) for each in found)}
        record("search.asked", "", actor=request.user, details=details, at=now())
    context = {"words": words, "found": found}
    return render(request, "web/workplace/search.html", context)
