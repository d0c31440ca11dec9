"""The inbox for industry: people of a provider's organisation see its notices, its own alone, and answer them."""

from __future__ import annotations

import json

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from orbweaver.doors.web.frame.access import SignedInRequest, needs
from orbweaver.doors.web.frame.forms import AnswerForm
from orbweaver.doors.web.frame.pages import BarePaginator
from orbweaver.doors.web.frame.showing import shown
from orbweaver.errors import InvalidInput
from orbweaver.notify.notices.answers import inbox as box
from orbweaver.notify.notices.models import Notice
from orbweaver.notify.notices.routing.previews import preview_message
from orbweaver.notify.notices.rules import NoticeState
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.audit.services import record
from orbweaver.platform.clock import now

PAGE = 50


@require_GET
@needs(Permission.NOTICE_ANSWER)
def inbox(request: SignedInRequest) -> HttpResponseBase:
    """The organisation's notices: those that are open, or all."""
    rows = box.inbox_of(request.user.organisation)
    everything = request.GET.get("all") == "yes"
    bare = box.notices_of(request.user.organisation)
    shown_rows = bare if everything else bare.exclude(state=NoticeState.CLOSED)
    context = {
        "page": BarePaginator(shown_rows, rows, PAGE).get_page(request.GET.get("page")),
        "everything": everything,
        "kept": "all=yes" if everything else "",
        "providers": request.user.organisation.providers.select_related("provider").order_by("provider__name"),
    }
    return render(request, "web/desk/inbox.html", context)


@require_http_methods(["GET", "POST"])
@needs(Permission.NOTICE_ANSWER)
def inbox_notice(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """One notice as it was sent, what was answered so far, and the form for an answer."""
    found = _own(request, public_id)
    form = AnswerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        box.answer_in_inbox(request.user.organisation, public_id, now=now(), by=request.user, **form.cleaned_data)
        messages.success(request, _("Your answer is saved. We will check the addresses ourselves soon."))
        return redirect("inbox-notice", public_id)
    message = box.latest_message(found)
    context = {
        "notice": found,
        "form": form,
        "shown": shown(preview_message(message)) if message else None,
        "urls": found.urls.order_by("pk"),
        "replies": found.replies.select_related("by").order_by("-at"),
        "objections": found.push_backs.order_by("-made_at"),
    }
    return render(request, "web/desk/inbox_notice.html", context, status=400 if form.errors else 200)


@require_POST
@needs(Permission.NOTICE_ANSWER)
def inbox_addresses(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """The reports in XARF with the exact addresses, as a file; written to the audit log."""
    found = _own(request, public_id)
    letter = box.letter_of(found)
    record("notice.downloaded", public_id, actor=request.user, details={"by": "provider"}, at=now())
    response = HttpResponse(json.dumps(letter.reports if letter else [], indent=2), content_type="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="{found.public_id}.json"'
    return response


def _own(request: SignedInRequest, public_id: str) -> Notice:
    """A notice of the person's own organisation; every other one is not there."""
    try:
        return box.open_in_inbox(request.user.organisation, public_id, now())
    except InvalidInput:
        raise Http404 from None
