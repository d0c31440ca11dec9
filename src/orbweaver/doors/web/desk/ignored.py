"""Ignored notices, and their export for a regulator."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator

from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from orbweaver.account_for.transparency.ignored import Ignored, ignored, ignored_notices
from orbweaver.account_for.transparency.messages import UNDERCOUNT
from orbweaver.doors.web.frame.access import SignedInRequest, needs
from orbweaver.doors.web.frame.spreadsheets import harmless
from orbweaver.follow.conduct.rules import thresholds
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.audit.services import record
from orbweaver.platform.clock import now


@require_GET
@needs(Permission.IGNORED_EXPORT)
def ignored_page(request: SignedInRequest) -> HttpResponseBase:
    """How many notices are ignored, and their export."""
    context = {"count": ignored_notices(now()).count(), "rule": thresholds().of["non_compliant"]}
    return render(request, "web/desk/ignored.html", context)


@require_GET
@needs(Permission.IGNORED_EXPORT)
def ignored_file(request: SignedInRequest, form: str) -> HttpResponseBase:
    """All ignored notices with exact addresses and times, and that they are an undercount (R3); no imagery. Who took
    it is in the audit log."""
    at = now()
    record("ignored.exported", "", actor=request.user, details={"form": form}, at=at)
    lines = _csv_lines(ignored(at, looks=False)) if form == "csv" else _json_lines(ignored(at))
    kind = "text/csv; charset=utf-8" if form == "csv" else "application/json"
    answer = StreamingHttpResponse(lines, content_type=kind)
    answer.headers["Content-Disposition"] = f'attachment; filename="ignored-notices.{form}"'
    return answer


def _csv_lines(rows: Iterator[Ignored]) -> Iterator[str]:
    names = [name for name in Ignored.__dataclass_fields__ if name != "addresses"]  # a table within a cell: JSON alone
    yield _line([*names, "undercount"])
    for row in rows:
        facts = row.as_json()
        values = [facts[name] for name in names]
        shown = [" ".join(each) if isinstance(each, tuple) else harmless(each) for each in values]
        yield _line([*shown, str(UNDERCOUNT)])


def _line(values: list[object] | list[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(values)
    return out.getvalue()


def _json_lines(rows: Iterator[Ignored]) -> Iterator[str]:
    yield f'{{"undercount": {json.dumps(str(UNDERCOUNT))}, "notices": ['
    for number, row in enumerate(rows):
        yield (",\n" if number else "\n") + json.dumps(row.as_json())
    yield "\n]}\n"
