"""What waits for the person who is signed in, the most urgent first; and whether they are told of it by mail."""

from __future__ import annotations

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from orbweaver.doors.alerting import alerts_for, kinds_of
from orbweaver.doors.web.frame.access import SignedInRequest, needs
from orbweaver.people.accounts.models import AlertMail
from orbweaver.people.accounts.passwords import mail_is_set_up
from orbweaver.people.settings import AlertSettings
from orbweaver.platform.clock import now


@require_GET
@needs(None, when_bound=True)
def alerts(request: SignedInRequest) -> HttpResponseBase:
    """Each kind of what waits, as the bar counts them: how much, since when, where it is done; and what else is so."""
    kept = AlertMail.objects.filter(person=request.user).first()
    found = alerts_for(request.user, now())
    context = {
        "alerts": [each for each in found if not each.kind.is_slow],
        "further": [each for each in found if each.kind.is_slow],
        "any_kinds": bool(kinds_of(request.user, now())),
        "is_wanted": kept is None or kept.is_wanted,
        "hours": AlertSettings.current().alert_mail_hours if mail_is_set_up() else 0,
    }
    return render(request, "web/workplace/alerts.html", context)


@require_POST
@needs(None, when_bound=True)
def choose_mail(request: SignedInRequest) -> HttpResponseBase:
    """Be told of it by mail, or not."""
    wanted = request.POST.get("mail") == "on"
    AlertMail.objects.update_or_create(
        person=request.user, defaults={"is_wanted": wanted, "due_at": now() if wanted else None}
    )
    messages.success(request, _("You are told by mail.") if wanted else _("No such mail leaves for you any more."))
    return redirect("alerts")
