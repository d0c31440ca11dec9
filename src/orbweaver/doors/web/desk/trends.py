"""How notices fare from month to month, for an observer: charts, the table under them, and both as files."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence

from django.http import HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from orbweaver.account_for.transparency.folding import bring_up_to_date
from orbweaver.account_for.transparency.messages import UNDERCOUNT
from orbweaver.account_for.transparency.selectors import PAGE_BATCH
from orbweaver.account_for.transparency.trends import Month, trends
from orbweaver.doors.web.frame import charts
from orbweaver.doors.web.frame.access import SignedInRequest, needs
from orbweaver.doors.web.templatetags.orbweaver import number, short_span
from orbweaver.people.accounts.rules import Permission
from orbweaver.platform.clock import now


@require_GET
@needs(Permission.IGNORED_EXPORT)
def trends_page(request: SignedInRequest) -> HttpResponseBase:
    """Notices, times to removal and what is ignored, by month; the newest on top of the table, empty ones folded."""
    bring_up_to_date(PAGE_BATCH)
    months = trends(now())
    context = {
        "months": [each for each in reversed(months) if each.counted],
        "empty": [each for each in reversed(months) if not each.counted],
        "undercount": UNDERCOUNT,
        "charts": [
            (_("Notices sent, by month"), _chart(_("Notices sent, by month"), months, "notices", number)),
            (
                _("Half removed within, by month"),
                _chart(_("Half removed within, by month"), months, "median_s", short_span),
            ),
            (_("Ignored now, by month"), _chart(_("Ignored now, by month"), months, "ignored", number)),
        ],
    }
    return render(request, "web/desk/trends.html", context)


def _chart(title: str, months: Sequence[Month], name: str, shown: Callable[[float | None], str]) -> SafeString:
    bars = [charts.Bar(each.month, shown(getattr(each, name)), getattr(each, name)) for each in months]
    return charts.columns(title, bars)


@require_GET
@needs(Permission.IGNORED_EXPORT)
def trends_file(request: SignedInRequest, form: str) -> HttpResponseBase:
    """The same as CSV or JSON, with the instant that it is of, and that it is an undercount (R3)."""
    bring_up_to_date(PAGE_BATCH)
    at = now()
    rows = [each.as_json() for each in trends(at)]
    if form == "json":
        return JsonResponse({"at": at.isoformat(), "undercount": str(UNDERCOUNT), "months": rows})
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([*rows[0], "undercount"])
    writer.writerows([*row.values(), str(UNDERCOUNT)] for row in rows)
    answer = HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="trends.csv"'
    return answer
