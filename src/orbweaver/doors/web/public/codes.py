"""The second step of a sign-in: a code from an app, after the password was right."""

from __future__ import annotations

from typing import Literal

from django.contrib.auth import login
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from orbweaver.doors.web.frame.access import PASSED, refuse_cache
from orbweaver.doors.web.frame.codes import is_right
from orbweaver.doors.web.frame.forms import CodeForm
from orbweaver.doors.web.frame.language import speak
from orbweaver.doors.web.frame.translating import in_language
from orbweaver.doors.web.public.devices import remember
from orbweaver.people.accounts import second_factor
from orbweaver.people.accounts.messages import CODE_WRONG
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.passkeys import can_be_used
from orbweaver.people.accounts.sessions import note
from orbweaver.people.audit.services import record
from orbweaver.platform.clock import now, real_now

WAITS = "waits_for_code"
WAITS_S = 600
"""Seconds for which a right password waits for its code."""


def ask_for_code(request: HttpRequest, person: User, target: str) -> HttpResponseBase:
    """The password was right: on to the code. Nobody is signed in yet."""
    request.session.cycle_key()
    request.session[WAITS] = {
        "person": person.pk,
        "hash": person.get_session_auth_hash(),
        "until": real_now().timestamp() + WAITS_S,
        "target": target,
    }
    return redirect("sign-in-code")


def let_in(
    request: HttpRequest, person: User, target: str, *, by: Literal["password", "code", "passkey"] = "password"
) -> HttpResponseBase:
    """Sign in, and on to where the person was going. ``by``: what was shown last."""
    login(request, person)
    note(request.session, request.headers.get("User-Agent", ""))
    if by != "password":
        request.session[PASSED] = True
    details = {"second_factor": by != "password", "by": by}
    record("person.signed_in", person.public_id, actor=person, details=details, at=now())
    response = redirect(target or "home")
    remember(response, person)
    speak(response, person.language)
    return response


@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def sign_in_code(request: HttpRequest) -> HttpResponseBase:
    """Give the code; without a right password before, back to the sign-in."""
    person = who_waits(request)
    if person is None:
        return redirect("sign-in")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if is_right(person, form.cleaned_data["code"]):
            return let_in(request, person, str(request.session.pop(WAITS)["target"]), by="code")
        form.add_error("code", in_language(CODE_WRONG))
    status = 400 if form.errors else 200
    context = {
        "form": form,
        "has_codes": second_factor.has_codes(person),
        "has_passkeys": can_be_used() and person.passkeys.exists(),
    }
    return refuse_cache(render(request, "web/public/sign_in_code.html", context, status=status))


def who_waits(request: HttpRequest) -> User | None:
    """Whose password was right in this browser, within ten minutes and not changed since."""
    waits = request.session.get(WAITS) or {}
    until, pk = waits.get("until"), waits.get("person")
    if not isinstance(until, float) or not isinstance(pk, int) or until < real_now().timestamp():
        return None
    person = User.objects.filter(pk=pk, is_active=True).first()
    return person if person is not None and person.get_session_auth_hash() == waits.get("hash") else None
