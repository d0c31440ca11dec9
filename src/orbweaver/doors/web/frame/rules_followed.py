"""Tables of rules that others brought into force count in each process of the web, also where no page shows them."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse

from orbweaver.doors.web.frame.failures import CALLS
from orbweaver.people.rule_tables.services import follow

EVERY_S: Final = 1.0
"""As often as a worker asks."""


class RulesFollowed:
    """Middleware: before somebody who is signed in or a program is served, the newest versions are taken up.

    Not for others: nothing is decided by what they ask, and it costs the same whoever they are. Where the database does
    not answer, what was asked for says so itself.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._looked_at = float("-inf")

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: Any) -> None:
        """Look whether a version came into force, once a second at most in this process."""
        is_served = request.path.startswith(CALLS) or settings.SESSION_COOKIE_NAME in request.COOKIES
        if is_served and time.monotonic() - self._looked_at >= EVERY_S:
            self._looked_at = time.monotonic()
            with suppress(DatabaseError):
                follow()
