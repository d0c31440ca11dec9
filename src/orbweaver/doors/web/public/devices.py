"""A browser that somebody has signed in with before: others' wrong passwords do not lock it out.

Wrong passwords are limited for each account, so that nobody can try them all. Alone that would let anybody lock anybody
out by typing nonsense ten times. A signed cookie, set at each sign-in, names the person and their epoch; tries from a
browser that has it are counted apart from all others. It opens nothing: the password is needed as ever.
"""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.core import signing
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from orbweaver.people.accounts.models import User

COOKIE = f"{settings.PREFIX_FOR_ONE_PATH}orbweaver_device"
SALT = "orbweaver.doors.web.devices"
KNOWN_FOR = dt.timedelta(days=180)


def is_known(request: HttpRequest, person: User) -> bool:
    """Whether this person has signed in with this browser before, since they were last switched off."""
    try:
        remembered = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=KNOWN_FOR)
    except signing.BadSignature:
        return False
    return bool(remembered == [person.public_id, person.session_epoch])


def remember(response: HttpResponseBase, person: User) -> None:
    """Let this browser be known for half a year."""
    response.set_cookie(
        COOKIE,
        signing.dumps([person.public_id, person.session_epoch], salt=SALT),
        max_age=KNOWN_FOR,
        secure=bool(settings.SESSION_COOKIE_SECURE),
        httponly=True,
        samesite="Lax",
        path="/sign-in/",
    )
