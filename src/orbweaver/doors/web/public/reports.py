"""Reports from anybody, and what became of them. No imagery, no addresses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.db import transaction
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from orbweaver.detect.intake.errors import TooManyReports
from orbweaver.detect.intake.models import Report
from orbweaver.detect.intake.pasted import MOST
from orbweaver.detect.intake.selectors import reports_of_public
from orbweaver.detect.intake.services import count_sender, submit_report
from orbweaver.doors.web.frame.access import refuse_cache, visitor_of
from orbweaver.doors.web.frame.translating import in_language
from orbweaver.doors.web.public.forms import ReportForm
from orbweaver.errors import OrbweaverError
from orbweaver.follow.survivors import helplines
from orbweaver.follow.survivors.selectors import report_told
from orbweaver.platform.clock import now

SEPARATOR: Final = "+"
"""Between the numbers of reports that came together, in the address of their page."""


@require_http_methods(["GET", "POST"])
def report(request: HttpRequest) -> HttpResponseBase:
    """Take in a report from anybody, of one address or several: all of them, or none."""
    form = ReportForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            taken = _take_in(request, form.cleaned_data)
        except TooManyReports as error:
            form.add_error(None, in_language(error.message))
            return _page(request, form, status=429)
        except OrbweaverError as error:
            form.add_error("url", in_language(error.message))
        else:
            return redirect("public-report-state", SEPARATOR.join(each.public_id for each in taken))
    return _page(request, form, status=400 if form.errors else 200)


def _page(request: HttpRequest, form: ReportForm, *, status: int) -> HttpResponseBase:
    return render(request, "web/public/report.html", {"form": form, **_help()}, status=status)


def _help() -> dict[str, Any]:
    """Help lines of the hotline's country, which stand first."""
    return {"own_line": helplines.own_line(), "own_country": helplines.own_country()}


@transaction.atomic
def _take_in(request: HttpRequest, given: Mapping[str, Any]) -> list[Report]:
    taken = []
    for url in given["url"]:
        count_sender(visitor_of(request), now())
        words = {"comment": given["comment"], "contact": given["contact"]}
        taken.append(submit_report(url, source=Report.Source.PUBLIC, **words, now=now()))
    return taken


@require_GET
def report_state(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """Where a report stands, or those sent together. Shows neither their addresses nor when they came: another person
    may have reported the same."""
    wanted = public_id.split(SEPARATOR)
    reports = {each.public_id: each for each in reports_of_public().filter(public_id__in=wanted[:MOST])}
    if len(wanted) > MOST or not all(each in reports for each in wanted):
        raise Http404
    shown = [(reports[each], report_told(reports[each], now()).state) for each in wanted]
    context = {"reports": shown, **_help()}
    return refuse_cache(render(request, "web/public/report_state.html", context))
