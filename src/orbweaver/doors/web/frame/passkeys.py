"""Questions to a browser's passkeys: asked by a script of the page, kept in the session, answered once."""

from __future__ import annotations

from django import forms
from django.contrib.sessions.backends.base import SessionBase
from django.http import JsonResponse
from django.utils.translation import gettext_lazy as _

from orbweaver.doors.web.frame.forms import FormAmongOthers, password_field
from orbweaver.errors import InvalidInput
from orbweaver.people.accounts.messages import PASSKEY_REFUSED
from orbweaver.people.accounts.passkeys import LONGEST_ANSWER, State
from orbweaver.platform.clock import real_now

ASKED = "passkey_asked"
ASKED_S = 300
"""Seconds for which a question may be answered, as long as the browsers wait for a finger."""


def ask(session: SessionBase, question: tuple[dict[str, object], State]) -> JsonResponse:
    """The question as the page's script takes it; what it must be answered with stays here."""
    asked, state = question
    if session.is_empty():  # nobody is known yet: what anybody may have us keep is kept for minutes
        session.set_expiry(ASKED_S)
    session[ASKED] = state | {"until": real_now().timestamp() + ASKED_S}
    answer = JsonResponse(asked)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def take(session: SessionBase) -> State:
    """What was asked, for this one answer. Raises InvalidInput where nothing was, or too long ago."""
    state: State | None = session.pop(ASKED, None)
    if state is None or state.pop("until") < real_now().timestamp():
        raise InvalidInput(PASSKEY_REFUSED)
    return state


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


class RemovePasskeyForm(FormAmongOthers):
    """One's own passkey, and the password."""

    ids = "remove-passkey-%s"
    which = forms.IntegerField(widget=forms.HiddenInput)
    password = password_field(_("Your password"), "current-password")
