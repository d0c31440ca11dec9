"""Providers: who hosts what, where notices to them go, and who keeps them going."""

from __future__ import annotations

from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from orbweaver.doors.web.desk.forms import (
    AddForm,
    ClauseForm,
    ContactForm,
    FactsForm,
    LinkForm,
    NewProviderForm,
    SearchForm,
)
from orbweaver.doors.web.desk.notices import notice_rows
from orbweaver.doors.web.frame.access import SignedInRequest, needs
from orbweaver.doors.web.frame.messages import NOTHING_TO_TAKE_AWAY
from orbweaver.doors.web.frame.sorting import Column, Sorting
from orbweaver.doors.web.frame.translating import in_language
from orbweaver.errors import InvalidInput, OrbweaverError
from orbweaver.follow.escalation.selectors import steps_past
from orbweaver.notify.notices.selectors import policies_in_force
from orbweaver.notify.notices.sending.channels import CHANNELS
from orbweaver.notify.providers import editing
from orbweaver.notify.providers.channel_kinds import channel_kinds
from orbweaver.notify.providers.models import HostHop, Provider
from orbweaver.notify.providers.rules import CONTACT_STALE
from orbweaver.notify.providers.selectors import contact_for, get_provider, named_like, summaries
from orbweaver.notify.providers.services import add_contact, add_provider, retire_contact, set_clause
from orbweaver.notify.providers.table import parse_network
from orbweaver.people.accounts.rules import Permission
from orbweaver.platform.clock import now
from orbweaver.platform.languages import choices

PAGE = 50
SHOWN = 20
COLUMNS = {"provider": Column(("name",)), "country": Column(("country", "name")), "kind": Column(("kind", "name"))}
"""By what the table of providers can be ordered."""


@require_http_methods(["GET", "POST"])
@needs(Permission.PROVIDER_READ, to_change=Permission.PROVIDER_EDIT)
def providers(request: SignedInRequest) -> HttpResponseBase:
    """Providers by name or as asked, fifty a page, those that a search finds; and the form to add one."""
    form = NewProviderForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = _add_provider(request, form)
        if made is not None:
            return redirect("provider", made.public_id)
    search = SearchForm(request.GET)
    sorting = Sorting.of(request, COLUMNS, {name: request.GET.get(name, "") for name in ("q", "kind")})
    page = Paginator(sorting.ordered(_found(search)), PAGE).get_page(request.GET.get("page"))
    shown = {each.provider.pk: each for each in summaries(Provider.objects.filter(pk__in=[each.pk for each in page]))}
    context = {
        "page": page,
        "rows": [shown[each.pk] for each in page if each.pk in shown],
        "search": search,
        "sorting": sorting,
        "kept": sorting.kept,
        "form": form,
        "may_edit": request.user.may(Permission.PROVIDER_EDIT),
        "may_read_hosts": request.user.may(Permission.NOTICE_READ),
    }
    return render(request, "web/desk/providers.html", context, status=400 if form.errors else 200)


def _found(search: SearchForm) -> QuerySet[Provider]:
    if not search.is_valid():
        return Provider.objects.order_by("name", "pk")
    words, kind = search.cleaned_data["q"].strip(), search.cleaned_data["kind"]
    rows = (named_like(words) if words else Provider.objects.all()).order_by("name", "pk")
    return rows.filter(kind=kind) if kind else rows


def _add_provider(request: SignedInRequest, form: NewProviderForm) -> Provider | None:
    given = form.cleaned_data
    try:
        with transaction.atomic():
            made = add_provider(given["name"], country=given["country"], kind=given["kind"], now=now(), by=request.user)
            if given["contact"]:
                add_contact(made, given["contact"], now=now(), by=request.user)
    except OrbweaverError as error:
        form.add_error(None, in_language(error.message))
        return None
    messages.success(request, _("The provider is in the registry."))
    return made


