"""Reports from anybody, and what became of one. No imagery, no addresses."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from orbweaver.detect.intake.errors import TooManyReports
from orbweaver.detect.intake.models import Report
from orbweaver.detect.intake.services import count_sender, submit_report
from orbweaver.doors.web.frame.access import refuse_cache, visitor_of
from orbweaver.doors.web.frame.translating import in_language
from orbweaver.doors.web.public.forms import ReportForm
from orbweaver.errors import OrbweaverError
from orbweaver.platform.clock import now


@require_http_methods(["GET", "POST"])
def report(request: HttpRequest) -> HttpResponseBase:
    """Take in a report from anybody."""
    form = ReportForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            count_sender(visitor_of(request), now())
            taken = submit_report(data["url"], source=Report.Source.PUBLIC, comment=data["comment"], now=now())
        except TooManyReports as error:
            form.add_error(None, in_language(error.message))
            return render(request, "web/public/report.html", {"form": form}, status=429)
        except OrbweaverError as error:
            form.add_error("url", in_language(error.message))
        else:
            return redirect("public-report-state", taken.public_id)
    return render(request, "web/public/report.html", {"form": form}, status=400 if form.errors else 200)


@require_GET
def report_state(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """Where a report stands. Shows neither its address nor when it came: another person may have reported the same."""
    found = get_object_or_404(Report, public_id=public_id)
    return refuse_cache(render(request, "web/public/report_state.html", {"report": found}))
