"""Production orders, and what is kept for authorities: by companies that we asked, and by us."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_POST

from orbweaver.detect.evidence.holding import holds
from orbweaver.doors.web.frame.access import SignedInRequest, needs
from orbweaver.doors.web.frame.translating import in_language
from orbweaver.errors import OrbweaverError
from orbweaver.notify.notices.selectors import kept_on_request
from orbweaver.notify.police import keeping, orders, within
from orbweaver.notify.police.models import Force
from orbweaver.notify.police.services import may_be_told
from orbweaver.people.accounts.rules import Permission
from orbweaver.platform.clock import now

SHOWN = 100


def _day(label: Any, *, required: bool = True, help_text: Any = "") -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=required, help_text=help_text, widget=widget)


class OrderForm(forms.Form):
    """An order as it came."""

    force = forms.ChoiceField(
        label=gettext_lazy("To which force it is handed over"),
        choices=lambda: list(
            Force.objects.filter(may_be_told(now())).order_by("name").values_list("public_id", "name")
        ),
    )
    authority = forms.CharField(label=gettext_lazy("Who ordered it"), max_length=200)
    reference = forms.CharField(label=gettext_lazy("Their number for it"), max_length=100)
    basis = forms.CharField(label=gettext_lazy("The law that it rests on"), max_length=300)
    items = forms.CharField(
        label=gettext_lazy("Numbers of the items, each on a line"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false", "class": "code"}),
    )
    ordered_on = _day(gettext_lazy("Day of the order"))
    answer_by = _day(gettext_lazy("Its last day"))
    keep_until = _day(
        gettext_lazy("Hold until"),
        required=False,
        help_text=gettext_lazy("Nothing of it is erased before. Empty: until somebody lifts the hold."),
    )
    document = forms.RegexField(
        regex=re.compile(r"^[0-9a-fA-F]{64}$"),
        label=gettext_lazy("SHA-256 of the order as it came"),
        required=False,
        widget=forms.TextInput(attrs={"class": "code", "autocomplete": "off"}),
    )

    def said(self) -> orders.Ordered:
        """The same for the service."""
        given = dict(self.cleaned_data)
        document, items = given.pop("document"), given.pop("items").split()
        return orders.Ordered(**given, items=items, document=bytes.fromhex(document) if document else None)


class KeepForm(forms.Form):
    """What an authority wants kept, whether a notice was sent or not."""

    item = forms.CharField(label=gettext_lazy("Number of the item"), max_length=24)
    authority = forms.CharField(label=gettext_lazy("Which authority wants it kept"), max_length=200)
    reference = forms.CharField(label=gettext_lazy("Their number for it"), max_length=100)
    basis = forms.CharField(label=gettext_lazy("The law that it rests on"), max_length=300)
    keep_until = _day(gettext_lazy("Keep until"))


@require_GET
@needs(Permission.URGENT_HANDLE, when_bound=True)
def police_orders(request: SignedInRequest) -> HttpResponseBase:
    """Orders, those first that wait; what companies were asked to keep; what is on hold here."""
    return _page(request, OrderForm())


@require_POST
@needs(Permission.URGENT_HANDLE)
def add(request: SignedInRequest) -> HttpResponseBase:
    """Record an order; what it names is on hold from now on."""
    form = OrderForm(request.POST)
    if form.is_valid():
        try:
            orders.record_order(form.said(), by=request.user, now=now())
        except OrbweaverError as error:
            form.add_error(None, in_language(error.message))
        else:
            messages.success(request, _("The order is recorded, and what it names is on hold."))
            return redirect("police-orders")
    return _page(request, form)


@require_POST
@needs(Permission.URGENT_HANDLE)
def ask_to_keep(request: SignedInRequest) -> HttpResponseBase:
    """Have companies asked by a letter to keep an item for an authority, and nothing else."""
    form = KeepForm(request.POST, auto_id="keep_%s")
    if form.is_valid():
        try:
            made = keeping.ask_to_keep(keeping.Wanted(**form.cleaned_data), by=request.user, now=now())
        except OrbweaverError as error:
            form.add_error(None, in_language(error.message))
        else:
            text = ngettext("%(n)d letter leaves within a minute.", "%(n)d letters leave within a minute.", len(made))
            messages.success(request, text % {"n": len(made)})
            return redirect("police-orders")
    return _page(request, OrderForm(), form)


@require_POST
@needs(Permission.URGENT_HANDLE, when_bound=True)
def answer(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """Hand over what is held, or say why not."""
    if request.user.bounds:
        get_object_or_404(within.orders(request.user), public_id=public_id)
    if request.POST.get("action") == "refuse":
        orders.refuse_order(public_id, request.POST.get("because", ""), by=request.user, now=now())
        messages.success(request, _("Recorded."))
    else:
        orders.answer_order(public_id, by=request.user, now=now())
        messages.success(request, _("It goes to police within a minute."))
    return redirect("police-orders")


def _page(request: SignedInRequest, form: OrderForm, keep_form: KeepForm | None = None) -> HttpResponseBase:
    keep_form = keep_form or KeepForm(auto_id="keep_%s")
    context = {
        "keep_form": keep_form,
        "letters": keeping.keep_requests()[:SHOWN],
        "orders": orders.orders().filter(pk__in=within.orders(request.user).values("pk"))[:SHOWN],
        "is_bound": bool(request.user.bounds),
        "kept": kept_on_request()[:SHOWN],
        "held": holds().order_by("until", "since", "pk")[:SHOWN],
        "now": now(),
        "form": form,
    }
    return render(
        request, "web/workplace/police_orders.html", context, status=400 if form.errors or keep_form.errors else 200
    )
