"""What somebody sent after their session had ended: it waits where it was sent to, through the sign-in.

Only for the person whose session it was, and only in the browser that had it; passwords are never kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest

from orbweaver.people.accounts.models import SignIn
from orbweaver.people.accounts.sessions import kept_as

HELD: Final = "held"
MOST: Final = 64 * 1024
"""Characters that are kept; more is asked for again."""
SECRET: Final = frozenset({"password", "old", "new", "again"})
"""Fields with passwords: a form that has one is not kept."""
LEFT_OUT: Final = frozenset({"csrfmiddlewaretoken"})


@dataclass(frozen=True)
class Held:
    """A form that waits: where it was sent to, and each of its fields with its values."""

    path: str
    fields: list[tuple[str, list[str]]]


def hold(request: HttpRequest) -> bool:
    """Keep what this request of nobody sent, if somebody's session ended in this browser; whether it is kept."""
    fields = [(name, values) for name, values in request.POST.lists() if name not in LEFT_OUT]
    size = sum(len(name) + sum(map(len, values)) for name, values in fields)
    person = _whose(request)
    if not fields or person is None or size > MOST or request.FILES or SECRET & {name for name, _ in fields}:
        return False
    if "text/html" not in request.headers.get("Accept", ""):
        return False  # asked for by a script, which goes on by itself
    request.session[HELD] = {"person": person, "path": request.get_full_path(), "fields": fields}
    return True


def held_for(request: HttpRequest) -> Held | None:
    """What waits for whoever is signed in now."""
    kept = request.session.get(HELD)
    if not kept or kept["person"] != str(request.user.pk):
        return None
    return Held(kept["path"], [(name, values) for name, values in kept["fields"]])


def drop(request: HttpRequest) -> None:
    """It waits no longer."""
    request.session.pop(HELD, None)


def _whose(request: HttpRequest) -> str | None:
    """The person whose session ended in this browser. One that was ended by somebody is gone, and nobody's."""
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
    row = SignIn.objects.filter(pk=kept_as(key)).first() if key else None
    decoded: dict[str, Any] = row.get_decoded() if row else {}
    return decoded.get(SESSION_KEY)
