"""Reviews on request: ask for one, and the list of those that were asked for (R70)."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import F
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from orbweaver.assess.review.appeals import request_review
from orbweaver.assess.review.models import Appeal, Verdict
from orbweaver.assess.review.services import open_to
from orbweaver.doors.web.frame.access import SignedInRequest, needs
from orbweaver.doors.web.frame.translating import in_language
from orbweaver.doors.web.workplace.forms import AppealForm
from orbweaver.errors import OrbweaverError
from orbweaver.people.accounts.rules import Permission
from orbweaver.platform.clock import now

PAGE = 50


@require_GET
@needs(Permission.APPEAL_READ)
def appeals(request: SignedInRequest) -> HttpResponseBase:
    """All reviews, open ones first."""
    newest = F("decided_at").desc(nulls_first=True)
    rows = Appeal.objects.select_related("item", "requested_by").order_by(newest, "-pk")
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    mine = set(open_to(request.user).filter(appeal__in=list(page)).values_list("pk", flat=True))
    context = {
        "page": page,
        "rows": [(each, each.item_id in mine) for each in page],
        "may_read_items": request.user.may(Permission.ITEM_READ),
    }
    return render(request, "web/workplace/appeals.html", context)


@require_http_methods(["GET", "POST"])
@needs(Permission.APPEAL_OPEN)
def ask(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """Ask for a review of a verdict, by its public identifier."""
    verdict = Verdict.objects.select_related("item").filter(public_id=public_id).first()
    if verdict is None:
        raise Http404
    form = AppealForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            request_review(public_id, by=request.user, now=now(), **form.cleaned_data)
        except OrbweaverError as error:
            form.add_error(None, in_language(error.message))
        else:
            messages.success(request, _("The review is asked for. Whatever was sent goes on until it is decided."))
            return redirect("appeals")
    return _page(request, verdict, form)


def _page(request: SignedInRequest, verdict: Verdict, form: AppealForm) -> HttpResponse:
    context = {"verdict": verdict, "form": form}
    return render(request, "web/workplace/appeal.html", context, status=400 if form.errors else 200)
