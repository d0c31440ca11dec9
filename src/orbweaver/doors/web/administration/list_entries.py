"""Entries of hash lists: one by itself with its witnesses, those others disagree with, those in quarantine."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from orbweaver.detect.exchanges.models import StatedVerdict
from orbweaver.detect.hashlists.models import HashListEntry
from orbweaver.detect.hashlists.records import quarantined
from orbweaver.detect.hashlists.selectors import get_list
from orbweaver.detect.hashlists.witnesses import Disagreement, disagreements, witnesses
from orbweaver.detect.matching import often
from orbweaver.doors.web.administration.list_forms import EntryStateForm
from orbweaver.doors.web.frame.access import SignedInRequest, needs
from orbweaver.errors import InvalidInput
from orbweaver.people.accounts.rules import Permission

SHOWN = 50
COMPARED_AT_MOST = 10_000
"""Entries that one visit of a page compares with the other lists; a link goes on behind them."""


@require_GET
@needs(Permission.LIST_READ)
def quarantine(request: SignedInRequest) -> HttpResponseBase:
    """Entries that matched far more than usual: let each match as before, or dispute or withdraw it; those that
    few organisations find very often: put each aside, or say that it is right."""
    page = Paginator(quarantined(), SHOWN).get_page(request.GET.get("page"))
    context = {"page": page, "often": often.waiting()[:SHOWN], "may_edit": request.user.may(Permission.LIST_EDIT)}
    return render(request, "web/administration/quarantine.html", context)


@require_GET
@needs(Permission.LIST_EDIT)  # not for analysts, who answer before they learn how lists classify
def entry(request: SignedInRequest, public_id: str, number: str) -> HttpResponseBase:
    """One entry: what its supplier says, its hashes by kind (never their values), who else has it, and its history."""
    entries = HashListEntry.objects.select_related("hash_list", "list_import").prefetch_related("hashes")
    found = get_object_or_404(entries, public_id=number, hash_list__public_id=public_id)
    context = {
        "entry": found,
        "list": found.hash_list,
        "stated": StatedVerdict.objects.filter(entry=found).first(),
        "witnesses": witnesses(found),
        "changes": found.state_changes.select_related("by").order_by("-pk"),
        "matches": found.matches.count(),
        "opinions": found.opinions.select_related("concluded_by").order_by("confirms", "-at"),
        "form": EntryStateForm(initial={"entry": found.public_id, "state": found.state}),
    }
    return render(request, "web/administration/entry.html", context)


@require_GET
@needs(Permission.LIST_EDIT)
def disagreeing(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """What other lists say otherwise of what is on this one. Comparing ends once a page is full; a link goes on."""
    try:
        found, after = get_list(public_id), bytes.fromhex(request.GET.get("after", ""))
    except (InvalidInput, ValueError):
        raise Http404 from None
    rows: list[Disagreement] = []
    looked_at, last = 0, b""
    for part in disagreements(found, after):
        rows += part.found
        looked_at, last = looked_at + part.looked_at, part.last
        if len(rows) > SHOWN:  # to the end of an entry: the next page begins behind it
            last = bytes(rows[SHOWN - 1].entry.key)
            rows = [each for each in rows if bytes(each.entry.key) <= last]
        if len(rows) >= SHOWN or looked_at >= COMPARED_AT_MOST:
            break
    else:
        last = b""
    context = {"list": found, "rows": rows, "looked_at": looked_at, "next": last.hex(), "behind": bool(after)}
    return render(request, "web/administration/disagreements.html", context)
