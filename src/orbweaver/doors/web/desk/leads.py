"""Leads and the crawl: where it begins and how far it is."""

from __future__ import annotations

import re

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from orbweaver.assess.review.models import ReviewItem
from orbweaver.detect.crawl.models import Lead
from orbweaver.detect.crawl.selectors import is_crawling_off, progress, totals
from orbweaver.detect.crawl.services import add_lead
from orbweaver.detect.crawl.stopping import resume_lead, stop_lead
from orbweaver.doors.web.desk.forms import LeadForm
from orbweaver.doors.web.frame.access import SignedInRequest, needs
from orbweaver.doors.web.frame.sorting import Column, Sorting
from orbweaver.doors.web.frame.titles import title_of
from orbweaver.doors.web.frame.translating import in_language
from orbweaver.errors import OrbweaverError
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.audit.services import record
from orbweaver.platform.clock import now
from orbweaver.platform.network.domains import for_people

PAGE = 30
COLUMNS = {
    "lead": Column(("site__host", "url")),
    "from": Column(("source",)),
    "since": Column(("pk",), falls=True),
}
"""By what the table of leads can be ordered."""
ITEM = re.compile(r"itm_[0-9a-z]{16}")
"""What the note of a lead is that a sighting gave."""


@require_http_methods(["GET", "POST"])
@needs(Permission.LEAD_READ, to_change=Permission.LEAD_EDIT)
def leads(request: SignedInRequest) -> HttpResponseBase:
    """All leads, or those from one source, newest first or as asked; and the form to add one."""
    form = LeadForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _add(request, form):
        messages.success(request, _("The crawler begins there as soon as it is free."))
        return redirect("leads")
    source = request.GET.get("from", "")
    sorting = Sorting.of(request, COLUMNS, {"from": source})
    rows = Lead.objects.order_by("-pk")
    rows = rows.filter(source=source) if source in Lead.Source.values else rows
    context = {
        "page": Paginator(sorting.ordered(rows), PAGE).get_page(request.GET.get("page")),
        "sorting": sorting,
        "kept": sorting.kept,
        "source": source,
        "sources": Lead.Source.values,
        "totals": totals(),
        "form": form,
        "may_edit": request.user.may(Permission.LEAD_EDIT),
    }
    return render(request, "web/desk/leads.html", context, status=400 if form.errors else 200)


def _add(request: SignedInRequest, form: LeadForm) -> bool:
    try:
        _begin(request, form.cleaned_data["url"], form.cleaned_data["note"])
    except OrbweaverError as error:
        form.add_error("url", in_language(error.message))
        return False
    return True


@transaction.atomic
def _begin(request: SignedInRequest, url: str, note: str, *, fresh: bool = False) -> Lead:
    """Add a lead in this person's name; ``fresh`` as in ``add_lead``. Raises InvalidUrl."""
    assesses = request.user.may(Permission.ITEM_ASSESS)
    source = Lead.Source.ANALYST if assesses else Lead.Source.OPERATOR
    lead = add_lead(url, source=source, note=note, now=now(), fresh=fresh)
    record("lead.added", lead.public_id, actor=request.user, details={"source": source.value}, at=now())
    return lead


@require_GET
@needs(Permission.LEAD_READ)
def lead(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """One lead and how far the crawl from it has come, which is counted when asked for: the frontier is large."""
    found = get_object_or_404(Lead.objects.select_related("stopped"), public_id=public_id)
    come = progress([found])
    context = {
        "lead": found,
        "progress": come,
        "stopped": getattr(found, "stopped", None),
        "at_work": come.waiting > come.put_off,
        "crawling_is_off": is_crawling_off(),
        "why": _page_of_why(request, found),
        "why_words": _why_in_words(found),
        "may_edit": request.user.may(Permission.LEAD_EDIT),
    }
    return render(request, "web/desk/lead.html", context)


def _page_of_why(request: SignedInRequest, lead: Lead) -> str:
    """The page of what led here, where it is an item that this person may open; else ""."""
    is_item = ITEM.fullmatch(lead.note) is not None
    return reverse("item", args=[lead.note]) if is_item and request.user.may(Permission.ITEM_READ) else ""


def _why_in_words(lead: Lead) -> str:
    """How a person says what led here; "" where a person wrote it, or the item is no more."""
    item = ReviewItem.objects.filter(public_id=lead.note).select_related("media").first() if lead.note else None
    if item is None:
        return ""
    hosts = [for_people(host) for host in item.sightings.values_list("host", flat=True)]
    return title_of(item.media.mime, hosts, item.created_at)


@require_POST
@needs(Permission.LEAD_EDIT)
def stop(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """Nothing more is fetched because of this lead, until it is resumed."""
    stop_lead(get_object_or_404(Lead, public_id=public_id), by=request.user, now=now())
    messages.info(request, _("The lead is stopped. What was being fetched at this moment still comes in."))
    return redirect("lead", public_id=public_id)


@require_POST
@needs(Permission.LEAD_EDIT)
def resume(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """The crawl from this lead goes on where it was stopped."""
    resume_lead(get_object_or_404(Lead, public_id=public_id), by=request.user, now=now())
    messages.success(request, _("The crawl from this lead goes on where it was stopped."))
    return redirect("lead", public_id=public_id)


@require_POST
@needs(Permission.LEAD_EDIT)
def again(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """The same address as a new lead, from which all is fetched anew."""
    before = get_object_or_404(Lead, public_id=public_id)
    new = _begin(request, before.url, before.note, fresh=True)
    messages.success(request, _("The crawler begins there again as soon as it is free. This is the new lead."))
    return redirect("lead", public_id=new.public_id)
