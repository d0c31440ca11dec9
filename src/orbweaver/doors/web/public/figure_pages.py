"""The public pages behind the headline: responses, removal, providers, countries, what is not covered; their files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from orbweaver.account_for.transparency import datasets, hosts
from orbweaver.account_for.transparency.folding import FiguresNotReady, bring_up_to_date
from orbweaver.account_for.transparency.responses import AGE_CLASSES, CATEGORIES, response_rules
from orbweaver.account_for.transparency.selectors import PAGE_BATCH
from orbweaver.account_for.transparency.tables import LEAST_LISTED, OTHERS, Dataset
from orbweaver.doors.web.frame import charts
from orbweaver.doors.web.frame.failures import of_error
from orbweaver.doors.web.public.tables import age_words, as_csv, as_json, show, value_in_words, word_of
from orbweaver.doors.web.templatetags.orbweaver import short_words
from orbweaver.people.settings import ObjectionSettings
from orbweaver.platform.clock import now

Arguments = ParamSpec("Arguments")

CHARTED = 20
"""Providers and countries in a chart; the table holds the others too."""


Page = Callable[Concatenate[HttpRequest, Arguments], HttpResponseBase]


def up_to_date(page: Page[Arguments]) -> Page[Arguments]:
    """A page of figures: works in what has changed since, or says kindly that they are being counted (503)."""

    @wraps(page)
    def shown(request: HttpRequest, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> HttpResponseBase:
        try:
            bring_up_to_date(PAGE_BATCH)
            return page(request, *args, **kwargs)
        except FiguresNotReady as error:
            return of_error(request, error)

    return shown


@require_GET
@up_to_date
def responses(request: HttpRequest) -> HttpResponseBase:
    """The chart of the framework."""
    at = now()
    found = datasets.responses(at)
    cells = {(row["age_class"], row["category"], row["identified"]): row for row in found.rows}
    rows = []
    for category in CATEGORIES:
        for known in ("identified", "unidentified"):
            line = [cells[age, category.value, known] for age in AGE_CLASSES]
            shown = [
                charts.ResponseCell(
                    str(row["response"]), word_of(str(row["response"])), value_in_words("notified", row["notified"])
                )
                for row in line
            ]
            rows.append(
                (short_words(category.value), _("identified") if known == "identified" else _("not known"), shown)
            )
    ages = age_words()
    title = _("How providers respond, by age, category and whether the child is identified")
    context = {
        "chart": charts.responses(title, [ages[age] for age in AGE_CLASSES], rows),
        "key": charts.key_of_words([(code, word_of(code)) for code in charts.SHAPES]),
        "table": show(found, title),
        "rules": response_rules(),
        "more": [
            show(datasets.sites(at), _("By kind of site and age")),
            show(datasets.children(at), _("By how many children are shown")),
            show(datasets.recorded(at), _("What is recorded with a verdict")),
        ],
    }
    return render(request, "web/public/responses.html", context)


@require_GET
@up_to_date
def removal(request: HttpRequest) -> HttpResponseBase:
    """How long it takes: summary, distribution, curve, what came back."""
    at = now()
    found = datasets.curve(at)
    summary, spread = datasets.removal_summary(at, found), datasets.distribution(at)
    curve, steps = datasets.survival(at, found), datasets.milestones(at, found)
    points = [charts.Point(*(float(str(row[key])) for key in curve.keys)) for row in curve.rows]
    context = {
        "summary": show(summary, _("Times to removal, with what is still there counted as not removed yet")),
        "spread": show(spread, _("Addresses by time to removal")),
        "spread_chart": charts.bars(
            _("Addresses by the time they took to be removed"), _bars(spread, "time", "addresses")
        ),
        "steps": show(steps, _("Share still there after some times, with its 95 % interval")),
        "curve": show(curve, _("The curve, point by point")),
        "curve_chart": charts.survival(_("Share of the notified addresses that is still there"), points),
        "returns": show(datasets.returns(at), _("What came back after it had been removed")),
    }
    return render(request, "web/public/removal.html", context)


@require_GET
@up_to_date
def providers(request: HttpRequest) -> HttpResponseBase:
    """Providers in comparison."""
    found = hosts.providers(now())
    named = replace(found, rows=[row for row in found.rows if row["provider"] != OTHERS])
    context = {
        "table": show(found, _("Providers in comparison")),
        "chart": charts.bars(_("Addresses notified and removed, by provider"), _answers(found, "provider")),
        "late_chart": charts.bars(
            _("Share still there after 42 days, by provider"), _bars(named, "provider", "over_42_days"), full=1.0
        )
        if named.rows
        else "",
        "least": LEAST_LISTED,
        "answered": show(datasets.answered(now()), _("Objections, and our answers")),
        "answer_days": ObjectionSettings.current().objection_answer_days,
    }
    return render(request, "web/public/providers.html", context)


@require_GET
@up_to_date
def countries(request: HttpRequest) -> HttpResponseBase:
    """Countries of the hosts, and months."""
    at = now()
    lands, months = hosts.countries(at), datasets.months(at)
    context = {
        "lands": show(lands, _("Addresses notified, by country of the host")),
        "lands_chart": charts.bars(_("Addresses notified and removed, by country"), _answers(lands, "country")),
        "months": show(months, _("By month")),
        "months_chart": charts.columns(_("Notices sent, by month"), _bars(months, "month", "notices")),
    }
    return render(request, "web/public/countries.html", context)


@require_GET
@up_to_date
def coverage(request: HttpRequest) -> HttpResponseBase:
    """What is not in the figures, and why they are an undercount."""
    at = now()
    context = {
        "gardens": show(datasets.coverage(at), _("Services that cannot be crawled"), fold=False),
        "held": show(datasets.held(at), _("Not sent by policy of the hotline")),
    }
    return render(request, "web/public/coverage.html", context)


@require_GET
@up_to_date
def data(request: HttpRequest, name: str, form: str) -> HttpResponseBase:
    """A table as a file."""
    make = datasets.ALL.get(name)
    if make is None:
        raise Http404
    at = now()
    found = make(at)
    return as_csv(found) if form == "csv" else as_json(found, at.isoformat())


def _answers(found: Dataset, label: str) -> list[charts.Bar]:
    """What each was told of and how much of it is removed; where that is hidden, the whole alone."""
    bars = []
    for row in found.rows[:CHARTED]:
        told, gone = row["notified"], row["removed"]
        words = value_in_words("notified", told)
        known = isinstance(told, int) and isinstance(gone, int)
        if known:
            words = _("%(gone)s of %(told)s removed") % {"gone": value_in_words("removed", gone), "told": words}
        whole = float(told) if isinstance(told, int) else None
        bars.append(charts.Bar(value_in_words(label, row[label]), words, whole, float(str(gone)) if known else None))
    return bars


def _bars(found: Dataset, label: str, value: str) -> list[charts.Bar]:
    rows = found.rows[-24:] if label == "month" else found.rows[:CHARTED]
    return [
        charts.Bar(
            value_in_words(label, row[label]),
            value_in_words(value, row[value]),
            float(number) if isinstance(number := row[value], int | float) else None,
        )
        for row in rows
    ]
