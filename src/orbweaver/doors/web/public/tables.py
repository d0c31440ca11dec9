"""Public tables as people read them: headings, values in words, and the files for download."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpResponse, JsonResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orbweaver.account_for.transparency.messages import UNDERCOUNT
from orbweaver.account_for.transparency.suppression import Hidden
from orbweaver.account_for.transparency.tables import Dataset
from orbweaver.assess.governance.selectors import in_force
from orbweaver.doors.web.frame.spreadsheets import harmless
from orbweaver.doors.web.frame.wording import in_words
from orbweaver.doors.web.templatetags.orbweaver import country, number, percent, short_span, span
from orbweaver.platform.clock import now

HEADINGS: dict[str, str | Promise] = {
    "month": gettext_lazy("Month"),
    "reports": gettext_lazy("Reports"),
    "notices": gettext_lazy("Notices"),
    "csam": gettext_lazy("of these CSAM"),
    "harmful_abusive": gettext_lazy("of these harmful or abusive"),
    "addresses_notified": gettext_lazy("Addresses notified"),
    "addresses_removed": gettext_lazy("Addresses removed"),
    "seconds": gettext_lazy("Time since the notice"),
    "after_s": gettext_lazy("After"),
    "share_still_there": gettext_lazy("Still there"),
    "low": gettext_lazy("at least"),
    "high": gettext_lazy("at most"),
    "time": gettext_lazy("Time to removal"),
    "addresses": gettext_lazy("Addresses"),
    "since": gettext_lazy("Counted from"),
    "median_s": gettext_lazy("Half removed within"),
    "p90_s": gettext_lazy("90 % removed within"),
    "share_over_42_days": gettext_lazy("Still there after 42 days"),
    "over_42_days": gettext_lazy("Still there after 42 days"),
    "age_class": gettext_lazy("Age"),
    "category": gettext_lazy("Category"),
    "identified": gettext_lazy("Child"),
    "response": gettext_lazy("Response"),
    "notified": gettext_lazy("Notified"),
    "removed": gettext_lazy("Removed"),
    "still_there": gettext_lazy("Still there"),
    "offline": gettext_lazy("Offline"),
    "questioned": gettext_lazy("Questioned"),
    "straddling": gettext_lazy("Between two ages"),
    "provider": gettext_lazy("Provider"),
    "country": gettext_lazy("Country"),
    "came_back": gettext_lazy("Came back"),
    "spectrum": gettext_lazy("Conduct"),
    "how": gettext_lazy("How it came back"),
    "times": gettext_lazy("Times"),
    "service": gettext_lazy("Service"),
    "why": gettext_lazy("Why it cannot be crawled"),
    "links": gettext_lazy("Links"),
    "leads": gettext_lazy("Leads"),
    "notice_type": gettext_lazy("Type"),
    "sub_type": gettext_lazy("Sub-type"),
    "unidentified": gettext_lazy("of these child not known to be identified"),
    "asked_by": gettext_lazy("Who objects"),
    "reason": gettext_lazy("Objection"),
    "outcome": gettext_lazy("Outcome"),
    "objections": gettext_lazy("Objections"),
    "in_time": gettext_lazy("Answered in time"),
    "late": gettext_lazy("Answered late"),
    "waiting": gettext_lazy("Open, in time"),
    "overdue": gettext_lazy("Open, overdue"),
    "recipient": gettext_lazy("Recipient"),
    "site_kind": gettext_lazy("Kind of site"),
    "children": gettext_lazy("Children shown"),
    "recorded": gettext_lazy("Recorded"),
    "share": gettext_lazy("Share"),
    "marker": gettext_lazy("What was seen"),
    "referrals": gettext_lazy("Referrals"),
}
WORDS: dict[str, str | Promise] = {
    "under_1_hour": gettext_lazy("under 1 hour"),
    "1_to_6_hours": gettext_lazy("1 to 6 hours"),
    "6_to_24_hours": gettext_lazy("6 to 24 hours"),
    "1_to_3_days": gettext_lazy("1 to 3 days"),
    "3_to_7_days": gettext_lazy("3 to 7 days"),
    "7_to_14_days": gettext_lazy("7 to 14 days"),
    "14_to_42_days": gettext_lazy("14 to 42 days"),
    "over_42_days": gettext_lazy("more than 42 days"),
    "still_there": gettext_lazy("still there"),
    "offline": gettext_lazy("host offline"),
    "not_said": gettext_lazy("not stated"),
    "one": gettext_lazy("one"),
    "two": gettext_lazy("two"),
    "three_or_more": gettext_lazy("three or more"),
    "baseline": gettext_lazy("Interpol baseline"),
    "flagged": gettext_lazy("terms of a list near it"),
    "notice": gettext_lazy("the first notice"),
    "verdict": gettext_lazy("the verdict"),
    "mostly_removed": gettext_lazy("mostly removed"),
    "often_questioned": gettext_lazy("often questioned"),
    "unlikely": gettext_lazy("removal unlikely"),
    "unknown": gettext_lazy("unknown"),
    "same_url": gettext_lazy("at the same address"),
    "same_medium": gettext_lazy("the same file at another address"),
    "near_medium": gettext_lazy("a near-duplicate at another address"),
    "others": gettext_lazy("All others together"),
    "survivor": gettext_lazy("A survivor"),
    "partner": gettext_lazy("A partner hotline, or a company"),
    "login": gettext_lazy("an account is needed"),
    "private": gettext_lazy("groups are private"),
    "encrypted": gettext_lazy("messages are encrypted"),
    "forbidden": gettext_lazy("its terms forbid it"),
    "proactive": gettext_lazy("proactive"),
    "reactive": gettext_lazy("reactive"),
    "resistant": gettext_lazy("resistant"),
    "non_compliant": gettext_lazy("non-compliant"),
    "complicit": gettext_lazy("complicit"),
}
NAMES = frozenset({"month", "provider", "service", "country"})
"""Columns that hold names, which have no other words."""
CODES = frozenset(
    {"time", "since", "age_class", "category", "identified", "response", "spectrum", "how", "why", "notice_type",
     "reason", "asked_by", "outcome", "recipient", "site_kind", "children", "recorded", "marker"}
)  # fmt: skip
TEXTS = NAMES | CODES | {"sub_type"}
"""Columns of words; all others are numbers."""


@dataclass(frozen=True)
class ShownCell:
    """A value as text, with its heading for narrow screens."""

    text: str
    heading: str
    is_number: bool


@dataclass(frozen=True)
class ShownTable:
    """A table for the template; ``name`` is that of its files, "" when there are none."""

    name: str
    caption: str
    headings: list[ShownCell]
    rows: list[list[ShownCell]]
    zeros: list[list[ShownCell]]
    """Those of the rows in which nothing was counted: a page folds them."""

    @property
    def is_wide(self) -> bool:
        """Whether it does not fit a telephone beside itself: many columns, or words in more than the first."""
        return len(self.headings) > 4 or any(not each.is_number for each in self.headings[1:])

    @property
    def counted(self) -> list[list[ShownCell]]:
        """The rows in which something was."""
        return [row for row in self.rows if row not in self.zeros]


def show(dataset: Dataset, caption: str, *, files: bool = True, fold: bool = True) -> ShownTable:
    """The dataset as people read it; without ``fold`` rows of zeros are as good as the others."""
    ages = age_words() if "age_class" in dataset.keys else {}
    headings = [ShownCell(str(HEADINGS.get(key, key)), "", key not in TEXTS) for key in dataset.keys]
    rows = [
        [
            ShownCell(
                ages.get(str(row[key]), "–") if key == "age_class" else value_in_words(key, row[key]),
                str(HEADINGS.get(key, key)),
                key not in TEXTS,
            )
            for key in dataset.keys
        ]
        for row in dataset.rows
    ]
    counts = [key for key in dataset.keys if key not in TEXTS and fold]
    zeros = [
        shown for shown, row in zip(rows, dataset.rows, strict=True) if counts and not any(row[key] for key in counts)
    ]
    return ShownTable(dataset.name if files else "", caption, headings, rows, zeros)


def age_words() -> dict[str, str]:
    """Each age class as its years by the criteria in force, such as ``9 to 12 years``."""
    text = _("%(low)s to %(high)s years")
    return {each.name.value: text % {"low": each.first, "high": each.last} for each in in_force(now()).age_classes}


def value_in_words(key: str, value: object) -> str:
    """A value of a column as text."""
    if value is None or value == "":
        return "–"
    if isinstance(value, Hidden):
        return _("fewer than 5") if value is Hidden.FEW else _("hidden")
    if key == "spectrum":
        return ", ".join(word_of(word) for word in str(value).split())
    if key in TEXTS:
        return _name_or_word(key, str(value))
    return _FORMATS.get(key, number)(value if isinstance(value, int | float) else None)


def _name_or_word(key: str, text: str) -> str:
    if key == "country" and text != "others":
        return country(text)
    return text if key == "sub_type" or (key in NAMES and text != "others") else word_of(text)


def word_of(code: str) -> str:
    """A code in words."""
    return str(WORDS[code]) if code in WORDS else in_words(code)


_FORMATS: dict[str, Callable[[float | None], str]] = {
    "seconds": short_span,
    "after_s": span,
    "median_s": short_span,
    "p90_s": short_span,
    "share_still_there": percent,
    "share_over_42_days": percent,
    "share": percent,
    "over_42_days": percent,
    "low": percent,
    "high": percent,
}


def as_csv(dataset: Dataset) -> HttpResponse:
    """The dataset as CSV with codes and plain numbers, for programs. Cells that a spreadsheet would run are quoted.

    The last column says in each row that it is an undercount (R3): a row that is copied out takes it along.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([*dataset.keys, "undercount"])
    for row in dataset.rows:
        writer.writerow([*(harmless(row[key]) for key in dataset.keys), str(UNDERCOUNT)])
    return _download(out.getvalue(), "text/csv; charset=utf-8", f"{dataset.name}.csv")


def as_json(dataset: Dataset, at: str) -> HttpResponse:
    """The dataset as JSON with the instant that it is of, that it is an undercount (R3), and the versions of tables of
    rules that it is worked out by.
    """
    head: dict[str, object] = {"name": dataset.name, "at": at, "undercount": str(UNDERCOUNT)}
    head |= {"rules": dict(dataset.rules)} if dataset.rules else {}
    return JsonResponse({**head, "columns": dataset.keys, "rows": dataset.rows})


def _download(text: str, kind: str, name: str) -> HttpResponse:
    answer = HttpResponse(text, content_type=kind)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
