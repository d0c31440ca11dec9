"""Exchanges: lists that are pulled from their suppliers, and feedback on single entries, both ways."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Count, Q
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from orbweaver.assess.review.uninvolved import standing_verdicts
from orbweaver.detect.exchanges import opinions, services
from orbweaver.detect.exchanges.models import Exchange, Feedback, Opinion
from orbweaver.detect.exchanges.protocols import protocol_named
from orbweaver.doors.changing import ask_for
from orbweaver.doors.web.administration.changes import say_done_or_waiting
from orbweaver.doors.web.administration.exchange_forms import (
    ConcludeForm,
    CredentialsForm,
    ExchangeForm,
    ScheduleForm,
)
from orbweaver.doors.web.frame.access import SignedInRequest, needs
from orbweaver.doors.web.frame.translating import in_language
from orbweaver.errors import Conflict, OrbweaverError
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.changes.models import Change
from orbweaver.people.changes.selectors import waiting
from orbweaver.platform.clock import now

SHOWN = 50


@require_GET
@needs(Permission.LIST_READ)
def exchanges(request: SignedInRequest) -> HttpResponseBase:
    """All exchanges: when they were pulled, when they will be, what is wrong; and the form to set one up."""
    return _exchanges(request, ExchangeForm())


def _exchanges(request: SignedInRequest, form: ExchangeForm, status: int = 200) -> HttpResponseBase:
    found = Exchange.objects.select_related("hash_list").prefetch_related("hash_list__counts")
    context = {
        "exchanges": found.order_by("name"),
        "may_edit": request.user.may(Permission.LIST_EDIT),
        "disputes": opinions.open_opinions().count(),
        "form": form,
    }
    return render(request, "web/administration/exchanges.html", context, status=status)


@sensitive_post_parameters("credentials")
@require_POST
@needs(Permission.LIST_EDIT)
def add_exchange(request: SignedInRequest) -> HttpResponseBase:
    """A new exchange; it is pulled at once, by the worker."""
    form = ExchangeForm(request.POST)
    if form.is_valid():
        given = dict(form.cleaned_data)
        try:
            secrets = services.secrets_of(given.pop("credentials"))
            with transaction.atomic():
                made = services.add_exchange(given.pop("name"), **given, secrets=secrets, by=request.user, now=now())
                waits = _begin(made, request)
        except OrbweaverError as error:
            form.add_error(None, in_language(error.message))
        else:
            say_done_or_waiting(request, waits, _("The exchange is set up. It is pulled in a moment."))
            return redirect("exchange", made.public_id)
    return _exchanges(request, form, status=400)


@require_GET
@needs(Permission.LIST_READ)
def exchange(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """One exchange: its pulls, what we said of its entries, and forms to change it."""
    found = _exchange(public_id)
    sent = Q(state=Feedback.State.SENT)
    context = {
        "exchange": found,
        "protocol": protocol_named(found.protocol),
        "entries": found.hash_list.entry_count,
        "pulls": found.pulls.order_by("-pk")[:SHOWN],
        "feedback": found.feedback.select_related("entry").order_by("state", "-pk")[:SHOWN],
        "counts": found.feedback.aggregate(sent=Count("pk", filter=sent), open=Count("pk", filter=~sent)),
        "may_edit": request.user.may(Permission.LIST_EDIT),
        "schedule_form": ScheduleForm(
            initial={"every_minutes": found.every_minutes, "dispute_reason": found.dispute_reason}
        ),
        "credentials_form": CredentialsForm(),
    }
    return render(request, "web/administration/exchange.html", context)


@require_POST
@needs(Permission.LIST_EDIT)
def switch_exchange(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """Pull it now; or pause it, or go on."""
    found = _exchange(public_id)
    action = request.POST.get("action")
    if action == "pull":
        services.pull_soon(found, now())
        messages.success(request, _("It is pulled in a moment. Open this page again to see what came."))
    elif action == "pause":
        services.set_paused(found, True, by=request.user, now=now())
        messages.success(request, _("The exchange is paused."))
    elif action == "resume":
        say_done_or_waiting(request, _begin(found, request), _("The exchange goes on."))
    return redirect("exchange", public_id)


@require_POST
@needs(Permission.LIST_EDIT)
def change_exchange(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """How often it is pulled, and the reason that our disputes give."""
    form = ScheduleForm(request.POST)
    if _is_right(request, form):
        services.change_exchange(_exchange(public_id), **form.cleaned_data, by=request.user, now=now())
        messages.success(request, _("Saved."))
    return redirect("exchange", public_id)


@sensitive_post_parameters("credentials")
@require_POST
@needs(Permission.LIST_EDIT)
def set_credentials(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """Other credentials, which no page shows."""
    form = CredentialsForm(request.POST)
    if _is_right(request, form):
        try:
            secrets = services.secrets_of(form.cleaned_data["credentials"])
            with transaction.atomic():
                found = _exchange(public_id)
                services.set_credentials(found, secrets, by=request.user, now=now())
                waits = _begin(found, request)
        except OrbweaverError as error:
            messages.error(request, in_language(error.message))
        else:
            say_done_or_waiting(request, waits, _("The credentials are saved. The exchange is pulled in a moment."))
    return redirect("exchange", public_id)


def _begin(found: Exchange, request: SignedInRequest) -> Change | None:
    """Let it be pulled, or have it rest until a second person agrees: what it brings will match."""
    details = {"address": found.address}
    try:
        change = ask_for("exchange.resumed", found.public_id, found.name, details, by=request.user, now=now())
    except Conflict:  # somebody has asked for it already
        change = waiting().filter(kind="exchange.resumed", subject=found.public_id).first()
    if change is not None and (not found.paused or found.paused_by):  # a client's pause it could end itself
        services.set_paused(found, True, by=request.user, now=now())
    return change


@require_GET
@needs(Permission.LIST_EDIT)  # not for analysts, who answer before they learn how lists classify
def feedback(request: SignedInRequest) -> HttpResponseBase:
    """What others dispute of entries here: who, why, and what became of it; open ones first."""
    page = Paginator(opinions.open_opinions(), SHOWN).get_page(request.GET.get("page"))
    verdicts = standing_verdicts({each.entry.media_id for each in page if each.answer_by and each.entry.media_id})
    context = {
        "page": page,
        "rows": [(each, verdicts.get(each.entry.media_id or 0, "")) for each in page],
        "may_ask_for_review": request.user.may(Permission.APPEAL_OPEN),
        "concluded": opinions.concluded_opinions()[:SHOWN],
    }
    return render(request, "web/administration/feedback.html", context)


@require_POST
@needs(Permission.LIST_EDIT)
def conclude(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """The entry is right, disputed, or withdrawn. What has it match again, or never more, takes a second person."""
    form = ConcludeForm(request.POST)
    if _is_right(request, form):
        found = Opinion.objects.select_related("entry__hash_list").filter(public_id=public_id).first()
        title = found.entry.hash_list.name if found is not None else ""
        try:
            waits = ask_for("opinion.concluded", public_id, title, form.cleaned_data, by=request.user, now=now())
        except OrbweaverError as error:
            messages.error(request, in_language(error.message))
        else:
            say_done_or_waiting(request, waits, _("Recorded."))
    return redirect("list-feedback")


def _exchange(public_id: str) -> Exchange:
    return get_object_or_404(Exchange.objects.select_related("hash_list"), public_id=public_id)


def _is_right(request: SignedInRequest, form: forms.Form) -> bool:
    for errors in form.errors.values():
        messages.error(request, str(errors[0]))
    return not form.errors
