"""One's own second factor: set up with an app, turned off, and asked for where a session has not given it."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from orbweaver.doors.web.frame.access import PASSED, SignedInRequest, needs
from orbweaver.doors.web.frame.codes import is_right
from orbweaver.doors.web.frame.forms import CodeForm
from orbweaver.doors.web.frame.translating import in_language
from orbweaver.errors import InvalidInput
from orbweaver.people.accounts import second_factor
from orbweaver.people.accounts.messages import CODE_WRONG
from orbweaver.people.audit.services import record
from orbweaver.platform.clock import now


@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
@needs(None, before_code=True)
def page(request: SignedInRequest) -> HttpResponseBase:
    """Set it up; or give a code, where this session has given none; or see that it is in use."""
    person = request.user
    has_one, passed = second_factor.has_one(person), bool(request.session.get(PASSED))
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        code = form.cleaned_data["code"]
        if not has_one:
            return _confirm(request, form, code)
        if is_right(person, code):
            request.session[PASSED] = True
            return redirect(_target(request) or "second-factor")
        form.add_error("code", in_language(CODE_WRONG))
    return _page(request, form, has_one=has_one, passed=passed)


def _confirm(request: SignedInRequest, form: CodeForm, code: str) -> HttpResponseBase:
    try:
        spare = second_factor.confirm(request.user, code)
    except InvalidInput as error:
        form.add_error("code", in_language(error.message))
        return _page(request, form, has_one=False, passed=False)
    record("person.second_factor_set", request.user.public_id, actor=request.user, at=now())
    request.session[PASSED] = True
    context = {"spare": spare, "target": _target(request)}
    return render(request, "web/workplace/spare_codes.html", context)


def _page(request: SignedInRequest, form: CodeForm, *, has_one: bool, passed: bool) -> HttpResponseBase:
    context = {
        "form": form,
        "has_one": has_one,
        "passed": passed,
        "required": second_factor.is_asked_of(request.user),
        "enrolment": None if has_one else second_factor.begin(request.user),
        "left": second_factor.spare_codes_left(request.user),
        "target": _target(request),
    }
    return render(request, "web/workplace/second_factor.html", context, status=400 if form.errors else 200)


def _target(request: SignedInRequest) -> str:
    """Where the person was going, if that is one of our pages."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    allowed = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if allowed else ""


@sensitive_post_parameters("code")
@require_POST
@needs(None)
def turn_off(request: SignedInRequest) -> HttpResponseBase:
    """The password alone again, with a code: whoever finds an open screen cannot."""
    form = CodeForm(request.POST)
    if not form.is_valid() or not is_right(request.user, form.cleaned_data["code"]):
        form.add_error("code", in_language(CODE_WRONG))
        return _page(request, form, has_one=second_factor.has_one(request.user), passed=True)
    second_factor.remove(request.user)
    record("person.second_factor_removed", request.user.public_id, actor=request.user, at=now())
    update_session_auth_hash(request, request.user)
    request.session.pop(PASSED, None)
    messages.success(request, _("The second factor is off. You are signed out everywhere else."))
    return redirect("second-factor")
