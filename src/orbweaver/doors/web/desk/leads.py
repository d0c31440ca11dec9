"""Leads and the crawl: where it begins and how far it is."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from orbweaver.detect.crawl.models import Lead
from orbweaver.detect.crawl.selectors import progress, totals
from orbweaver.detect.crawl.services import add_lead
from orbweaver.doors.web.desk.forms import LeadForm
from orbweaver.doors.web.frame.access import SignedInRequest, needs
from orbweaver.doors.web.frame.translating import in_language
from orbweaver.errors import OrbweaverError
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.audit.services import record
from orbweaver.platform.clock import now

PAGE = 30


@require_http_methods(["GET", "POST"])
@needs(Permission.LEAD_READ, to_change=Permission.LEAD_EDIT)
def leads(request: SignedInRequest) -> HttpResponseBase:
    """All leads, newest first, and the form to add one."""
    form = LeadForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _add(request, form):
        messages.success(request, _("The crawler begins there as soon as it is free."))
        return redirect("leads")
    context = {
        "page": Paginator(Lead.objects.order_by("-pk"), PAGE).get_page(request.GET.get("page")),
        "totals": totals(),
        "form": form,
        "may_edit": request.user.may(Permission.LEAD_EDIT),
    }
    return render(request, "web/desk/leads.html", context, status=400 if form.errors else 200)


def _add(request: SignedInRequest, form: LeadForm) -> bool:
    assesses = request.user.may(Permission.ITEM_ASSESS)
    source = Lead.Source.ANALYST if assesses else Lead.Source.OPERATOR
    try:
        with transaction.atomic():
            lead = add_lead(form.cleaned_data["url"], source=source, note=form.cleaned_data["note"], now=now())
            record("lead.added", lead.public_id, actor=request.user, details={"source": source.value}, at=now())
    except OrbweaverError as error:
        form.add_error("url", in_language(error.message))
        return False
    return True


@require_GET
@needs(Permission.LEAD_READ)
def lead(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """One lead and how far the crawl from it has come, which is counted when asked for: the frontier is large."""
    found = get_object_or_404(Lead, public_id=public_id)
    return render(request, "web/desk/lead.html", {"lead": found, "progress": progress([found])})