@require_GET
@needs(Permission.PROVIDER_READ)
def provider(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """One provider: contacts with source and age, what belongs to it, hosts, its terms, notices, steps past it."""
    found = _provider(public_id)
    may_read_notices = request.user.may(Permission.NOTICE_READ)
    context = {
        "provider": found,
        "summary": next(summaries(Provider.objects.filter(pk=found.pk))),
        "contact": contact_for(found),
        "kinds": channel_kinds(),
        "languages": choices(),
        "tried_by": [name for name, channel in CHANNELS.items() if channel.tries],
        "stale_before": now() - CONTACT_STALE,
        "aliases": found.aliases.order_by("name"),
        "domains": found.domains.order_by("domain"),
        "networks": found.networks.order_by("network")[: 10 * SHOWN],
        "systems": found.systems.order_by("asn"),
        "links": found.links.select_related("to").order_by("kind", "to__name"),
        "clauses": found.clauses.order_by("ground"),
        "hops": _hops(found) if may_read_notices else [],
        "notices": notice_rows().filter(provider=found)[:PAGE] if may_read_notices else [],
        "escalation": steps_past(found)[:SHOWN] if may_read_notices else [],
        "holds": policies_in_force().filter(provider=found),
        "may_edit": request.user.may(Permission.PROVIDER_EDIT),
        "may_read_notices": may_read_notices,
        **_forms(found),
    }
    return render(request, "web/desk/provider.html", context)


def _forms(found: Provider) -> dict[str, forms.Form]:
    facts = {name: getattr(found, name) for name in ("country", "kind", "terms_url", "walled_garden")}
    return {
        "facts_form": FactsForm(initial=facts),
        "add_form": AddForm(),
        "contact_form": ContactForm(auto_id="contact-%s"),
        "clause_form": ClauseForm(),
        "link_form": LinkForm(),
    }


def _hops(found: Provider) -> QuerySet[HostHop]:
    """The newest looks that led to it."""
    return HostHop.objects.filter(provider=found).select_related("lookup").order_by("-lookup__at", "pk")[:SHOWN]


def _provider(public_id: str) -> Provider:
    try:
        return get_provider(public_id)
    except InvalidInput:
        raise Http404 from None


def _changed(
    request: SignedInRequest, found: Provider, form: forms.Form, change: Callable[[], object]
) -> HttpResponseBase:
    """Make a change that a form asks for; what is wrong with it is said on the page."""
    if not form.is_valid():
        for errors in form.errors.values():
            messages.error(request, str(errors[0]))
        return redirect("provider", found.public_id)
    try:
        with transaction.atomic():
            change()
    except OrbweaverError as error:
        messages.error(request, in_language(error.message))
    else:
        messages.success(request, _("The change is saved."))
    return redirect("provider", found.public_id)


@require_POST
@needs(Permission.PROVIDER_EDIT)
def change(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """What the provider is."""
    found, form = _provider(public_id), FactsForm(request.POST)
    return _changed(
        request, found, form, lambda: editing.change_provider(found, **form.cleaned_data, now=now(), by=request.user)
    )


@require_POST
@needs(Permission.PROVIDER_EDIT)
def add(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """One more domain, network, system or name."""
    found, form = _provider(public_id), AddForm(request.POST)

    def added() -> object:
        what, value = form.cleaned_data["what"], form.cleaned_data["value"]
        if what == "network":
            network, asn, country = parse_network(value)
            return editing.add_network(found, network, asn=asn, country=country, now=now(), by=request.user)
        adders: dict[str, Callable[..., object]] = {
            "domain": editing.add_domain,
            "system": editing.add_system,
            "name": editing.add_alias,
        }
        return adders[what](found, value, now=now(), by=request.user)

    return _changed(request, found, form, added)


@require_POST
@needs(Permission.PROVIDER_EDIT)
def clause(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """The clause of its terms on one ground (R47)."""
    found, form = _provider(public_id), ClauseForm(request.POST)
    return _changed(request, found, form, lambda: set_clause(found, **form.cleaned_data, now=now(), by=request.user))


@require_POST
@needs(Permission.PROVIDER_EDIT)
def link(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """Who keeps it going (R44, R45)."""
    found, form = _provider(public_id), LinkForm(request.POST)

    def linked() -> object:
        to = get_provider(form.cleaned_data["to"].strip())
        return editing.add_link(found, to, form.cleaned_data["kind"], now=now(), by=request.user)

    return _changed(request, found, form, linked)


@require_POST
@needs(Permission.PROVIDER_EDIT)
def remove(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """Take something away, or write to a contact no longer."""
    found, what, number = _provider(public_id), request.POST.get("what", ""), request.POST.get("number", "")
    if not number.isdecimal():
        raise InvalidInput(NOTHING_TO_TAKE_AWAY)

    def removed() -> object:
        if what == "contact":
            row = get_object_or_404(found.contacts, pk=int(number))
            return retire_contact(row, now=now(), by=request.user)
        return editing.remove(found, what, int(number), now=now(), by=request.user)

    return _changed(request, found, forms.Form({}), removed)
