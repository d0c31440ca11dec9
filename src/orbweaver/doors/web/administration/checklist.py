"""Setting up: what a hotline needs before it can work, in order, each with what to do; and the test of its mail."""

from __future__ import annotations

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from orbweaver.doors.readiness import MAIL_TRIED, PROMISES, PROMISES_CONFIRMED, steps
from orbweaver.doors.web.frame.access import SignedInRequest, needs
from orbweaver.doors.web.frame.translating import in_language
from orbweaver.errors import OrbweaverError
from orbweaver.follow.survivors.helplines import own_country, own_line
from orbweaver.notify.notices.sending.trial import try_channel
from orbweaver.notify.providers.channel_kinds import MAIL
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.audit.services import record
from orbweaver.people.policy.periods import days_kept
from orbweaver.platform.clock import now


@require_GET
@needs(Permission.PEOPLE_EDIT)
def checklist(request: SignedInRequest) -> HttpResponseBase:
    """Each need, whether it is met, and how to meet it."""
    found = steps(now())
    context = {
        "steps": found,
        "done": sum(each.done for each in found),
        "words_days": days_kept("survivor_words_days"),
        "proof_days": days_kept("age_proof_days"),
        "own_country": own_country(),
        "own_line": own_line(),
    }
    return render(request, "web/administration/checklist.html", context)


@require_POST
@needs(Permission.PEOPLE_EDIT)
def try_mail(request: SignedInRequest) -> HttpResponseBase:
    """Send a test message to whoever asks, now; the page says what came of it."""
    try:
        tried = try_channel(MAIL, request.user.email, now(), language=request.user.language or "en")
    except OrbweaverError as error:
        messages.error(request, in_language(error.message))
    else:
        record(MAIL_TRIED, "mail", actor=request.user, at=now())
        words = _("Your mail server took the test message, reference %(reference)s. See whether it reaches %(to)s.")
        messages.success(request, words % {"reference": tried.reference, "to": request.user.email})
    return redirect("checklist")


@require_POST
@needs(Permission.PEOPLE_EDIT)
def confirm_promises(request: SignedInRequest) -> HttpResponseBase:
    """Keep that this hotline does what its pages promise survivors."""
    record(PROMISES_CONFIRMED, PROMISES, actor=request.user, at=now())
    messages.success(request, _("Saved."))
    return redirect("checklist")
