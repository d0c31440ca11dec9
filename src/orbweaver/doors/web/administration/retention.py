"""How long each kind of data is kept, for whoever reads the audit log."""

from __future__ import annotations

from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from orbweaver.doors.retention import KINDS
from orbweaver.doors.web.frame.access import SignedInRequest, needs
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.audit.selectors import last_time_of
from orbweaver.platform.clock import now


@require_GET
@needs(Permission.AUDIT_READ)
def retention(request: SignedInRequest) -> HttpResponseBase:
    """Every kind, how long, why, and how much of it is past its time and waits to be removed."""
    at = now()
    rows = [
        {
            "name": _(kind.name),
            "where": kind.where,
            "why": _(kind.why),
            "days": kind.days(),
            "is_enforced": kind.past is not None,
            "past": kind.past(at).count() if kind.past else 0,
        }
        for kind in KINDS
    ]
    context = {"rows": rows, "removed_at": last_time_of("retention.removed", "retention")}
    return render(request, "web/administration/retention.html", context)
