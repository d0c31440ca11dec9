"""The yearly report of a trusted flagger (Regulation (EU) 2022/2065, Article 22(3)).

Notices by type of content, by provider and by the action taken, and how independence is kept. Small numbers are
suppressed as on all public pages.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass

from orbweaver.account_for.transparency.hosts import hosting_nothing, listed_and_others
from orbweaver.account_for.transparency.messages import (
    ASSESSED_BY_ANALYSTS,
    OBJECTIONS_GO_TO_A_PERSON,
    PROVIDERS_CHOOSE_NOTHING,
    SENT_ONCE,
    UNDERCOUNT,
)
from orbweaver.account_for.transparency.suppression import parts, shown, suppress
from orbweaver.account_for.transparency.tables import OTHERS, STATUSES, Dataset, dataset
from orbweaver.account_for.transparency.tallies import Tallies
from orbweaver.assess.governance.selectors import in_force
from orbweaver.assess.linking.urgent_figures import KINDS, urgent_markers_of
from orbweaver.errors import Message
from orbweaver.notify.providers.models import Provider
from orbweaver.people.settings import HotlineSettings

PROCEDURES = (ASSESSED_BY_ANALYSTS, PROVIDERS_CHOOSE_NOTHING, OBJECTIONS_GO_TO_A_PERSON, SENT_ONCE)
"""How the notices come about and how independence is kept; the last sentence of Article 22(3)."""


@dataclass(frozen=True)
class YearReport:
    """One year's report: who makes it, of when, the tables in their order, the procedures in words."""

    year: int
    hotline: str
    criteria_version: str
    made_at: dt.datetime
    complete: bool
    tables: tuple[Dataset, ...]
    procedures: tuple[Message, ...] = PROCEDURES

    def as_json(self) -> dict[str, object]:
        """As JSON values."""
        return {
            "year": self.year,
            "hotline": self.hotline,
            "criteria_version": self.criteria_version,
            "made_at": self.made_at.isoformat(),
            "complete": self.complete,
            "undercount": str(UNDERCOUNT),
            "tables": {table.name: table.rows for table in self.tables},
            "procedures": [str(each) for each in self.procedures],
        }


def year_report(year: int, now: dt.datetime) -> YearReport:
    """The report of a year from the summaries; of the present one as far as it has come."""
    text, complete = str(year), now.year > year
    tables = [_notices(text), _actions_by_type(text), _actions_by_provider(text), _objections(text), _ways(text)]
    return YearReport(
        year=year,
        hotline=HotlineSettings.current().hotline_name,
        criteria_version=in_force(min(now, dt.datetime(year + 1, 1, 1, tzinfo=dt.UTC))).version,
        made_at=now,
        complete=complete,
        tables=(*tables, _urgent(year)) if complete else tuple(tables),
    )


def years_with_notices(now: dt.datetime) -> list[int]:
    """The years that have a report, latest first; always this one."""
    years = {int(key[0][:4]) for key in Tallies("notice")["notice"]}
    return sorted(years | {now.year}, reverse=True)


def _notices(year: str) -> Dataset:
    counts: Counter[tuple[str, str]] = Counter()
    unidentified: Counter[tuple[str, str]] = Counter()
    for (month, kind, sub, known), n in Tallies("notice")["notice"].items():
        if month[:4] == year:
            counts[kind, sub] += n
            unidentified[kind, sub] += n if known == "f" else 0
    rows: list[list[object]] = []
    for content, n in sorted(counts.items()):
        cells, total = parts([unidentified[content], n - unidentified[content]])
        rows.append([*content, total, cells[0]])
    reminders = Tallies("reminder")["reminder"][year,]
    rows.append(["reminders", "", shown(reminders), None])
    return dataset("notices_by_type", "notice_type sub_type notices unidentified", rows)


def _actions_by_type(year: str) -> Dataset:
    counts: dict[tuple[str, str], list[int]] = {}
    for (when, kind, sub, status), n in Tallies("kind_year", starts=year)["kind_year"].items():
        if when == year:
            counts.setdefault((kind, sub), [0] * len(STATUSES))[STATUSES.index(status)] += n
    kinds = sorted(counts)
    published = suppress([counts[kind] for kind in kinds])
    rows = [
        [*kind, total, *cells[:3]]
        for kind, cells, total in zip(kinds, published.cells, published.row_totals, strict=True)
    ]
    return dataset("actions_by_type", "notice_type sub_type notified removed still_there offline", rows)


def _actions_by_provider(year: str) -> Dataset:
    found = Tallies("of_year", starts=year).of("of_year")
    counts = {pk: [each[year, status] for status in STATUSES] for pk, each in found.items()}
    notified = {pk: row for pk, row in counts.items() if sum(row)}
    listed, together = listed_and_others(notified, len(counts), hosting_nothing())
    names = dict(Provider.objects.filter(pk__in=listed).values_list("pk", "name"))
    sent = {pk: each[year,] for pk, each in Tallies("notice_of", starts=year).of("notice_of").items()}
    notices = [sent.get(pk, 0) for pk in listed]
    if sum(together):
        notices.append(sum(n for pk, n in sent.items() if pk not in set(listed)))
    table = [counts[pk] for pk in listed] + ([together] if sum(together) else [])
    labels = [names.get(pk, "unknown") for pk in listed] + ([OTHERS] if sum(together) else [])
    published = suppress(table)
    rows = [
        [label, shown(n), total, *cells[:3]]
        for label, n, cells, total in zip(labels, notices, published.cells, published.row_totals, strict=True)
    ]
    return dataset("actions_by_provider", "provider notices notified removed still_there offline", rows)


def _objections(year: str) -> Dataset:
    rows = [
        [reason, outcome, shown(n)]
        for (when, reason, outcome), n in sorted(Tallies("pushback")["pushback"].items())
        if when == year
    ]
    return dataset("objections", "reason outcome objections", rows)


def _ways(year: str) -> Dataset:
    counts: Counter[str] = Counter()
    for (when, way, _step), n in Tallies("way")["way"].items():
        if when == year:
            counts[way] += n
    return dataset("by_recipient", "recipient notices", [[way, shown(n)] for way, n in sorted(counts.items())])


def _urgent(year: int) -> Dataset:
    """Only once the year is over: a count that grows would tell whoever posted a picture that police know of it."""
    counts = urgent_markers_of(year)
    return dataset("urgent_referrals", "marker referrals", [[kind, shown(counts[kind])] for kind in KINDS])
