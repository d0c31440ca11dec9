"""What a CDN answered to the question for the origin, noted by a person."""

from __future__ import annotations

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from orbweaver.doors.web.frame.access import SignedInRequest, needs
from orbweaver.doors.web.frame.translating import in_language
from orbweaver.errors import InvalidInput
from orbweaver.notify.notices.services import note_origin
from orbweaver.people.accounts.rules import Permission
from orbweaver.platform.clock import now


@require_POST
@needs(Permission.NOTICE_CONTROL)
def note(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """Who hosts it, by name or address; the origin is notified at once."""
    given = {name: request.POST.get(name, "") for name in ("host", "name", "address")}
    try:
        told = note_origin(public_id, request.user, now(), **given)
    except InvalidInput as error:
        messages.error(request, in_language(error.message))
        return redirect("notice", public_id)
    words = _("Saved. The origin is notified.") if told else _("Saved. The origin has been notified of this before.")
    messages.success(request, words)
    return redirect("notice", told.public_id if told else public_id)
