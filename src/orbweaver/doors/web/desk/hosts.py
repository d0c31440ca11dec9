"""Hosts and where they were: every address found, with its time."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from orbweaver.doors.web.frame.access import SignedInRequest, needs
from orbweaver.notify.providers.models import HostHop, HostLookup
from orbweaver.notify.providers.selectors import as_kept
from orbweaver.people.accounts.rules import Permission

PAGE = 30


@require_GET
@needs(Permission.NOTICE_READ)
def hosts(request: SignedInRequest) -> HttpResponseBase:
    """Looks at hosts, newest first; with a name, those at this host alone."""
    name = request.GET.get("host", "").strip().lower()[:260]
    hops = Prefetch("hops", queryset=HostHop.objects.select_related("provider").order_by("pk"))
    rows = HostLookup.objects.prefetch_related(hops).order_by("-at", "-pk")
    if name:
        rows = rows.filter(host=as_kept(name))
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    return render(request, "web/desk/hosts.html", {"page": page, "name": name, "kept": f"host={name}" if name else ""})
