"""Pictures on pages of their own: asked for by a form, each shown once to the sign-in that asked for it."""

from __future__ import annotations

import secrets
from typing import Any, Final

from django.http import Http404

from orbweaver.doors.web.frame.access import SignedInRequest
from orbweaver.people.accounts.sessions import kept_now

KEPT: Final = "shown_once"
"""In a session: token → what was asked for, in the order of asking."""
MOST: Final = 12
"""Asked for and not shown yet: one person has several tabs. Of more, the first ones are shown no more."""


def ask(request: SignedInRequest, *what: str | float) -> str:
    """The token by which this picture is shown, once."""
    token = secrets.token_urlsafe(16)
    with kept_now(request.session, KEPT) as kept:
        kept[token] = list(what)
        for first in list(kept)[:-MOST]:
            del kept[first]
    return token


def spend(request: SignedInRequest, token: str, *named: str) -> list[Any]:
    """What was asked for by this token beyond what the address names; the token is spent.

    Raises Http404 where nothing was, something else was, or it was shown.
    """
    with kept_now(request.session, KEPT) as kept:
        what = kept.pop(token, None)
    if what is None or what[: len(named)] != list(named):
        raise Http404
    rest: list[Any] = what[len(named) :]
    return rest
