"""The public figures: headline, a chart with direct labels, a table under it that says where each comes from."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from orbweaver.clock import now
from orbweaver.transparency.selectors import Figures, present_figures
from orbweaver.web.public_figures import up_to_date
from orbweaver.web.templatetags.orbweaver import number, percent, short_span


@dataclass(frozen=True)
class Figure:
    """One figure as text, with what it counts and where it comes from."""

    name: str
    shown: str
    source: str


@dataclass(frozen=True)
class Bar:
    """One bar of the chart; ``share`` of the longest one, in percent."""

    label: str
    shown: str
    share: float


def _rows(found: Figures) -> list[Figure]:
    return [
        Figure(
            _("Images processed"),
            number(found.images_processed),
            _("Pictures and videos whose fingerprint the crawler compared with the lists."),
        ),
        Figure(
            _("Suspected"),
            number(found.suspected),
            _("Places where something was seen that matches an entry of a list."),
        ),
        Figure(_("Verified"), number(found.verified), _("Pictures and videos that analysts decided must be removed.")),
        Figure(_("Series"), number(found.series), _("Victims, or groups of victims, whose series police know.")),
        Figure(
            _("Reports a month"),
            number(round(found.reports_per_month) if found.reports_per_month is not None else None),
            _("Mean of the last twelve months, or since the first report; %(n)s reports in all.")
            % {"n": number(found.reports)},
        ),
        Figure(
            _("Notices sent"),
            number(found.notices_sent),
            _("First messages to providers; %(n)s reminders come on top.") % {"n": number(found.reminders_sent)},
        ),
        Figure(
            _("Addresses notified"),
            number(found.notified_urls),
            _("Distinct addresses in these notices; %(n)s are still there.") % {"n": number(found.open_urls)},
        ),
        Figure(
            _("Removed"),
            number(found.removed),
            _("Addresses found gone after the notice by two checks, apart in time."),
        ),
        Figure(
            _("Median time to removal"),
            short_span(found.median_removal_s),
            _("From the first message to the first of the two checks. Those still there are not in it."),
        ),
        Figure(
            _("Child not known to be identified"),
            percent(found.share_unidentified),
            _("Share of the notices in which no law enforcement is known to have identified the child."),
        ),
        Figure(
            _("Looks for each address"),
            number(round(found.looks_per_notified_url, 2) if found.looks_per_notified_url is not None else None),
            _("How often a person saw a picture, for each address notified. Lower is better."),
        ),
    ]


def _bars(found: Figures) -> list[Bar]:
    counts = [
        (_("Suspected"), found.suspected),
        (_("Verified"), found.verified),
        (_("Addresses notified"), found.notified_urls),
        (_("Removed"), found.removed),
    ]
    most = max(1, *(count for _label, count in counts))
    return [Bar(label, number(count), round(100 * count / most, 1)) for label, count in counts]


@require_GET
@up_to_date
def figures_page(request: HttpRequest) -> HttpResponseBase:
    """The headline figures, live."""
    found = present_figures(now())
    rows = _rows(found)
    context = {"headline": [*rows[:3], rows[5], *rows[7:9]], "figures": rows, "bars": _bars(found)}
    return render(request, "web/public/figures.html", context)
