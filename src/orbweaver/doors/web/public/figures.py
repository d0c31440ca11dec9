"""The public figures: headline, a chart with direct labels, a table under it that says where each comes from."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from orbweaver.account_for.transparency.headline import HEADLINES
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

    @property
    def is_words(self) -> bool:
        """Whether it is said in words, which need room for a line or two, such as “fewer than 5”."""
        return not self.shown[:1].isdigit()


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
    offline: Cell
    unidentified: Cell

    @classmethod
    def of(cls, found: Figures) -> Shown:
        """The same counts, as they may be shown."""
        before = found.notified_urls - found.removed - found.open_urls - found.offline
        known = [found.removed, found.open_urls, found.offline, before]
        (removed, still_there, offline, _gone), notified = parts(known)
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
            offline=offline,
            unidentified=cells[0],
        )


def _words(cell: Cell) -> str:
    return value_in_words("count", cell)


def _rows(found: Figures) -> list[Figure]:
    counts = Shown.of(found)
    few = isinstance(counts.removed, Hidden)
    per_month, looks = found.reports_per_month, found.looks_per_notified_url
    values = {
        "images_processed": number(found.images_processed),
        "suspected": _words(counts.suspected),
        "verified": _words(counts.verified),
        "series": _words(counts.series),
        "reports_per_month": number(round(per_month) if per_month is not None else None),
        "notices_sent": _words(counts.notices),
        "notified_urls": _words(counts.notified),
        "removed": _words(counts.removed),
        "offline": _words(counts.offline),
        "median_removal_s": _words(Hidden.KEPT) if few else _time_to_removal(found),
        "share_unidentified": _words(Hidden.KEPT)
        if isinstance(counts.unidentified, Hidden)
        else percent(found.share_unidentified),
        "looks_per_notified_url": number(round(looks, 2) if looks is not None else None),
    }
    further = {
        "reports_per_month": counts.reports,
        "notices_sent": counts.reminders,
        "notified_urls": counts.still_there,
    }
    return [
        Figure(_(each.name), values[each.key], _sentence(each.says, further.get(each.key)))
        for each in HEADLINES
        if each.name
    ]


def _time_to_removal(found: Figures) -> str:
    if found.median_removal_s is None and found.removed:
        return _("Less than half removed")
    return short_span(found.median_removal_s)


def _sentence(sentence: str, further: Cell | None) -> str:
    """The sentence, with the count that stands in it."""
    return _(sentence) if further is None else _(sentence) % {"n": _words(further)}


def _bars(found: Figures) -> list[Bar]:
    """All of them count addresses."""
    counts = Shown.of(found)
    named = [
        (_("Addresses notified"), counts.notified),
        (_("Removed"), counts.removed),
        (_("Still there"), counts.still_there),
        (_("Offline"), counts.offline),
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
    context = {"headline": [*rows[:3], rows[5], rows[7], rows[9]], "figures": rows, "bars": _bars(found)}
    return render(request, "web/public/figures.html", context)
