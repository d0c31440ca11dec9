"""What was sent after a session had ended, to be sent once more."""

from __future__ import annotations

from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from orbweaver.doors.web.frame.access import SignedInRequest, needs
from orbweaver.doors.web.frame.held import held_for


@require_GET
@needs(None, when_bound=True)
def held(request: SignedInRequest) -> HttpResponseBase:
    """The form as it was sent, with one button; to the first page where nothing waits for this person."""
    found = held_for(request)
    if found is None:
        return redirect("home")
    return render(request, "web/workplace/held.html", {"held": found})
