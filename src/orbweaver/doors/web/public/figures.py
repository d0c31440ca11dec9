"""The public figures: headline, a chart with direct labels, a table under it that says where each comes from."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from orbweaver.account_for.transparency.selectors import Figures, present_figures
from orbweaver.account_for.transparency.suppression import Cell, Hidden, parts, shown
from orbweaver.doors.web.public.figure_pages import up_to_date
from orbweaver.doors.web.public.tables import value_in_words
from orbweaver.doors.web.templatetags.orbweaver import number, percent, short_span
from orbweaver.platform.clock import now


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


@dataclass(frozen=True)
class Shown:
    """The counts as the public sees them: small ones hidden, and what would give such a one away."""

    suspected: Cell
    verified: Cell
    series: Cell
    reports: Cell
    notices: Cell
    reminders: Cell
    notified: Cell
    removed: Cell
    still_there: Cell
    unidentified: Cell

    @classmethod
    def of(cls, found: Figures) -> Shown:
        """The same counts, as they may be shown."""
        before = found.notified_urls - found.removed - found.open_urls
        (removed, still_there, _gone), notified = parts([found.removed, found.open_urls, before])
        unidentified = round((found.share_unidentified or 0) * found.notices_sent)
        cells, notices = parts([unidentified, found.notices_sent - unidentified])
        return cls(
            suspected=shown(found.suspected),
            verified=shown(found.verified),
            series=shown(found.series),
            reports=shown(found.reports),
            notices=notices,
            reminders=shown(found.reminders_sent),
            notified=notified,
            removed=removed,
            still_there=still_there,
            unidentified=cells[0],
        )


def _words(cell: Cell) -> str:
    return value_in_words("count", cell)


def _rows(found: Figures) -> list[Figure]:
    counts = Shown.of(found)
    few = isinstance(counts.removed, Hidden)
    return [
        Figure(
            _("Images processed"),
            number(found.images_processed),
            _("Pictures and videos whose fingerprint the crawler compared with the lists."),
        ),
        Figure(
            _("Suspected"),
            _words(counts.suspected),
            _("Places where something was seen that matches an entry of a list."),
        ),
        Figure(_("Verified"), _words(counts.verified), _("Pictures and videos that analysts decided must be removed.")),
        Figure(_("Series"), _words(counts.series), _("Victims, or groups of victims, whose series police know.")),
        Figure(
            _("Reports a month"),
            number(round(found.reports_per_month) if found.reports_per_month is not None else None),
            _("Mean of the last twelve months, or since the first report; %(n)s reports in all.")
            % {"n": _words(counts.reports)},
        ),
        Figure(
            _("Notices sent"),
            _words(counts.notices),
            _("First messages to providers; %(n)s reminders come on top.") % {"n": _words(counts.reminders)},
        ),
        Figure(
            _("Addresses notified"),
            _words(counts.notified),
            _("Distinct addresses in these notices; still there: %(n)s.") % {"n": _words(counts.still_there)},
        ),
        Figure(
            _("Removed"),
            _words(counts.removed),
            _("Addresses found gone after the notice by two checks at different times."),
        ),
        Figure(
            _("Median time to removal"),
            _words(Hidden.KEPT) if few else short_span(found.median_removal_s),
            _("From the first message to the first of the two checks. Those still there are not in it."),
        ),
        Figure(
            _("Child not known to be identified"),
            _words(Hidden.KEPT) if isinstance(counts.unidentified, Hidden) else percent(found.share_unidentified),
            _("Share of the notices in which no law enforcement is known to have identified the child."),
        ),
        Figure(
            _("Looks for each address"),
            number(round(found.looks_per_notified_url, 2) if found.looks_per_notified_url is not None else None),
            _("How often a person saw a picture, for each address notified. Lower is better."),
        ),
    ]


def _bars(found: Figures) -> list[Bar]:
    counts = Shown.of(found)
    named = [
        (_("Suspected"), counts.suspected),
        (_("Verified"), counts.verified),
        (_("Addresses notified"), counts.notified),
        (_("Removed"), counts.removed),
    ]
    drawn = [0 if isinstance(cell, Hidden) else cell for _label, cell in named]
    most = max(1, *drawn)
    return [
        Bar(label, _words(cell), round(100 * length / most, 1))
        for (label, cell), length in zip(named, drawn, strict=True)
    ]


@require_GET
@up_to_date
def figures_page(request: HttpRequest) -> HttpResponseBase:
    """The headline figures, live."""
    found = present_figures(now())
    rows = _rows(found)
    context = {"headline": [*rows[:3], rows[5], *rows[7:9]], "figures": rows, "bars": _bars(found)}
    return render(request, "web/public/figures.html", context)
