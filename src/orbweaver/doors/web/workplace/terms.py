"""Term lists and watch terms: bringing, switching, watching, and the pages where a watch term stood."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from orbweaver.assess.terms import selectors, services
from orbweaver.assess.terms.errors import WatchKeyMissing
from orbweaver.assess.terms.models import TermList, WatchHit, WatchTerm
from orbweaver.doors.web.frame.access import SignedInRequest, needs
from orbweaver.doors.web.frame.messages import WATCH_TERM_INCOMPLETE
from orbweaver.doors.web.frame.translating import in_language
from orbweaver.doors.web.workplace.series_forms import TermListForm, WatchTermForm
from orbweaver.errors import InvalidInput
from orbweaver.people.accounts.rules import Permission
from orbweaver.platform.clock import now

HITS = 100
REFUSED_SHOWN = 20


@require_GET
@needs(Permission.WATCH_TERM_EDIT)
def terms(request: SignedInRequest) -> HttpResponseBase:
    """Lists, what is watched for by request, and where it was seen."""
    return _page(request)


def _page(request: SignedInRequest, **forms: Form) -> HttpResponse:
    context: dict[str, Any] = {
        "lists": selectors.term_lists() if request.user.may(Permission.TERM_EDIT) else None,
        "watched": selectors.watched(),
        "hits": selectors.open_hits()[:HITS],
        "key_problem": _key_problem(),
        "list_form": TermListForm(),
        "watch_form": WatchTermForm(),
        **forms,
    }
    return render(request, "web/workplace/terms.html", context, status=400 if forms else 200)


def _key_problem() -> str:
    try:
        lost = selectors.made_with_another_key()
    except WatchKeyMissing as error:
        return in_language(error.message)
    if not lost:
        return ""
    message = ngettext(
        "%(n)d watch term was made with another key and is not found. Restore watch-term-key.",
        "%(n)d watch terms were made with another key and are not found. Restore watch-term-key.",
        lost,
    )
    return message % {"n": lost}


@require_POST
@needs(Permission.TERM_EDIT)
def bring(request: SignedInRequest) -> HttpResponseBase:
    """A term list from a file."""
    form = TermListForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, list_form=form)
    given = form.cleaned_data
    file = given.pop("file")
    try:
        done = services.import_terms(file.read(), file.name or "", **given, by=request.user, now=now())
    except InvalidInput as error:
        form.add_error(None, in_language(error.message))
        return _page(request, list_form=form)
    messages.success(
        request, _("%(added)d terms added, %(changed)d changed.") % {"added": done.added, "changed": done.changed}
    )
    for line, why in done.rejected[:REFUSED_SHOWN]:
        messages.warning(request, _("Row %(line)d was left out: %(why)s.") % {"line": line, "why": in_language(why)})
    return redirect("terms")


@require_POST
@needs(Permission.TERM_EDIT)
def switch(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """Flag by a list no more, or again."""
    found = get_object_or_404(TermList, public_id=public_id)
    services.switch_list(found, off="off" in request.POST, by=request.user, now=now())
    return redirect("terms")


@sensitive_post_parameters("text")
@require_POST
@needs(Permission.WATCH_TERM_EDIT)
def watch(request: SignedInRequest) -> HttpResponseBase:
    """Watch for a term. What was typed is not drawn again, whatever comes of it."""
    form = WatchTermForm(request.POST)
    if not form.is_valid():
        raise InvalidInput(WATCH_TERM_INCOMPLETE)
    given = form.cleaned_data
    services.watch_for(given["text"], WatchTerm.Kind(given["kind"]), given["reference"], by=request.user, now=now())
    messages.success(request, _("Watched for from now on. It cannot be read back; withdraw it by its reference."))
    return redirect("terms")


@require_POST
@needs(Permission.WATCH_TERM_EDIT)
def withdraw(request: SignedInRequest) -> HttpResponseBase:
    """Watch no more for the terms of one request."""
    for term in WatchTerm.objects.filter(reference=request.POST.get("reference", ""), withdrawn_at=None):
        services.withdraw_watch_term(term, by=request.user, now=now())
    messages.info(request, _("These terms are no longer watched for."))
    return redirect("terms")


@require_POST
@needs(Permission.WATCH_TERM_EDIT)
def see_to(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """A page with a watch term was looked at."""
    services.see_to(get_object_or_404(WatchHit, public_id=public_id), by=request.user, now=now())
    return redirect("terms")
