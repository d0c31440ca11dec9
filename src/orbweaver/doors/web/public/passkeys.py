"""Signing in with a passkey: alone, or after the password in place of a code."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_POST

from orbweaver.doors.web.frame import passkeys as questions
from orbweaver.doors.web.frame.access import refuse_cache
from orbweaver.doors.web.frame.failures import of_error
from orbweaver.doors.web.frame.targets import own_page
from orbweaver.doors.web.frame.translating import in_language
from orbweaver.doors.web.public import codes
from orbweaver.errors import Conflict, InvalidInput
from orbweaver.people.accounts import passkeys
from orbweaver.people.accounts.messages import PASSKEY_REFUSED


@require_POST
def ask(request: HttpRequest) -> HttpResponseBase:
    """What the browser is to prove; of this person alone where a password was right before."""
    waits = codes.who_waits(request)
    try:
        question = passkeys.begin_asking(waits)
        return questions.ask(request.session, question) if waits else questions.ask_anybody(request, question)
    except Conflict as error:
        return of_error(request, error)


@require_POST
def sign_in(request: HttpRequest) -> HttpResponseBase:
    """Sign in whose passkey answered; or say that it was not accepted."""
    waits = codes.who_waits(request)
    form = questions.AnswerOfPasskeyForm(request.POST)
    try:
        state = questions.take(request.session) if waits else questions.take_sealed(request)
        person = passkeys.who_answers(state, form.data.get("answer", ""))
        if waits is not None and person != waits:
            raise InvalidInput(PASSKEY_REFUSED)
    except (InvalidInput, Conflict) as error:
        context = {"refused": in_language(error.message), "target": _target(request)}
        return refuse_cache(render(request, "web/public/sign_in_passkey.html", context, status=400))
    target = str(request.session.pop(codes.WAITS, {}).get("target", "")) or _target(request)
    return codes.let_in(request, person, target, by="passkey")


def _target(request: HttpRequest) -> str:
    return own_page(request, request.POST.get("next", ""))
