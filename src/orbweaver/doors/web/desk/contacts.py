"""Contacts of a provider, of every channel: entered, changed and tried by a manager. Retired ones are kept."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from orbweaver.doors.web.desk.forms import ContactChangeForm, ContactForm
from orbweaver.doors.web.frame.access import SignedInRequest, needs
from orbweaver.doors.web.frame.translating import in_language
from orbweaver.errors import OrbweaverError
from orbweaver.notify.notices.sending.trial import try_contact
from orbweaver.notify.providers.editing import change_contact, put_first
from orbweaver.notify.providers.models import Contact, Provider
from orbweaver.notify.providers.services import add_contact
from orbweaver.people.accounts.rules import Permission
from orbweaver.platform.clock import now


@require_POST
@needs(Permission.PROVIDER_EDIT)
def add(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """One more contact; one that was retired is written to again."""
    provider = get_object_or_404(Provider, public_id=public_id)
    form = ContactForm(request.POST)
    if not _is_right(request, form):
        return redirect("provider", public_id)
    try:
        add_contact(provider, **form.cleaned_data, now=now(), by=request.user)
    except OrbweaverError as error:
        messages.error(request, in_language(error.message))
    else:
        messages.success(request, _("The contact is saved. Notices that waited for one go to it."))
    return redirect("provider", public_id)


@require_POST
@needs(Permission.PROVIDER_EDIT)
def change(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """Another address or language."""
    contact = _contact(public_id)
    form = ContactChangeForm(request.POST)
    if not _is_right(request, form):
        return redirect("provider", contact.provider.public_id)
    try:
        change_contact(contact, **form.cleaned_data, now=now(), by=request.user)
    except OrbweaverError as error:
        messages.error(request, in_language(error.message))
    else:
        messages.success(request, _("The change is saved."))
    return redirect("provider", contact.provider.public_id)


@require_POST
@needs(Permission.PROVIDER_EDIT)
def first(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """Which is tried before the others."""
    contact = _contact(public_id)
    put_first(contact, first=request.POST.get("first") == "yes", now=now(), by=request.user)
    messages.success(request, _("The order of the contacts is saved. What waits already stays where it is."))
    return redirect("provider", contact.provider.public_id)


@require_POST
@needs(Permission.PROVIDER_EDIT)
def test(request: SignedInRequest, public_id: str) -> HttpResponseBase:
    """Send a test message, now; the page says what came of it."""
    contact = _contact(public_id)
    try:
        tried = try_contact(contact, now(), by=request.user)
    except OrbweaverError as error:
        messages.error(request, in_language(error.message))
    else:
        words = _("The other side took the test message, reference %(reference)s. It says that it is a test.")
        messages.success(request, words % {"reference": tried.reference})
    return redirect("provider", contact.provider.public_id)


def _contact(public_id: str) -> Contact:
    return get_object_or_404(Contact.objects.select_related("provider"), public_id=public_id, active=True)


def _is_right(request: SignedInRequest, form: forms.Form) -> bool:
    for errors in form.errors.values():
        messages.error(request, str(errors[0]))
    return not form.errors
