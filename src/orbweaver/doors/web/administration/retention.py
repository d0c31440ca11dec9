"""How long each kind of data is kept, for whoever reads the audit log; and asking for other periods."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from orbweaver.doors.changing import ask_for
from orbweaver.doors.retention import KINDS
from orbweaver.doors.web.administration.changes import say_done_or_waiting
from orbweaver.doors.web.administration.forms import PeriodsForm
from orbweaver.doors.web.frame.access import SignedInRequest, needs
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.audit.selectors import last_time_of
from orbweaver.people.policy.periods import all_kept, read_once
from orbweaver.platform.clock import now


@require_GET
@needs(Permission.AUDIT_READ)
def retention(request: SignedInRequest) -> HttpResponseBase:
    """Every kind, how long, why, and how much of it is past its time and waits to be removed."""
    return _page(request, PeriodsForm(initial=all_kept()))


@require_POST
@needs(Permission.PEOPLE_EDIT)
def set_periods(request: SignedInRequest) -> HttpResponseBase:
    """Ask for other periods. They take effect with a second person's word."""
    form = PeriodsForm(request.POST, initial=all_kept())
    if not form.is_valid():
        return _page(request, form, status=400)
    changed = form.changed()
    if not changed:
        messages.info(request, _("Nothing was changed."))
        return redirect("retention")
    title = ", ".join(f"{name}={days}" for name, days in changed.items())
    waits = ask_for("retention.set", "", title, changed, by=request.user, now=now())
    say_done_or_waiting(request, waits, _("Saved."))
    return redirect("retention")


def _rows() -> list[dict[str, Any]]:
    at = now()
    return [
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


def _page(request: SignedInRequest, form: PeriodsForm, status: int = 200) -> HttpResponseBase:
    with read_once():
        rows = _rows()
    context = {
        "rows": rows,
        "removed_at": last_time_of("retention.removed", "retention"),
        "form": form if request.user.may(Permission.PEOPLE_EDIT) else None,
    }
    return render(request, "web/administration/retention.html", context, status=status)
