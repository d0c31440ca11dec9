"""The front door: home, one-time setup, signing in and out, robots.txt."""

from __future__ import annotations

import datetime as dt

from django.contrib.auth import authenticate, login, logout
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from orbweaver.doors.readiness import steps
from orbweaver.doors.web.frame.access import keep_address_secret, refuse_cache, visitor_of
from orbweaver.doors.web.frame.codes import one_at_a_time
from orbweaver.doors.web.frame.context import links_for
from orbweaver.doors.web.frame.targets import own_page
from orbweaver.doors.web.frame.translating import in_language
from orbweaver.doors.web.public import codes
from orbweaver.doors.web.public.devices import is_known
from orbweaver.doors.web.public.forms import SetupForm, SignInForm
from orbweaver.doors.web.public.networks import from_network
from orbweaver.errors import OrbweaverError
from orbweaver.people.accounts import second_factor
from orbweaver.people.accounts import services as accounts
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.passkeys import can_be_used
from orbweaver.people.accounts.passwords import SET_BY_LINK
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.accounts.sessions import note
from orbweaver.people.audit.selectors import count_since, last_time_of
from orbweaver.people.audit.services import record
from orbweaver.platform.clock import now, real_now

FAILED = "person.sign_in_failed"
FAILED_AT_KNOWN_DEVICE = "person.sign_in_failed_at_known_device"
FAILURES_ALLOWED = 10
FAILURES_COUNT_FOR = dt.timedelta(minutes=15)
"""After so many wrong passwords within this time an account takes none, so that nobody can try them all: less than a
thousand a day. Counted in the audit log, hence over all processes and machines. A browser with which the person signed
in before has a count of its own (``devices``), so that nobody is locked out by a stranger. A password that was set by a
link has had no wrong tries yet: those before were at another one, and only who holds the link can set it."""


@require_GET
def home(request: HttpRequest) -> HttpResponseBase:
    """To the first page this person may open, for administrators to the set-up while anything of it is open; to the
    sign-in; or, before there is an administrator, how to set up."""
    if isinstance(request.user, User):
        if request.user.may(Permission.PEOPLE_EDIT) and not all(step.done for step in steps(now())):
            return redirect("checklist")
        links = links_for(request.user, request.path)
        return redirect(links[0].url if links else "public-figures")
    if accounts.administrator_exists():
        return redirect("sign-in")
    return refuse_cache(render(request, "web/public/not_set_up.html"))


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def setup(request: HttpRequest, token: str) -> HttpResponseBase:
    """Make the administrator, once, with the link that the terminal showed."""
    if not accounts.setup_link_is_valid(token, real_now()):
        return keep_address_secret(render(request, "web/public/setup_spent.html", status=410))
    form = SetupForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                person = accounts.use_setup_link(token, at=real_now(), now=now(), **form.cleaned_data)
                record("administrator.created", person.public_id, actor=person, at=now())
        except OrbweaverError as error:
            form.add_error(None, in_language(error.message))
        else:
            login(request, person)
            note(request.session, request.headers.get("User-Agent", ""))
            return redirect("checklist")
    status = 400 if form.errors else 200
    return keep_address_secret(render(request, "web/public/setup.html", {"form": form}, status=status))


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponseBase:
    """Sign in with address and password; then on to where the person was going."""
    form = SignInForm(request.POST or None)
    target = own_page(request, request.POST.get("next") or request.GET.get("next") or "")
    if request.method == "POST" and form.is_valid():
        person = _who(request, form.cleaned_data["email"], form.cleaned_data["password"])
        if person is not None and second_factor.has_one(person):
            return codes.ask_for_code(request, person, target)
        if person is not None:
            return codes.let_in(request, person, target)
        form.add_error(
            None,
            _(
                "Address and password do not fit together, the account is switched off, or there were too many "
                "attempts. In the last case, wait fifteen minutes."
            ),
        )
    status = 400 if form.errors else 200
    waits = target == reverse("held")
    context = {"form": form, "target": target, "waits": waits, "can_have_passkeys": can_be_used()}
    return refuse_cache(render(request, "web/public/sign_in.html", context, status=status))


def _who(request: HttpRequest, email: str, password: str) -> User | None:
    """The person whose address and password these are. A failure is counted where there is such an account.

    The answer and its time are the same for a wrong password, an unknown address and too many attempts.
    """
    person = authenticate(request, username=email, password=password)
    account = User.objects.filter(email=email.strip().lower(), is_active=True).first()
    knows_us = account is not None and is_known(request, account)
    if not (knows_us or from_network(visitor_of(request), failed=not isinstance(person, User))):
        return None
    if account is None:
        return None
    failed = FAILED_AT_KNOWN_DEVICE if knows_us else FAILED
    with one_at_a_time(account):
        moment = now()
        if count_since(failed, account.public_id, _counted_from(account, moment), moment) >= FAILURES_ALLOWED:
            return None
        if not isinstance(person, User):
            record(failed, account.public_id, at=moment)
            return None
    return person


def _counted_from(account: User, moment: dt.datetime) -> dt.datetime:
    reset = last_time_of(SET_BY_LINK, account.public_id)
    earliest = moment - FAILURES_COUNT_FOR
    return earliest if reset is None else max(earliest, reset)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponseBase:
    """Sign out; the session is gone, and what the browser kept of pages with it."""
    logout(request)
    response = redirect("sign-in")
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@require_GET
def robots(request: HttpRequest) -> HttpResponse:
    """Search engines may index the public pages, and nothing else."""
    text = "User-agent: *\nAllow: /public/\nDisallow: /public/report/rep_\nDisallow: /\n"
    return HttpResponse(text, content_type="text/plain; charset=utf-8")
