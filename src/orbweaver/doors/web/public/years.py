"""The yearly reports, as a page and as files."""

from __future__ import annotations

import csv
import io

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from orbweaver.account_for.transparency.messages import UNDERCOUNT
from orbweaver.account_for.transparency.yearly import YearReport, year_report, years_with_notices
from orbweaver.doors.web.frame.spreadsheets import harmless
from orbweaver.doors.web.frame.translating import in_language
from orbweaver.doors.web.public.figure_pages import up_to_date
from orbweaver.doors.web.public.tables import show
from orbweaver.platform.clock import now
from orbweaver.platform.days import day_in_words

TITLES = {
    "notices_by_type": gettext_lazy("Notices by type of content"),
    "actions_by_type": gettext_lazy("Addresses by type and what became of them"),
    "actions_by_provider": gettext_lazy("Notices by provider, and what became of the addresses in them"),
    "objections": gettext_lazy("Objections of providers"),
    "by_recipient": gettext_lazy("Messages first sent, by recipient"),
    "urgent_referrals": gettext_lazy("Children at risk now, referred to police at once"),
}


@require_GET
@up_to_date
def years(request: HttpRequest) -> HttpResponseBase:
    """Which years have a report."""
    return render(request, "web/public/years.html", {"years": years_with_notices(now())})


@require_GET
@up_to_date
def year(request: HttpRequest, number: int) -> HttpResponseBase:
    """One year's report."""
    found = _report(number)
    tables = [show(table, str(TITLES[table.name]), files=False) for table in found.tables]
    return render(request, "web/public/year.html", {"report": found, "tables": tables})


@require_GET
@up_to_date
def year_file(request: HttpRequest, number: str, form: str) -> HttpResponseBase:
    """One year's report as JSON, CSV (table, row, column, value) or Markdown."""
    found = _report(int(number))
    if form == "json":
        return JsonResponse(found.as_json())
    text, kind = (report_markdown(found), "text/markdown") if form == "md" else (report_csv(found), "text/csv")
    answer = HttpResponse(text, content_type=f"{kind}; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="report-{number}.{form}"'
    return answer


def report_markdown(report: YearReport) -> str:
    """The report in the reader's language, as a text that can be published as it is."""
    lines = [f"# {report.hotline}: {_('Report of a trusted flagger, %(year)s') % {'year': report.year}}", ""]
    law, version = _("Regulation (EU) 2022/2065, Article 22(3)"), _("Removal criteria, version")
    lines += [f"{law} · {version} {report.criteria_version}", ""]
    if not report.complete:
        lines += [f"{day_in_words(report.made_at, _('j F Y'))}: {_('the year is not over')}", ""]
    lines += [in_language(UNDERCOUNT), ""]
    for table in report.tables:
        shown = show(table, str(TITLES[table.name]), files=False)
        lines += [f"## {shown.caption}", "", _markdown_row([cell.text for cell in shown.headings])]
        lines.append("|" + " --- |" * len(shown.headings))
        lines += [*(_markdown_row([cell.text for cell in row]) for row in shown.rows), ""]
    lines += [
        f"## {_('Procedures and independence')}",
        "",
        *(f"- {in_language(each)}" for each in report.procedures),
        "",
    ]
    return "\n".join(lines)


def _markdown_row(values: list[str]) -> str:
    return "| " + " | ".join(value.replace("|", "/").replace("\n", " ") for value in values) + " |"


def _report(number: int) -> YearReport:
    at = now()
    if number not in years_with_notices(at):
        raise Http404
    return year_report(number, at)


def report_csv(report: YearReport) -> str:
    """All tables as one, a value a line."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["table", "row", "column", "value"])
    writer.writerow(["report", "", "undercount", str(UNDERCOUNT)])
    for table in report.tables:
        for index, row in enumerate(table.rows, start=1):
            writer.writerows([table.name, index, key, harmless(row[key])] for key in table.keys)
    return out.getvalue()
