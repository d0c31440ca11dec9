"""What managers change about hash lists: how one may be used, an entry's state, a file that is imported."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from orbweaver.detect.hashlists import uploads
from orbweaver.detect.hashlists.models import HashList, HashListEntry, UploadedList
from orbweaver.detect.hashlists.rules import parse_hash
from orbweaver.detect.hashlists.selectors import entry_with, summaries
from orbweaver.detect.hashlists.services import require_terms
from orbweaver.detect.matching.often import call_right
from orbweaver.doors.changing import ask_for
from orbweaver.doors.web.administration.changes import say_done_or_waiting
from orbweaver.doors.web.administration.list_forms import (
    EntryByHashForm,
    EntryStateForm,
    OftenFoundForm,
    TermsForm,
    UploadForm,
)
from orbweaver.doors.web.frame.access import SignedInRequest, needs
from orbweaver.doors.web.frame.translating import in_language
from orbweaver.doors.web.frame.wording import in_words
from orbweaver.errors import Conflict, InvalidInput
from orbweaver.people.accounts.rules import Permission
from orbweaver.platform.clock import now


@require_POST
@needs(Permission.LIST_EDIT)
def terms(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """How the list may be used."""
    form = TermsForm(request.POST)
    if _is_right(request, form):
        found = get_object_or_404(HashList, public_id=public_id)
        try:
            require_terms(found, form.cleaned_data["doors"], form.cleaned_data["terms"])
        except InvalidInput as error:
            messages.error(request, in_language(error.message))
            return redirect("list", public_id)
        waits = ask_for("list.terms_set", public_id, found.name, form.cleaned_data, by=request.user, now=now())
        say_done_or_waiting(request, waits, _("The terms are saved. The audit log keeps what they were before."))
    return redirect("list", public_id)


@sensitive_post_parameters("value")
@require_POST
@needs(Permission.LIST_EDIT)
def state(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """An entry is disputed or withdrawn, a dispute ends, or what was withdrawn matches again."""
    found = get_object_or_404(HashList, public_id=public_id)
    by_hash = "value" in request.POST
    form: forms.Form = EntryByHashForm(request.POST) if by_hash else EntryStateForm(request.POST)
    if not _is_right(request, form):
        return _back(request, public_id)
    try:
        entry = _entry(found, form.cleaned_data)
    except InvalidInput as error:
        messages.error(request, in_language(error.message))
        return _back(request, public_id)
    if entry is None:
        messages.error(request, _("There is no such entry on this list."))
    else:
        _set_state(request, entry, HashListEntry.State(form.cleaned_data["state"]), form.cleaned_data["reason"])
    return _back(request, public_id, entry)


@require_POST
@needs(Permission.LIST_EDIT)
def often_found(request: SignedInRequest) -> HttpResponseBase:
    """What few organisations find very often is right: nobody is asked again until it is found twice as often."""
    form = OftenFoundForm(request.POST)
    if _is_right(request, form):
        entry, because = form.cleaned_data["entry"], form.cleaned_data["reason"]
        try:
            call_right(entry, because=because, by=request.user, now=now())
        except Conflict as error:
            messages.error(request, in_language(error.message))
        else:
            messages.success(request, _("Recorded."))
    return redirect("list-quarantine")


def _back(request: SignedInRequest, public_id: str, entry: HashListEntry | None = None) -> HttpResponseBase:
    """To the page from which it was asked."""
    match request.POST.get("back"):
        case "quarantine":
            return redirect("list-quarantine")
        case "entry" if entry is not None:
            return redirect("list-entry", public_id, entry.public_id)
        case _:
            return redirect("list", public_id)


def _entry(found: HashList, given: dict[str, Any]) -> HashListEntry | None:
    if "entry" in given:
        return found.entries.filter(public_id=given["entry"]).first()
    kind = given["kind"]
    return entry_with(found, kind, parse_hash(kind, given["value"].strip()))


def _set_state(request: SignedInRequest, entry: HashListEntry, to: HashListEntry.State, reason: str) -> None:
    shown = {"entry": entry.public_id, "state": in_words(to.value)}
    if entry.state == to:
        messages.info(request, _("Nothing was changed: the state of %(entry)s is “%(state)s” already.") % shown)
        return
    details = {"state": to.value, "reason": reason}
    waits = ask_for("entry.state_set", entry.public_id, entry.hash_list.name, details, by=request.user, now=now())
    say_done_or_waiting(request, waits, _("The state of %(entry)s is “%(state)s” now.") % shown)


@require_POST
@needs(Permission.LIST_EDIT)
def upload(request: SignedInRequest) -> HttpResponseBase:
    """A file to import, in a moment, by the worker."""
    form = UploadForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            kept = _hand_in(form.cleaned_data, request, now())
        except InvalidInput as error:
            form.add_error("file", in_language(error.message))
        else:
            details = {"supplier": kept.supplier, "lines": kept.lines, "sha256": bytes(kept.file_sha256).hex()}
            waits = ask_for("list.imported", kept.public_id, kept.list_name, details, by=request.user, now=now())
            if waits is not None:
                say_done_or_waiting(request, waits, "")
            return redirect("list-uploaded", kept.public_id)
    context = {"lists": summaries(), "may_edit": True, "upload_form": form}
    return render(request, "web/administration/lists.html", context, status=400)


def _hand_in(given: dict[str, Any], request: SignedInRequest, at: dt.datetime) -> UploadedList:
    file = given["file"]
    return uploads.hand_in(
        file.chunks(),
        file.name,
        list_name=given["name"],
        supplier=given["supplier"],
        kind=HashList.Kind(given["kind"]),
        region=given["region"],
        by=request.user,
        now=at,
        is_held=True,
    )


@require_GET
@needs(Permission.LIST_READ)
def uploaded(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """How far an upload is, and what came of it."""
    found = get_object_or_404(UploadedList.objects.select_related("list_import__hash_list"), public_id=public_id)
    progress = uploads.progress_of(found)
    run = progress.run
    counts = (
        ()
        if run is None
        else (
            (_("Added"), run.added),
            (_("Changed"), run.changed),
            (_("Unchanged"), run.unchanged),
            (_("Withdrawn here"), run.withdrawn),
            (_("Refused"), run.rejected),
        )
    )
    return render(request, "web/administration/uploaded.html", {"progress": progress, "counts": counts})


def _is_right(request: SignedInRequest, form: forms.Form) -> bool:
    for errors in form.errors.values():
        messages.error(request, str(errors[0]))
    return not form.errors
