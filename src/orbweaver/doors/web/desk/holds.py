"""Policies that hold notices back."""

from __future__ import annotations

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from orbweaver.doors.web.desk.forms import HoldForm
from orbweaver.doors.web.frame.access import SignedInRequest, needs
from orbweaver.doors.web.frame.translating import in_language
from orbweaver.errors import OrbweaverError
from orbweaver.notify.notices.selectors import held_by_policy_counts, policies_in_force
from orbweaver.notify.notices.services import hold, lift
from orbweaver.notify.providers.selectors import get_provider
from orbweaver.people.accounts.rules import Permission
from orbweaver.platform.clock import now


@require_http_methods(["GET", "POST"])
@needs(Permission.NOTICE_READ, to_change=Permission.NOTICE_CONTROL)
def holds(request: SignedInRequest) -> HttpResponseBase:
    """The policies in force, what they hold, and the form to make one (R41)."""
    may_control = request.user.may(Permission.NOTICE_CONTROL)
    form = HoldForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _hold(request, form):
        return redirect("notice-holds")
    counts = held_by_policy_counts()
    context = {"policies": policies_in_force(), "counts": counts, "form": form, "may_control": may_control}
    return render(request, "web/desk/holds.html", context, status=400 if form.errors else 200)


def _hold(request: SignedInRequest, form: HoldForm) -> bool:
    given = form.cleaned_data
    try:
        provider = get_provider(given["provider"].strip()) if given["provider"].strip() else None
        hold(
            given["reason"],
            by=request.user,
            now=now(),
            provider=provider,
            country=given["country"],
            sub_type=given["sub_type"],
        )
    except OrbweaverError as error:
        form.add_error(None, in_language(error.message))
        return False
    messages.success(request, _("Such notices are held from now on. They are assessed and counted as before."))
    return True


@require_POST
@needs(Permission.NOTICE_CONTROL)
def lift_hold(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """Lift a policy; what it held is sent."""
    lift(public_id, by=request.user, now=now())
    messages.success(request, _("The policy is lifted. The notices that it held are being sent."))
    return redirect("notice-holds")
