"""One's own passkeys: added and removed with the password, and asked for where a session has given no second factor."""

from __future__ import annotations

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from orbweaver.doors.web.frame import passkeys as questions
from orbweaver.doors.web.frame.access import PASSED, SignedInRequest, needs
from orbweaver.doors.web.frame.codes import password_is_right
from orbweaver.doors.web.frame.translating import in_language
from orbweaver.doors.web.workplace.my_codes import page_of, target_of
from orbweaver.errors import Conflict, InvalidInput
from orbweaver.people.accounts import passkeys, second_factor
from orbweaver.people.accounts.messages import OLD_PASSWORD_WRONG, PASSKEY_REFUSED
from orbweaver.people.audit.services import record
from orbweaver.platform.clock import now


@require_POST
@needs(None, before_code=True, without_agreement=True)
def ask(request: SignedInRequest) -> HttpResponseBase:
    """What the browser is to make, or, where this session has given no second factor yet, to prove."""
    if _may_change(request):
        return questions.ask(request.session, passkeys.begin_adding(request.user))
    return questions.ask(request.session, passkeys.begin_asking(request.user))


@sensitive_post_parameters("password")
@require_POST
@needs(None, before_code=True, without_agreement=True)
def add(request: SignedInRequest) -> HttpResponseBase:
    """Keep the passkey that the browser made."""
    form = questions.NewPasskeyForm(request.POST)
    if not _may_change(request):
        return redirect("second-factor")
    if not form.is_valid():
        return page_of(request, new=form)
    given = form.cleaned_data
    try:
        state = questions.take(request.session)
        if not password_is_right(request.user, given["password"]):
            raise InvalidInput(OLD_PASSWORD_WRONG)
        made = passkeys.add(request.user, state, given["answer"], given["name"])
    except (InvalidInput, Conflict) as error:
        form.add_error(None, in_language(error.message))
        return page_of(request, new=form)
    record("person.passkey_added", request.user.public_id, actor=request.user, details={"name": made.name}, at=now())
    request.session[PASSED] = True
    messages.success(request, _("The passkey is kept. Sign in with it from now on."))
    return redirect(target_of(request) or "second-factor")


@require_POST
@needs(None, before_code=True, without_agreement=True)
def prove(request: SignedInRequest) -> HttpResponseBase:
    """The second factor of this session, by a passkey in place of a code."""
    form = questions.AnswerOfPasskeyForm(request.POST)
    try:
        if passkeys.who_answers(questions.take(request.session), form.data.get("answer", "")) != request.user:
            raise InvalidInput(PASSKEY_REFUSED)
    except (InvalidInput, Conflict) as error:
        form.add_error(None, in_language(error.message))
        return page_of(request, proof=form)
    request.session[PASSED] = True
    return redirect(target_of(request) or "second-factor")


@sensitive_post_parameters("password")
@require_POST
@needs(None, without_agreement=True)
def remove(request: SignedInRequest) -> HttpResponseBase:
    """Take one away, with the password."""
    form = questions.RemovePasskeyForm(request.POST)
    if not form.is_valid() or not _may_change(request):
        return redirect("second-factor")
    if not password_is_right(request.user, form.cleaned_data["password"]):
        form.add_error("password", in_language(OLD_PASSWORD_WRONG))
        return page_of(request, gone=form)
    if passkeys.remove(request.user, form.cleaned_data["which"]):
        record("person.passkey_removed", request.user.public_id, actor=request.user, at=now())
    messages.success(request, _("The passkey is removed; it opens your account no more."))
    return redirect("second-factor")


def _may_change(request: SignedInRequest) -> bool:
    """Not with a password alone, where the account has more."""
    return bool(request.session.get(PASSED)) or not second_factor.has_one(request.user)
