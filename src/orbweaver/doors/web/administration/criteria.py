"""The removal criteria: all versions, one to read, drafting, comparing, signing and taking into use."""

from __future__ import annotations

import datetime as dt

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from orbweaver.assess.criteria import CriteriaInvalid
from orbweaver.assess.governance import selectors, services
from orbweaver.assess.governance.rules import State, capacity_of
from orbweaver.assess.review.what_would_change import WhatWouldChange, what_a_text_would_change, what_would_change
from orbweaver.doors.web.administration.criteria_forms import DraftForm, SignForm, UseForm
from orbweaver.doors.web.frame.access import SignedInRequest, needs
from orbweaver.doors.web.frame.reminders import steps_of
from orbweaver.doors.web.frame.translating import in_language
from orbweaver.errors import InvalidInput, NotAllowed, OrbweaverError
from orbweaver.people.accounts.rules import Permission
from orbweaver.platform.clock import now

COMPARED_NEWEST = 5_000
"""Past answers that the page compares, newest first, so that it answers soon; the command line compares all."""
CHANGES_SHOWN = 100
COMPARED_BESIDE = 1_000
"""The same beside a text that is being written, where each change of a word is compared anew."""


@require_GET
@needs(Permission.CRITERIA_READ)
def versions(request: SignedInRequest) -> HttpResponseBase:
    """All versions with their state and who signed."""
    context = {
        "versions": selectors.versions(now()),
        "may_edit": request.user.may(Permission.CRITERIA_EDIT),
    }
    return render(request, "web/administration/criteria/versions.html", context)


def _found(number: str) -> selectors.VersionView:
    try:
        return selectors.view(number, now())
    except CriteriaInvalid:
        raise Http404 from None


@require_GET
@needs(Permission.CRITERIA_READ)
def version(request: SignedInRequest, number: str) -> HttpResponseBase:
    """One version to read, and what can be done with it now."""
    return _version_page(request, number, SignForm(), UseForm())


def _version_page(request: SignedInRequest, number: str, sign_form: SignForm, use_form: UseForm) -> HttpResponse:
    found = _found(number)
    mine = next((each for each in found.signatures if each.counts and each.person_id == request.user.public_id), None)
    open_draft = found.state in (State.DRAFT, State.SIGNED)
    context = {
        "version": found,
        "criteria": selectors.version(number),
        "steps": steps_of(selectors.version(number)),
        "signed_by_me": mine,
        "may_sign": open_draft and mine is None and request.user.may(Permission.CRITERIA_SIGN),
        "capacity": capacity_of(request.user.organisation.kind),
        "may_edit": open_draft and request.user.may(Permission.CRITERIA_EDIT),
        "may_compare": request.user.may(Permission.CRITERIA_COMPARE),
        "may_use": found.state is State.SIGNED and request.user.may(Permission.CRITERIA_USE),
        "may_call_off": found.state is State.SCHEDULED and request.user.may(Permission.CRITERIA_USE),
        "sign_form": sign_form,
        "use_form": use_form,
    }
    status = 400 if sign_form.errors or use_form.errors else 200
    return render(request, "web/administration/criteria/version.html", context, status=status)


@require_GET
@needs(Permission.CRITERIA_READ)
def download(request: SignedInRequest, number: str) -> HttpResponseBase:
    """The file as signed: its SHA-256 is what the signatures are about."""
    _found(number)
    response = HttpResponse(selectors.text_of(number).encode(), content_type="application/toml")
    response.headers["Content-Disposition"] = f'attachment; filename="criteria-{number}.toml"'
    return response


@require_http_methods(["GET", "POST"])
@needs(Permission.CRITERIA_EDIT)
def draft(request: SignedInRequest) -> HttpResponseBase:
    """A new draft; the form begins with the text in force."""
    if "compare" in request.POST:
        return _compared_beside(request)
    if request.method == "POST":
        form = DraftForm(request.POST, request.FILES)
        if form.is_valid():
            try:
                row = services.draft(
                    form.cleaned_data["text"], purpose=form.cleaned_data["purpose"], by=request.user, now=now()
                )
            except OrbweaverError as error:
                form.add_error("text", in_language(error.message))
            else:
                messages.success(request, _("The draft is saved. Compare it, then have it signed."))
                return redirect("criteria-version", row.number)
    else:
        form = DraftForm(initial={"text": selectors.text_of(selectors.in_force(now()).version)})
    return _draft_page(request, form)


