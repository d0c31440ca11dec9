"""Hash lists: provenance, imports and the rows that were refused."""

from __future__ import annotations

from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from orbweaver.detect.hashlists.models import ImportRejection
from orbweaver.detect.hashlists.selectors import get_list, summaries
from orbweaver.doors.web.frame.access import SignedInRequest, needs
from orbweaver.errors import InvalidInput
from orbweaver.people.accounts.rules import Permission

IMPORTS_SHOWN = 20
REJECTIONS_SHOWN = 200


@require_GET
@needs(Permission.LIST_READ)
def lists(request: SignedInRequest) -> HttpResponseBase:
    """All lists with where they come from and how many entries they hold."""
    return render(request, "web/administration/lists.html", {"lists": summaries()})


@require_GET
@needs(Permission.LIST_READ)
def one_list(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """One list: terms, imports, refused rows by line (never their values)."""
    try:
        found = get_list(public_id)
    except InvalidInput:
        raise Http404 from None
    imports = found.imports.select_related("by").order_by("-pk")[:IMPORTS_SHOWN]
    rejections = (
        ImportRejection.objects.filter(list_import__hash_list=found)
        .select_related("list_import")
        .order_by("-list_import_id", "line")
    )
    context = {
        "list": found,
        "summary": next(each for each in summaries() if each.hash_list.pk == found.pk),
        "imports": imports,
        "rejections": rejections[:REJECTIONS_SHOWN],
        "rejection_count": rejections.count(),
    }
    return render(request, "web/administration/list.html", context)
