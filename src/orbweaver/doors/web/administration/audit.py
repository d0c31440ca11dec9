"""The audit log, newest first, in pages, with a filter."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from orbweaver.doors.web.administration.forms import AuditFilter
from orbweaver.doors.web.administration.happened import in_a_sentence
from orbweaver.doors.web.frame.access import SignedInRequest, needs
from orbweaver.doors.web.frame.reads import READ
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.audit.models import Event

PAGE = 50


@require_GET
@needs(Permission.AUDIT_READ)
def audit(request: SignedInRequest) -> HttpResponseBase:
    """Fifty events a page; ``before`` is the last one of the page above, so that new events move nothing.

    Who read what is left out unless something is asked for: it would hide what was done.
    """
    form = AuditFilter(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    events = Event.objects.select_related("actor").order_by("-pk")
    if wanted.get("kind"):
        events = events.filter(kind__startswith=wanted["kind"])
    if wanted.get("subject"):
        events = events.filter(subject=wanted["subject"])
    if wanted.get("actor"):
        events = events.filter(actor=wanted["actor"])
    leaves_reads_out = not any(wanted.values())
    if leaves_reads_out:
        events = events.exclude(kind=READ)
    before = request.GET.get("before", "")
    if before.isdecimal():
        events = events.filter(pk__lt=min(int(before), 2**63 - 1))
    page = list(events[: PAGE + 1])
    kept = {name: request.GET[name] for name in ("kind", "subject", "actor") if request.GET.get(name)}
    older = urlencode({**kept, "before": page[PAGE - 1].pk}) if len(page) > PAGE else ""
    shown = [(event, in_a_sentence(event)) for event in page[:PAGE]]
    context = {"form": form, "events": shown, "older": older, "newest": urlencode(kept), "is_first": not before}
    context |= {"leaves_reads_out": leaves_reads_out, "only_reads": urlencode({"kind": READ})}
    return render(request, "web/administration/audit.html", context)
