"""One's own second factor: an app for codes, passkeys, and both asked for where a session has given neither."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from orbweaver.doors.web.frame.access import PASSED, SignedInRequest, needs
from orbweaver.doors.web.frame.codes import is_right, password_is_right
from orbweaver.doors.web.frame.forms import CodeForm
from orbweaver.doors.web.frame.passkeys import AnswerOfPasskeyForm, NewAppForm, NewPasskeyForm, RemovePasskeyForm
from orbweaver.doors.web.frame.targets import own_page
from orbweaver.doors.web.frame.translating import in_language
from orbweaver.errors import InvalidInput
from orbweaver.people.accounts import passkeys, second_factor
from orbweaver.people.accounts.messages import CODE_WRONG, OLD_PASSWORD_WRONG, PASSKEYS_NEED_NAME
from orbweaver.people.accounts.models import Passkey
from orbweaver.people.audit.services import record
from orbweaver.platform.clock import now, real_now


@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
@needs(None, before_code=True, without_agreement=True)
def page(request: SignedInRequest) -> HttpResponseBase:
    """Set it up; or give a code, where this session has given none; or see that it is in use."""
    person = request.user
    if request.method == "POST" and not second_factor.has_codes(person):
        return _confirm(request, NewAppForm(request.POST)) if _may_add(request) else page_of(request)
    form = CodeForm(request.POST) if request.method == "POST" else None
    if form is not None and form.is_valid():
        if is_right(person, form.cleaned_data["code"]):
            request.session[PASSED] = True
            return redirect(target_of(request) or "second-factor")
        form.add_error("code", in_language(CODE_WRONG))
    return page_of(request, code=form)


def _may_add(request: SignedInRequest) -> bool:
    """Not with a password alone, where the account has a passkey."""
    return bool(request.session.get(PASSED)) or not second_factor.has_one(request.user)


def _confirm(request: SignedInRequest, form: NewAppForm) -> HttpResponseBase:
    if not form.is_valid():
        return page_of(request, code=form)
    if not password_is_right(request.user, form.cleaned_data["password"]):
        form.add_error("password", in_language(OLD_PASSWORD_WRONG))
        return page_of(request, code=form)
    try:
        spare = second_factor.confirm(request.user, form.cleaned_data["code"])
    except InvalidInput as error:
        form.add_error("code", in_language(error.message))
        return page_of(request, code=form)
    record("person.second_factor_set", request.user.public_id, actor=request.user, at=now())
    request.session[PASSED] = True
    context = {"spare": spare, "target": target_of(request)}
    return render(request, "web/workplace/spare_codes.html", context)


def page_of(
    request: SignedInRequest,
    *,
    code: CodeForm | None = None,
    new: NewPasskeyForm | None = None,
    proof: AnswerOfPasskeyForm | None = None,
    gone: RemovePasskeyForm | None = None,
) -> HttpResponseBase:
    """The page, with the one form that was sent, if any."""
    person = request.user
    has_codes, may_add = second_factor.has_codes(person), _may_add(request)
    form = code or (CodeForm() if has_codes or not may_add else NewAppForm())
    if may_add:  # the page begins with passkeys
        form.fields["code"].widget.attrs.pop("autofocus", None)
    context = {
        "form": form,
        "has_one": second_factor.has_one(person),
        "has_codes": has_codes,
        "passed": bool(request.session.get(PASSED)),
        "may_add": may_add,
        "required": second_factor.is_asked_of(person),
        "enrolment": second_factor.begin(person) if may_add and not has_codes else None,
        "left": second_factor.spare_codes_left(person),
        "target": target_of(request),
        "can_have_passkeys": passkeys.can_be_used(),
        "why_no_passkeys": in_language(PASSKEYS_NEED_NAME),
        "passkeys": [(each, _removal(each, gone)) for each in person.passkeys.all()],
        "new_passkey": new or NewPasskeyForm(),
        "proof": proof or AnswerOfPasskeyForm(),
        "real_now": real_now(),
    }
    refused = any(each is not None and each.errors for each in (code, new, proof, gone))
    return render(request, "web/workplace/second_factor.html", context, status=400 if refused else 200)


def _removal(passkey: Passkey, sent: RemovePasskeyForm | None) -> RemovePasskeyForm:
    """The form below a passkey; the ids of its fields are its own."""
    if sent is not None and sent.cleaned_data.get("which") == passkey.pk:
        return sent
    return RemovePasskeyForm(initial={"which": passkey.pk}, auto_id=f"remove-passkey-{passkey.pk}-%s")


def target_of(request: SignedInRequest) -> str:
    """Where the person was going, if that is one of our pages."""
    return own_page(request, request.POST.get("next") or request.GET.get("next") or "")


@sensitive_post_parameters("code")
@require_POST
@needs(None, without_agreement=True)
def turn_off(request: SignedInRequest) -> HttpResponseBase:
    """The password alone again, with a code: whoever finds an open screen cannot."""
    form = CodeForm(request.POST)
    if not form.is_valid() or not is_right(request.user, form.cleaned_data["code"]):
        form.add_error("code", in_language(CODE_WRONG))
        return page_of(request, code=form)
    second_factor.remove(request.user)
    record("person.second_factor_removed", request.user.public_id, actor=request.user, at=now())
    update_session_auth_hash(request, request.user)
    request.session.pop(PASSED, None)
    messages.success(request, _("The second factor is off. You are signed out everywhere else."))
    return redirect("second-factor")
