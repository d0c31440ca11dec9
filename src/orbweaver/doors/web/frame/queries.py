"""For whoever develops: what each page asked the database, at its foot (``ORBWEAVER_DEBUG_QUERIES``).

The settings allow it on an address of loopback alone, and not where an authorised hotline works; here, whoever asks
must sit at this machine too. Statements are shown without their values, which are URLs and hashes.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import MiddlewareNotUsed
from django.db import connections
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext, ngettext

from orbweaver.doors.web.frame.settings import PageSettings

SHOWN = 8
"""Statements at the foot of a page, slowest first."""


@dataclass
class Asked:
    """Statements of one request: how often each was run, and the seconds that all of its runs took."""

    statements: dict[str, tuple[int, float]] = field(default_factory=dict)

    def __call__(self, execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        """Run a statement and count it; what Django wraps around every one."""
        began = time.perf_counter()
        try:
            return execute(sql, *rest)
        finally:
            times, seconds = self.statements.get(sql, (0, 0.0))
            self.statements[sql] = (times + 1, seconds + time.perf_counter() - began)

    @property
    def times(self) -> int:
        """Statements that were run."""
        return sum(times for times, _ in self.statements.values())

    @property
    def milliseconds(self) -> float:
        """The time that all of them took."""
        return 1000 * sum(seconds for _, seconds in self.statements.values())

    def slowest(self) -> list[tuple[int, str, str]]:
        """Times run, milliseconds and text of those that took most."""
        ranked = sorted(self.statements.items(), key=lambda each: -each[1][1])
        return [(times, f"{1000 * seconds:.1f}", sql) for sql, (times, seconds) in ranked[:SHOWN]]

    def foot(self) -> str:
        """What stands at the foot of the page."""
        number = ngettext("%(count)d query", "%(count)d queries", self.times) % {"count": self.times}
        rows = format_html_join("", "<tr><td>{}</td><td>{}</td><td><code>{}</code></td></tr>", self.slowest())
        head = (gettext("Times"), gettext("Milliseconds"), gettext("Query"))
        return format_html(
            '<aside class="queries" aria-label="{}"><details><summary>{}, {} ms</summary>'
            "<table><thead><tr><th>{}</th><th>{}</th><th>{}</th></tr></thead><tbody>{}</tbody></table></details></aside>",
            head[-1],
            number,
            f"{self.milliseconds:.1f}",
            *head,
            rows,
        )


class QueriesAtTheFoot:
    """Adds them to pages; is not there at all unless the setting is on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if not PageSettings.current().debug_queries:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, with the queries at the foot where that is a page for somebody at this machine."""
        if not _is_at_this_machine(request):
            return self.get_response(request)
        asked = Asked()
        with ExitStack() as stack:
            for connection in connections.all():
                stack.enter_context(connection.execute_wrapper(asked))
            response = self.get_response(request)
        if not response.streaming and response.headers.get("Content-Type", "").startswith("text/html"):
            body, end, rest = response.content.rpartition(b"</body>")
            if end:
                response.content = body + asked.foot().encode() + end + rest
                response.headers["Content-Length"] = str(len(response.content))
        return response


def _is_at_this_machine(request: HttpRequest) -> bool:
    """Whether the request came from loopback, and through no proxy."""
    try:
        sender = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    return sender.is_loopback and "X-Forwarded-For" not in request.headers
