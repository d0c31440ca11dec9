"""Questions to a browser's passkeys: asked by a script of the page, answered once.

Those to somebody who is signed in are kept in the session. Those that anybody may ask for are kept by the browser
itself, in a sealed cookie: a million of them leave nothing here.
"""

from __future__ import annotations

import json
from typing import Final

from django import forms
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext_lazy as _

from orbweaver.doors.web.frame.forms import CodeForm, FormAmongOthers, password_field
from orbweaver.errors import InvalidInput
from orbweaver.people.accounts.messages import PASSKEY_REFUSED
from orbweaver.people.accounts.passkeys import LONGEST_ANSWER, State
from orbweaver.platform.clock import real_now

ASKED = "passkey_asked"
ASKED_S = 300
"""Seconds for which a question may be answered, as long as the browsers wait for a finger."""
SEALED: Final = f"{settings.PREFIX_FOR_ONE_PATH}passkey_question"
"""The cookie that keeps the question to somebody who is not signed in."""
SEALED_FOR: Final = "/sign-in/passkey/"
"""The only path to which browsers send it."""

Question = tuple[dict[str, object], State]


def ask(session: SessionBase, question: Question) -> JsonResponse:
    """The question as the page's script takes it; what it must be answered with stays here."""
    asked, state = question
    session[ASKED] = state | {"until": real_now().timestamp() + ASKED_S}
    return _answer(asked)


def take(session: SessionBase) -> State:
    """What was asked, for this one answer. Raises InvalidInput where nothing was, or too long ago."""
    state: State | None = session.pop(ASKED, None)
    if state is None or state.pop("until") < real_now().timestamp():
        raise InvalidInput(PASSKEY_REFUSED)
    return state


def ask_anybody(request: HttpRequest, question: Question) -> JsonResponse:
    """The question to somebody who is not signed in; what we must remember of it goes along in the sealed cookie."""
    asked, state = question
    answer = _answer(asked)
    answer.set_signed_cookie(
        SEALED,
        json.dumps(state),
        salt=SEALED,
        max_age=ASKED_S,
        path=SEALED_FOR,
        secure=settings.SESSION_COOKIE_SECURE,  # the request itself comes from our proxy, without TLS
        httponly=True,
        samesite="Strict",
    )
    return answer


def take_sealed(request: HttpRequest) -> State:
    """What the browser was asked. Raises InvalidInput where nothing was, too long ago, or by somebody else.

    ``who_answers`` sees to it that it is answered once.
    """
    sealed = request.get_signed_cookie(SEALED, default="", salt=SEALED, max_age=ASKED_S)
    if not sealed:
        raise InvalidInput(PASSKEY_REFUSED)
    state: State = json.loads(sealed)
    return state


def _answer(asked: dict[str, object]) -> JsonResponse:
    answer = JsonResponse(asked)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def answer_field() -> forms.CharField:
    """What the page's script fills in."""
    return forms.CharField(widget=forms.HiddenInput, max_length=LONGEST_ANSWER)


class AnswerOfPasskeyForm(FormAmongOthers):
    """A passkey's answer."""

    ids = "passkey-%s"
    answer = answer_field()


class NewPasskeyForm(FormAmongOthers):
    """A passkey that the browser made, and the password: whoever finds an open screen adds none."""

    ids = "new-passkey-%s"
    name = forms.CharField(
        label=_("What you call it"), max_length=60, help_text=_("For example: my phone; the blue key in the drawer.")
    )
    password = password_field(_("Your password"), "current-password")
    answer = answer_field()


class NewAppForm(FormAmongOthers, CodeForm):
    """The first code of an app, and the password: whoever finds an open screen makes the account nobody else's."""

    ids = "new-app-%s"
    password = password_field(_("Your password"), "current-password")


class RemovePasskeyForm(FormAmongOthers):
    """One's own passkey, and the password."""

    ids = "remove-passkey-%s"
    which = forms.IntegerField(widget=forms.HiddenInput)
    password = password_field(_("Your password"), "current-password")
