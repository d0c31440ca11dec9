"""Requests of survivors, for survivor support: in the order of danger, who asked what, what was promised."""

from __future__ import annotations

import datetime as dt

from django.contrib import messages
from django.core.paginator import Paginator
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from orbweaver.detect.intake.models import AskedHash
from orbweaver.doors.web.frame.access import SignedInRequest, needs
from orbweaver.doors.web.frame.translating import in_language
from orbweaver.doors.web.workplace.request_forms import PromiseForm, TieForm
from orbweaver.errors import OrbweaverError
from orbweaver.follow.survivors import safety, selectors, services
from orbweaver.follow.survivors.models import Request, RequestPart, SafetyNotice
from orbweaver.follow.survivors.rules import spaced
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.audit.services import record
from orbweaver.platform.clock import now

ROWS = 50


@require_GET
@needs(Permission.SURVIVOR_HANDLE)
def requests(request: SignedInRequest) -> HttpResponseBase:
    """Those that are open, in the order of danger; or those done with."""
    done = "done" in request.GET
    page = Paginator(selectors.requests(done=done), ROWS).get_page(request.GET.get("page"))
    return render(request, "web/workplace/requests.html", {"page": page, "done": done})


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@needs(Permission.SURVIVOR_HANDLE)
def one_request(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """One request: every word, what was found, what was promised; and the forms for what a person does about it."""
    asked = get_object_or_404(Request, public_id=public_id)
    if request.method == "GET":
        record("survivor_request.read", asked.public_id, actor=request.user, at=now())
        return _page(request, asked, PromiseForm(), TieForm())
    try:
        return _changed(request, asked)
    except OrbweaverError as error:
        messages.error(request, in_language(error.message))
        return redirect("survivor-request", asked.public_id)


def _changed(request: SignedInRequest, asked: Request) -> HttpResponseBase:
    by, moment, action = request.user, now(), request.POST.get("action", "")
    if action == "promise":
        form = PromiseForm(request.POST)
        if not form.is_valid():
            return _page(request, asked, form, TieForm(), status=400)
        services.promise(asked, form.cleaned_data["words"], form.cleaned_data["due_on"], by=by, now=moment)
    elif action == "kept":
        services.keep_promise(asked, int(request.POST.get("number", "0") or 0), by=by, now=moment)
    elif action == "tie":
        services.tie(asked, request.POST.get("reference", ""), by=by, now=moment)
    elif action in ("ask-company", "words-gone", "words-back"):
        _about_words(asked, action, by, moment, request.POST.get("number", ""))
    elif action == "let-go-on":
        services.let_go_on(asked, by=by, now=moment)
    elif action in ("done", "again"):
        services.finish(asked, done=action == "done", by=by, now=moment)
    messages.success(request, _("Saved."))
    return redirect("survivor-request", asked.public_id)


def _about_words(asked: Request, action: str, by: User, moment: dt.datetime, number: str) -> None:
    part = get_object_or_404(RequestPart.objects.select_related("request"), request=asked, pk=int(number or 0))
    if action == "ask-company":
        safety.ask_company(part, by=by, now=moment)
    else:
        notice = get_object_or_404(SafetyNotice, part=part)
        safety.words_gone(notice, gone=action == "words-gone", by=by, now=moment)


def _page(
    request: SignedInRequest, asked: Request, form: PromiseForm, tie_form: TieForm, status: int = 200
) -> HttpResponseBase:
    parts = list(asked.parts.select_related("report").order_by("pk"))
    context = {
        "asked": asked,
        "reference": spaced(asked.reference),
        "parts": [(part, part.report.asked_hashes.count() if part.report and not part.url else 0) for part in parts],
        "paused": AskedHash.objects.filter(report__part__request=asked).exclude(paused_at=None).count(),
        "places": selectors.places_found(parts),
        "about_words": [
            (part, SafetyNotice.objects.filter(part=part).first(), safety.whom_to_ask(part))
            for part in parts
            if part.url and asked.aim != Request.Aim.PICTURE
        ],
        "promises": asked.promises.select_related("by").order_by("kept_at", "due_on", "pk"),
        "told": selectors.progress_of(asked, now()),
        "form": form,
        "tie_form": tie_form,
    }
    return render(request, "web/workplace/request.html", context, status=status)