def _draft_page(
    request: SignedInRequest,
    form: DraftForm,
    found: selectors.VersionView | None = None,
    beside: WhatWouldChange | None = None,
) -> HttpResponse:
    """The form, and beside it what the text would change."""
    may_compare = request.user.may(Permission.CRITERIA_COMPARE)
    context = {"form": form, "version": found, "may_compare": may_compare, "beside": beside}
    return render(request, "web/administration/criteria/draft.html", context, status=400 if form.errors else 200)


def _compared_beside(request: SignedInRequest, found: selectors.VersionView | None = None) -> HttpResponse:
    """The text as it is typed, with what it would change; nothing is saved."""
    if not request.user.may(Permission.CRITERIA_COMPARE):
        raise Http404
    form = DraftForm(request.POST, request.FILES, purpose_kept=found is not None, purpose_needed=False)
    if not form.is_valid():
        return _draft_page(request, form, found)
    try:
        beside = what_a_text_would_change(form.cleaned_data["text"], now(), newest=COMPARED_BESIDE)
    except CriteriaInvalid as error:
        form.add_error("text", in_language(error.message))
        return _draft_page(request, form, found)
    # not bound: a text that came as a file stands in the field from now on
    return _draft_page(request, DraftForm(initial=form.cleaned_data, purpose_kept=found is not None), found, beside)


@require_http_methods(["GET", "POST"])
@needs(Permission.CRITERIA_EDIT)
def edit(request: SignedInRequest, number: str) -> HttpResponseBase:
    """Change a draft; signatures given so far then no longer count."""
    found = _found(number)
    if found.comes_with_the_program:
        raise Http404
    if "compare" in request.POST:
        return _compared_beside(request, found)
    beside = None
    if request.method == "POST":
        form = DraftForm(request.POST, request.FILES, purpose_kept=True)
        if form.is_valid():
            given = form.cleaned_data
            try:
                services.change_draft(number, given["text"], seen_digest=given["seen"], by=request.user, now=now())
            except InvalidInput as error:
                form.add_error("text", in_language(error.message))
            else:
                messages.success(request, _("The draft is changed. Signatures about the earlier text do not count."))
                return redirect("criteria-version", number)
    else:
        form = DraftForm(initial={"text": selectors.text_of(number), "seen": found.digest}, purpose_kept=True)
        if request.user.may(Permission.CRITERIA_COMPARE):
            beside = what_would_change(number, now(), newest=COMPARED_BESIDE)
    return _draft_page(request, form, found, beside)


@require_GET
@needs(Permission.CRITERIA_COMPARE)
def compare(request: SignedInRequest, number: str) -> HttpResponseBase:
    """What this version would change on past decisions. Nothing is decided anew."""
    found = _found(number)
    result = what_would_change(number, now(), newest=COMPARED_NEWEST)
    context = {
        "version": found,
        "result": result,
        "comparison": result.comparison,
        "shown": result.comparison.changes[:CHANGES_SHOWN],
        "newest": COMPARED_NEWEST,
        "is_cut": result.comparison.answers >= COMPARED_NEWEST,
        "may_open_items": request.user.may(Permission.ITEM_READ),
    }
    return render(request, "web/administration/criteria/compare.html", context)


@require_POST
@needs(Permission.CRITERIA_SIGN)
def sign(request: SignedInRequest, number: str) -> HttpResponseBase:
    """Agree to the text that was on the page, named by its number."""
    form = SignForm(request.POST, number=number)
    if form.is_valid():
        try:
            given = form.cleaned_data
            services.sign(number, digest=given["digest"], document=given["document"], by=request.user, now=now())
        except (InvalidInput, NotAllowed) as error:
            form.add_error(None, in_language(error.message))
        else:
            messages.success(request, _("Signed, for your organisation."))
            return redirect("criteria-version", number)
    return _version_page(request, number, form, UseForm())


@require_POST
@needs(Permission.CRITERIA_USE)
def use(request: SignedInRequest, number: str) -> HttpResponseBase:
    """Take a signed version into use, named by its number."""
    form = UseForm(request.POST, number=number)
    if form.is_valid():
        at: dt.datetime | None = form.cleaned_data["at"]
        try:
            services.take_into_use(number, at=at, by=request.user, now=now())
        except InvalidInput as error:
            form.add_error(None, in_language(error.message))
        else:
            message = _("The version takes effect at that time.") if at else _("The version is in force.")
            messages.success(request, message)
            return redirect("criteria-version", number)
    return _version_page(request, number, SignForm(), form)


@require_POST
@needs(Permission.CRITERIA_USE)
def call_off(request: SignedInRequest, number: str) -> HttpResponseBase:
    """Take back what is to take effect later."""
    services.call_off(number, by=request.user, now=now())
    messages.success(request, _("The version will not take effect. It stays signed."))
    return redirect("criteria-version", number)
