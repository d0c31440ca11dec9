"""What the public sees, as tables: the same rows stand beside each chart and in the CSV and JSON files.

No imagery, no URLs, no hosts; small numbers are suppressed here, so nothing that is drawn or downloaded can hold them.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping

from orbweaver.account_for.transparency.hosts import countries, providers
from orbweaver.account_for.transparency.responses import (
    AGE_CLASSES,
    CATEGORIES,
    CHART,
    CellCounts,
    response_of,
    response_rules,
)
from orbweaver.account_for.transparency.suppression import Hidden, parts, shown, suppress
from orbweaver.account_for.transparency.tables import DAY_S, LEAST_LISTED, STATUSES, Dataset, dataset
from orbweaver.account_for.transparency.tallies import Tallies, open_ages, removal_curve
from orbweaver.detect.crawl.kinds import COVER
from orbweaver.detect.crawl.selectors import walled_garden_figures
from orbweaver.detect.exchanges.opinions import opinions_answered
from orbweaver.follow.conduct.survival import (
    LONG_DAYS,
    Step,
    at,
    grid_s,
    time_until,
)
from orbweaver.follow.survivors.disagreements import disagreements_answered
from orbweaver.follow.survivors.proof_disagreements import proof_disagreements_answered
from orbweaver.notify.notices.selectors import held_by_policy_counts, objections_answered
from orbweaver.people.objections import AskedBy
from orbweaver.people.rule_tables.services import follow

RECORDED = ("self_generated", "baseline", "live_stream", "advertises_set", "flagged")
CHILDREN = {"0": "not_said", "1": "one", "2": "two", "3": "three_or_more"}
SPANS: tuple[tuple[str, float], ...] = (
    ("under_1_hour", 3600.0),
    ("1_to_6_hours", 6 * 3600.0),
    ("6_to_24_hours", DAY_S),
    ("1_to_3_days", 3 * DAY_S),
    ("3_to_7_days", 7 * DAY_S),
    ("7_to_14_days", 14 * DAY_S),
    ("14_to_42_days", LONG_DAYS * DAY_S),
    ("over_42_days", float("inf")),
)
"""Classes of removal times with their upper ends in seconds."""
MILESTONES_DAYS = (1 / 24, 0.25, 1, 3, 7, 14, LONG_DAYS, 90, 180, 365)
"""Days after which the share still there is named in words."""
CURVE_POINTS = 60
"""Points of the survival curve that are published, evenly spread over the grid."""


def months(now: dt.datetime) -> Dataset:
    """The last 24 months: reports, notices by type, addresses notified and removed."""
    tallies = Tallies("notice", "report", "told", "gone")
    last = now.year * 12 + now.month - 1
    rows = []
    for number in range(last - 23, last + 1):
        month = f"{number // 12}-{number % 12 + 1:02d}"
        of_type: Counter[str] = Counter()
        for key, n in tallies["notice"].items():
            if key[0] == month:
                of_type[key[1]] += n
        kinds, total = parts([of_type["csam"], of_type["harmful_abusive"]])
        reports = sum(n for key, n in tallies["report"].items() if key[0] == month)
        notified, gone = tallies["told"][month,], tallies["gone"][month,]
        rows.append([month, shown(reports), total, *kinds, shown(notified), shown(gone)])
    keys = "month reports notices csam harmful_abusive addresses_notified addresses_removed"
    return dataset("months", keys, rows)


def curve(now: dt.datetime, *, since: str = "notice") -> list[Step]:
    """Kaplan and Meier's estimate of what is still there, by time since the first notice or since the verdict.

    What went offline is censored then: nobody knows what became of it later.
    """
    notice = since == "notice"
    removed, there, away = ("span", "open", "away") if notice else ("span_verdict", "open_verdict", "away_verdict")
    tallies, ages = Tallies(removed, away), open_ages(now.timestamp(), there)
    if tallies[removed].total() + ages.total() + tallies[away].total() < LEAST_LISTED:
        return []
    return removal_curve(tallies[removed], ages, tallies[away])


def removal_summary(now: dt.datetime, steps: list[Step] | None = None) -> Dataset:
    """Median, P90 and the share that is still there after 42 days, open ones counted as censored (R50).

    ``steps`` of this and the next two is the curve since the notice, where it is at hand.
    """
    rows = []
    curves = {"notice": curve(now) if steps is None else steps, "verdict": curve(now, since="verdict")}
    for since, found in curves.items():
        late = at(found, LONG_DAYS * DAY_S)
        rows.append(
            [
                since,
                time_until(found, 0.5),
                time_until(found, 0.9),
                late.share if late else None,
                late.low if late else None,
                late.high if late else None,
            ]
        )
    return dataset("removal", "since median_s p90_s share_over_42_days low high", rows)


def survival(now: dt.datetime, steps: list[Step] | None = None) -> Dataset:
    """The curve: share still there by seconds since the first notice, with its 95 % interval; at most 60 points."""
    steps = curve(now) if steps is None else steps
    every = max(1, len(steps) // CURVE_POINTS)
    chosen = [step for number, step in enumerate(steps) if number % every == 0 or number == len(steps) - 1]
    rows = [[round(step.at_s), round(step.share, 4), round(step.low, 4), round(step.high, 4)] for step in chosen]
    return dataset("survival", "seconds share_still_there low high", rows)


def milestones(now: dt.datetime, steps: list[Step] | None = None) -> Dataset:
    """The curve in few rows: the share still there after some spans of time, as far as there is anything to see."""
    steps = curve(now) if steps is None else steps
    found = [(days, at(steps, days * DAY_S)) for days in MILESTONES_DAYS]
    last = max((step.at_s for step in steps), default=0.0)
    rows = [
        [round(days * DAY_S), round(step.share, 4), round(step.low, 4), round(step.high, 4)]
        for days, step in found
        if step is not None and days * DAY_S <= last
    ]
    return dataset("milestones", "after_s share_still_there low high", rows)


def distribution(now: dt.datetime) -> Dataset:
    """How many addresses were removed within each span of time, how many are still there, how many offline."""
    tallies = Tallies("span", "address")
    counts = dict.fromkeys((name for name, _ in SPANS), 0)
    for key, n in tallies["span"].items():
        seconds = grid_s(int(key[0]))
        counts[next(name for name, end in SPANS if seconds < end)] += n
    counts["still_there"] = tallies["address"]["open",]
    counts["offline"] = tallies["address"]["offline",]
    cells, _ = parts(list(counts.values()))
    return dataset("distribution", "time addresses", zip(counts, cells, strict=True))


def responses(now: dt.datetime) -> Dataset:
    """The chart of responses: each of the 18 cells with its word and counts."""
    follow()
    tallies = Tallies("cell", "cell_asked", "cell_between", "cell_open")
    grace = now.timestamp() / DAY_S - response_rules().grace_days
    kinds = [(age, category, known) for age in AGE_CLASSES for category in CATEGORIES for known in ("t", "f")]
    table = [[tallies["cell"][*kind, status] for status in STATUSES] for kind in kinds]
    open_long: Counter[tuple[str, ...]] = Counter()
    for (age, category, known, day), n in tallies["cell_open"].items():
        open_long[age, category, known] += n if int(day) <= grace else 0
    published = suppress(table)
    rows = []
    for kind, counts, cells, total in zip(kinds, table, published.cells, published.row_totals, strict=True):
        asked, between = tallies["cell_asked"][kind], tallies["cell_between"][kind]
        word = response_of(CellCounts(sum(counts), counts[0], open_long[kind], asked, between))
        known = "identified" if kind[2] == "t" else "unidentified"
        rows.append([kind[0], kind[1], known, word, total, *cells[:3], shown(asked), shown(between)])
    keys = "age_class category identified response notified removed still_there offline questioned straddling"
    return dataset("responses", keys, rows, {CHART.name: CHART.version()})


def sites(now: dt.datetime) -> Dataset:
    """By kind of site and age class (R80): such as what is done about adolescents on adult sites."""
    counts: dict[tuple[str, ...], list[int]] = defaultdict(lambda: [0] * len(STATUSES))
    for (kind, age, status), n in Tallies("site")["site"].items():
        counts[kind, age][STATUSES.index(status)] += n
    counts = dict(sorted(counts.items()))
    return _by_kind("sites", "site_kind age_class", counts, columns=True)


def children(now: dt.datetime) -> Dataset:
    """By how many children are shown (R77); 3 stands for three or more."""
    counts: dict[tuple[str, ...], list[int]] = {(number,): [0] * len(STATUSES) for number in CHILDREN.values()}
    for (number, status), n in Tallies("children")["children"].items():
        counts[CHILDREN[number],][STATUSES.index(status)] += n
    return _by_kind("children", "children", counts, columns=True)


def recorded(now: dt.datetime) -> Dataset:
    """What was recorded beside a verdict, which decides nothing: self-generation, the baseline, markers, words."""
    tallies = Tallies("address", *RECORDED)
    counts: dict[tuple[str, ...], list[int]] = {
        (name,): [tallies[name][status,] for status in STATUSES] for name in RECORDED
    }
    found, notified = _by_kind("recorded", "recorded", counts, columns=False), tallies["address"].total()
    rows = [{**row, "share": _share(row["notified"], notified)} for row in found.rows]
    return Dataset(found.name, (*found.keys, "share"), rows)


def _share(part: object, whole: int) -> float | Hidden | None:
    """Of what is hidden, the share is hidden as well."""
    if isinstance(part, Hidden):
        return Hidden.KEPT
    return round(part / whole, 4) if isinstance(part, int) and whole >= LEAST_LISTED else None


def _by_kind(name: str, keys: str, counts: Mapping[tuple[str, ...], list[int]], *, columns: bool) -> Dataset:
    """A row for each kind. ``columns``: the kinds make up the whole, which is published elsewhere."""
    kinds = list(counts)
    published = suppress([counts[kind] for kind in kinds], columns=columns)
    rows = [
        [*kind, total, *cells[:3]]
        for kind, cells, total in zip(kinds, published.cells, published.row_totals, strict=True)
    ]
    return dataset(name, f"{keys} notified removed still_there offline", rows)


def returns(now: dt.datetime) -> Dataset:
    """What came back after removal, by how (R55)."""
    tallies = Tallies("return")
    kinds = ("same_url", "same_medium", "near_medium")
    counts = [tallies["return"][kind,] for kind in kinds]
    cells, _ = parts(counts)
    return dataset("returns", "how times", zip(kinds, cells, strict=True))


def coverage(now: dt.datetime) -> Dataset:
    """What is not in the figures: services that cannot be crawled, and what points into them (R3)."""
    follow()
    rows = [[each.name, each.why, shown(each.links), shown(each.leads)] for each in walled_garden_figures()]
    return dataset("coverage", "service why links leads", rows, {COVER.name: COVER.version()})


def answered(now: dt.datetime) -> Dataset:
    """Objections by who made them and, of providers, why; and whether they were answered by the promised day (R70).

    Those of survivors are as they stood when the month began: that one comes in tells nothing of the day.
    """
    month = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    found = [(AskedBy.PROVIDER, reason, counts) for reason, counts in objections_answered(now)]
    of_survivors = disagreements_answered(month) + proof_disagreements_answered(month)
    found += [(AskedBy.SURVIVOR, "", of_survivors), (AskedBy.PARTNER, "", opinions_answered(now))]
    lines = [[each.in_time, each.late, each.waiting, each.overdue] for _, _, each in found]
    cells = suppress(lines, columns=False)
    rows = [
        [asked_by.value, reason, total, *line]
        for (asked_by, reason, _), line, total in zip(found, cells.cells, cells.row_totals, strict=True)
    ]
    return dataset("answered", "asked_by reason objections in_time late waiting overdue", rows)


def held(now: dt.datetime) -> Dataset:
    """Notices not sent by policy of the hotline (R41), by type; they stay open and go out when the policy is lifted."""
    counts: Counter[tuple[str, str]] = Counter()
    urls: Counter[tuple[str, str]] = Counter()
    for each in held_by_policy_counts():
        counts[each.notice_type, each.sub_type] += each.notices
        urls[each.notice_type, each.sub_type] += each.urls
    rows = [[*kind, shown(n), shown(urls[kind])] for kind, n in sorted(counts.items())]
    return dataset("held", "notice_type sub_type notices addresses", rows)


ALL: Mapping[str, Callable[[dt.datetime], Dataset]] = {
    each.__name__: each
    for each in (
        months,
        survival,
        milestones,
        distribution,
        responses,
        sites,
        children,
        recorded,
        providers,
        countries,
        returns,
        coverage,
        held,
        answered,
    )
} | {"removal": removal_summary}
"""Every table that can be downloaded, by its name."""
