"""The yearly reports as a page and as files, and the export of ignored notices for a regulator."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from orbweaver.account_for.transparency.ignored import Ignored, ignored, ignored_notices
from orbweaver.account_for.transparency.yearly import YearReport, year_report, years_with_notices
from orbweaver.doors.web.access import SignedInRequest, needs
from orbweaver.doors.web.public_figures import up_to_date
from orbweaver.doors.web.public_tables import harmless, show
from orbweaver.follow.conduct.rules import thresholds
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.audit.services import record
from orbweaver.platform.clock import now

TITLES = {
    "notices_by_type": gettext_lazy("Notices by type of content"),
    "actions_by_type": gettext_lazy("Addresses by type and what became of them"),
    "actions_by_provider": gettext_lazy("Notices by provider, and what became of the addresses in them"),
    "objections": gettext_lazy("Objections of providers"),
    "by_recipient": gettext_lazy("Messages first sent, by recipient"),
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
        lines += [f"{date_format(report.made_at, 'DATE_FORMAT')}: {_('the year is not over')}", ""]
    for table in report.tables:
        shown = show(table, str(TITLES[table.name]), files=False)
        lines += [f"## {shown.caption}", "", _markdown_row([cell.text for cell in shown.headings])]
        lines.append("|" + " --- |" * len(shown.headings))
        lines += [*(_markdown_row([cell.text for cell in row]) for row in shown.rows), ""]
    lines += [f"## {_('Procedures and independence')}", "", *(f"- {_(each)}" for each in report.procedures), ""]
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
    for table in report.tables:
        for place, row in enumerate(table.rows, start=1):
            writer.writerows([table.name, place, key, harmless(row[key])] for key in table.keys)
    return out.getvalue()


@require_GET
@needs(Permission.IGNORED_EXPORT)
def ignored_page(request: SignedInRequest) -> HttpResponseBase:
    """How many notices are ignored, and their export."""
    context = {"count": ignored_notices(now()).count(), "rule": thresholds().of["non_compliant"]}
    return render(request, "web/ignored.html", context)


@require_GET
@needs(Permission.IGNORED_EXPORT)
def ignored_file(request: SignedInRequest, form: str) -> HttpResponseBase:
    """All ignored notices with exact addresses and times; no imagery. Who took it is in the audit log."""
    at = now()
    record("ignored.exported", "", actor=request.user, details={"form": form}, at=at)
    lines = _csv_lines(ignored(at)) if form == "csv" else _json_lines(ignored(at))
    kind = "text/csv; charset=utf-8" if form == "csv" else "application/json"
    answer = StreamingHttpResponse(lines, content_type=kind)
    answer.headers["Content-Disposition"] = f'attachment; filename="ignored-notices.{form}"'
    return answer


def _csv_lines(rows: Iterator[Ignored]) -> Iterator[str]:
    names = list(Ignored.__dataclass_fields__)
    yield _line(names)
    for row in rows:
        facts = row.as_json()
        values = [facts[name] for name in names]
        yield _line([" ".join(each) if isinstance(each, tuple) else harmless(each) for each in values])


def _line(values: list[object] | list[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(values)
    return out.getvalue()


def _json_lines(rows: Iterator[Ignored]) -> Iterator[str]:
    yield '{"notices": ['
    for number, row in enumerate(rows):
        yield (",\n" if number else "\n") + json.dumps(row.as_json())
    yield "\n]}\n"
