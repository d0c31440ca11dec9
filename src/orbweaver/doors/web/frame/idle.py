"""A sign-in that nobody uses ends: whoever sits down at the machine afterwards is nobody.

Its row stays until the sweep takes it, so that what its person sends afterwards waits through the sign-in (``held``).
"""

from __future__ import annotations

from importlib import import_module
from typing import Final

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

from orbweaver.people.accounts.models import SignIn
from orbweaver.people.accounts.sessions import kept_as
from orbweaver.people.settings import SignInSettings
from orbweaver.platform.clock import real_now

USED: Final = "used_at"
"""In a session: when it was last used, in seconds of real time."""
NOTED_EVERY_S: Final = 60
"""A session is written that often at most."""


def has_ended(request: HttpRequest) -> bool:
    """Whether this sign-in was left alone for too long; it is ended then, and the request is nobody's. Else it is noted
    that it is used, but by what a page asks by itself."""
    limit, moment = SignInSettings.current().idle_minutes * 60, real_now().timestamp()
    used = request.session.get(USED)
    known = used if isinstance(used, int | float) else moment
    if limit and moment - known > limit:
        _end(request)
        return True
    if used is None or (moment - known > NOTED_EVERY_S and not _asks_by_itself(request)):
        request.session[USED] = int(moment)
    return False


def _asks_by_itself(request: HttpRequest) -> bool:
    return request.method == "GET" and request.headers.get("Accept", "") in ("application/json", "*/*")


def _end(request: HttpRequest) -> None:
    SignIn.objects.filter(pk=kept_as(request.session.session_key or "")).update(expire_date=real_now())
    request.session = import_module(settings.SESSION_ENGINE).SessionStore()
    request.user = AnonymousUser()
