"""A forgotten password: asking for a link by mail, and setting another one with it."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import login
from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from orbweaver.detect.intake.rules import hour_of, sender_key
from orbweaver.doors.web.frame.access import keep_address_secret, refuse_cache, visitor_of
from orbweaver.doors.web.frame.forms import NewPasswordForm
from orbweaver.doors.web.frame.translating import in_language
from orbweaver.doors.web.public.devices import remember
from orbweaver.doors.web.public.forms import ForgottenForm
from orbweaver.errors import InvalidInput, NotAllowed
from orbweaver.people.accounts import passwords, second_factor
from orbweaver.people.accounts.sessions import note
from orbweaver.people.audit.services import record
from orbweaver.platform.clock import now, real_now
from orbweaver.platform.runtime.secrets import django_secret_key
from orbweaver.platform.settings import PlatformSettings


@require_http_methods(["GET", "POST"])
def forgotten(request: HttpRequest) -> HttpResponseBase:
    """Ask for a link; or, where no mail is set up, read whom to ask. Nobody is looked up here (``passwords``)."""
    has_mail = passwords.mail_is_set_up()
    form = ForgottenForm(request.POST or None) if has_mail else ForgottenForm()
    if has_mail and request.method == "POST" and form.is_valid():
        if _ask(request, form.cleaned_data["email"]):
            messages.success(
                request,
                _("If there is an account with this address, a link is on its way to it. It works once, for an hour."),
            )
            return redirect("sign-in")
        form.add_error(None, _("Too many links were asked for within this hour. Nothing was sent. Try again later."))
        return refuse_cache(_page(request, form, has_mail=has_mail, status=429))
    return refuse_cache(_page(request, form, has_mail=has_mail, status=400 if form.errors else 200))


def _page(request: HttpRequest, form: ForgottenForm, *, has_mail: bool, status: int) -> HttpResponseBase:
    return render(request, "web/public/password_forgotten.html", {"form": form, "has_mail": has_mail}, status=status)


def _ask(request: HttpRequest, email: str) -> bool:
    at = real_now()
    sender = sender_key(visitor_of(request), hour_of(at), django_secret_key(PlatformSettings.current().keys_path))
    return passwords.ask_for_link(email, sender=sender, language=get_language() or "", at=at)


@sensitive_post_parameters("new", "again")
@require_http_methods(["GET", "POST"])
def by_link(request: HttpRequest, token: str) -> HttpResponseBase:
    """Set another password, once. Opening the link does nothing; who sets one is signed in here and out elsewhere."""
    found = passwords.person_of_link(token, real_now())
    if found is None:
        return _spent(request)
    is_new = not found.has_usable_password()
    form = NewPasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            encoded = passwords.encoded_for(found, form.cleaned_data["new"])
            with transaction.atomic():
                person = passwords.use_link(token, encoded, real_now())
                record(passwords.SET_BY_LINK, person.public_id, actor=person, at=now())
        except NotAllowed:
            return _spent(request)
        except InvalidInput as error:
            form.add_error("new", in_language(error.message))
        else:
            changed = _("The password is changed. You are signed out everywhere else.")
            chosen = _("The password is chosen. Sign in with it and your mail address from now on.")
            messages.success(request, chosen if is_new else changed)
            if second_factor.has_one(person):
                return redirect("sign-in")
            login(request, person)
            note(request.session, request.headers.get("User-Agent", ""))
            response = redirect("account")
            remember(response, person)
            return response
    status = 400 if form.errors else 200
    context = {"form": form, "is_new": is_new}
    return keep_address_secret(render(request, "web/public/password_by_link.html", context, status=status))


def _spent(request: HttpRequest) -> HttpResponseBase:
    return keep_address_secret(render(request, "web/public/password_link_spent.html", status=410))
