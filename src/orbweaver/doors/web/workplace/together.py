"""Near-duplicates on one page: what each is and where it stands, one look, one decision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from orbweaver.assess.review import together
from orbweaver.assess.review.judging import criteria_of
from orbweaver.assess.review.preferences import preferences_of
from orbweaver.assess.review.selectors import ItemView, item_for
from orbweaver.assess.review.strip import strip_of
from orbweaver.doors.web.frame.access import SignedInRequest, needs
from orbweaver.doors.web.frame.titles import title_of
from orbweaver.doors.web.frame.translating import in_language
from orbweaver.doors.web.workplace.consequences import sends_together
from orbweaver.doors.web.workplace.forms import AssessmentForm
from orbweaver.doors.web.workplace.questions import questions_of
from orbweaver.errors import InvalidInput
from orbweaver.people.accounts.rules import Permission
from orbweaver.platform.clock import now


@require_POST
@needs(Permission.ITEM_ASSESS)
def take(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """Lease the look-alikes of the item in hand and open the page on which all are decided."""
    if not together.take_alike(public_id, request.user, now()):
        messages.info(request, _("Nothing else that waits for you looks like this item."))
        return redirect("item", public_id)
    return redirect("item-together", public_id)


@require_GET
@needs(Permission.ITEM_ASSESS)
def page(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """The item in hand and its look-alikes, each with its own context."""
    return _page(request, public_id, {}, {})


def _page(
    request: SignedInRequest, public_id: str, given: Mapping[str, Any], errors: Mapping[str, Any], status: int = 200
) -> HttpResponse:
    try:
        view = item_for(public_id, request.user, now())
    except InvalidInput:
        raise Http404 from None
    if not view.held_by_me or view.answered:
        return redirect("item", public_id)
    members = together.alike(view.item, request.user)
    chosen = request.POST.getlist("with") if request.method == "POST" else None
    rows = [
        {
            "view": member,
            "title": _title(member),
            "bits": each.bits,
            "chosen": chosen is None or f"{each.item.public_id}:{each.item.version}" in chosen,
        }
        for each in members
        for member in [item_for(each.item.public_id, request.user, now())]
    ]
    criteria = criteria_of(view.item, now())
    context = {
        "view": view,
        "title": _title(view),
        "rows": rows,
        "given": given,
        "errors": errors,
        "criteria": criteria,
        "questions": questions_of(criteria, given),
        "age_classes": [(each.name.value, each.first, each.last) for each in criteria.age_classes],
        "preferences": preferences_of(request.user),
        "strip": strip_of(view),
        "lease_left": view.lease_left_s,
        "sends": sends_together([view.item, *(each.item for each in members)], now()),
    }
    return render(request, "web/workplace/item_together.html", context, status=status)


def _title(view: ItemView) -> str:
    return title_of(view.item.media.mime, (each.host for each in view.sightings), view.item.created_at)


@require_POST
@needs(Permission.ITEM_ASSESS)
def assess(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """The same answers for the item and those that are ticked; then back to the queue with what came of it."""
    form = AssessmentForm(request.POST)
    if not form.is_valid():
        return _page(request, public_id, request.POST.dict(), form.errors, status=400)
    versions = _versions(request) | {public_id: form.cleaned_data["version"]}
    view = item_for(public_id, request.user, now())
    try:
        done = together.assess_together(
            public_id, versions, request.user, form.answers(criteria_of(view.item, now())), now()
        )
    except InvalidInput as error:
        return _page(request, public_id, request.POST.dict(), {"form": [in_language(error.message)]}, status=400)
    together.release_alike(public_id, request.user, now())
    count = len(done.results)
    words = ngettext(
        "Your answers are saved for %(n)d item.", "Your answers are saved for %(n)d items, each by itself.", count
    )
    messages.success(request, words % {"n": count})
    if done.left_out:
        words = ngettext(
            "%(n)d item was left out: somebody else has it, or it changed. It stays in the queue.",
            "%(n)d items were left out: somebody else has them, or they changed. They stay in the queue.",
            len(done.left_out),
        )
        messages.warning(request, words % {"n": len(done.left_out)})
    return redirect("queue")


def _versions(request: SignedInRequest) -> dict[str, int]:
    """Public id → version of each ticked item; what is not written so is left out."""
    pairs = (value.partition(":") for value in request.POST.getlist("with"))
    return {name: int(version) for name, _colon, version in pairs if version.isdecimal()}


@require_POST
@needs(Permission.ITEM_ASSESS)
def release(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """Give the look-alikes back and go on with the item alone."""
    together.release_alike(public_id, request.user, now())
    return redirect("item", public_id)
