"""The criteria in force, for everybody to read."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from orbweaver.assess.governance import selectors
from orbweaver.doors.web.frame.reminders import steps_of
from orbweaver.platform.clock import now


@require_GET
def in_force(request: HttpRequest) -> HttpResponseBase:
    """The version in force, for everybody to read."""
    criteria = selectors.in_force(now())
    context = {"version": selectors.view(criteria.version, now()), "criteria": criteria, "steps": steps_of(criteria)}
    return render(request, "web/public/criteria.html", context)
