"""Suggestions for series: each with its reasons; a person accepts or refuses."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from orbweaver.assess.linking import suggesting
from orbweaver.assess.linking.selectors import as_shown, open_suggestions
from orbweaver.doors.web.frame.access import SignedInRequest, needs
from orbweaver.doors.web.frame.targets import own_page
from orbweaver.doors.web.frame.translating import in_language
from orbweaver.errors import InvalidInput
from orbweaver.people.accounts.rules import Permission
from orbweaver.platform.clock import now

ROWS = 25
LEAST = ("0.3", "0.5", "0.7", "0.9")


@require_GET
@needs(Permission.SERIES_READ)
def suggestions(request: SignedInRequest) -> HttpResponseBase:
    """What waits for a person, strongest first."""
    least = request.GET.get("least", LEAST[0])
    least = least if least in LEAST else LEAST[0]
    page = Paginator(open_suggestions(float(least)), ROWS).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": as_shown(page.object_list),
        "least": least,
        "choices": [(each, float(each)) for each in LEAST],
        "kept": f"least={least}",
        "may_edit": request.user.may(Permission.SERIES_EDIT),
    }
    return render(request, "web/workplace/series/suggestions.html", context)


@require_POST
@needs(Permission.SERIES_EDIT)
def accept(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """They belong together."""
    try:
        done = suggesting.accept(public_id, title=request.POST.get("title", ""), by=request.user, now=now())
    except InvalidInput as error:
        messages.warning(request, in_language(error.message))
        return redirect(_back(request))
    message = _("A new series is open with both.") if done.is_new else _("Both are in the series now.")
    messages.success(request, message)
    return redirect(_back(request, reverse("series", args=[done.series.public_id])))


@require_POST
@needs(Permission.SERIES_EDIT)
def refuse(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """They do not belong together."""
    suggesting.refuse(public_id, by=request.user, now=now())
    messages.info(request, _("Refused. It does not come back."))
    return redirect(_back(request))


def _back(request: HttpRequest, otherwise: str = "") -> str:
    """Where the form said it came from, when that is a page of ours."""
    return own_page(request, request.POST.get("next", "")) or otherwise or reverse("series-suggestions")
