"""What the public sees, as tables: the same rows stand beside each chart and in the CSV and JSON files.

No imagery, no URLs, no hosts; small numbers are suppressed here, so nothing that is drawn or downloaded can hold them.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from orbweaver.account_for.transparency.responses import (
    AGE_CLASSES,
    CATEGORIES,
    CHART,
    CellCounts,
    response_of,
    response_rules,
)
from orbweaver.account_for.transparency.suppression import Cell, Hidden, parts, shown, suppress
from orbweaver.account_for.transparency.tallies import Tallies, open_ages, open_ages_of, removal_curve
from orbweaver.detect.crawl.kinds import COVER
from orbweaver.detect.crawl.selectors import walled_garden_figures
from orbweaver.detect.exchanges.opinions import opinions_answered
from orbweaver.follow.conduct.selectors import conduct_kinds_of_all
from orbweaver.follow.conduct.survival import (
    LONG_DAYS,
    OF_PER_DOUBLING,
    Step,
    at,
    grid_s,
    kaplan_meier,
    time_until,
)
from orbweaver.follow.survivors.disagreements import disagreements_answered
from orbweaver.follow.survivors.proof_disagreements import proof_disagreements_answered
from orbweaver.notify.notices.selectors import held_by_policy_counts, objections_answered
from orbweaver.notify.providers.models import Provider
from orbweaver.people.objections import AskedBy
from orbweaver.people.rule_tables.services import follow

Row = dict[str, object]
DAY_S = 86_400.0
STATUSES = ("removed", "open", "offline", "before")
LEAST_LISTED = 20
"""Addresses notified from which a provider or country has a row of its own; the others share one. With fewer in all,
shares and times to removal are not published either: they would tell of single addresses."""
MOST_LISTED = 50
"""Providers with a row of their own in the table, those with most addresses."""
OTHERS = "others"
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


@dataclass(frozen=True)
class Dataset:
    """Rows with the same keys, in order. Values are text, numbers, None for nothing to show, or "<5" and "hidden"."""

    name: str
    keys: tuple[str, ...]
    rows: list[Row]
    rules: Mapping[str, str] = field(default_factory=dict)
    """Of a figure that is worked out by tables of rules: table → the version in force."""


def dataset(name: str, keys: str, rows: Iterable[Iterable[object]], rules: Mapping[str, str] | None = None) -> Dataset:
    """A table of these keys, separated by blanks."""
    names = tuple(keys.split())
    return Dataset(name, names, [dict(zip(names, row, strict=True)) for row in rows], rules or {})


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


def providers(now: dt.datetime) -> Dataset:
    """Providers with enough addresses to stand alone, and all others together; hotlines and CDNs, which host nothing,
    there.

    Came back (R55) is at the same address and at others of the provider.
    """
    tallies = Tallies("of", "of_asked", "of_back", "return")
    counts = {pk: [found[status,] for status in STATUSES] for pk, found in tallies.of("of").items()}
    listed, together = listed_and_others(counts, MOST_LISTED, hosting_nothing())
    names = dict(Provider.objects.filter(pk__in=listed).values_list("pk", "name"))
    lands = dict(Provider.objects.filter(pk__in=listed).values_list("pk", "country"))
    times, words = _times(listed, now), conduct_kinds_of_all()
    table = [counts[pk] for pk in listed] + ([together] if sum(together) else [])
    published = suppress(table)
    rows: list[list[object]] = []
    for number, pk in enumerate(listed):
        cells, total = published.cells[number], published.row_totals[number]
        asked, back = tallies.of("of_asked")[pk].total(), _came_back(tallies, pk)
        name = names.get(pk, "unknown")
        spectrum = " ".join(words.get(pk, ()))
        median, late = times[pk]
        late = Hidden.KEPT if any(isinstance(cell, Hidden) for cell in cells) else late
        land = lands.get(pk) or ""
        rows.append([name, land, total, *cells[:3], median, late, shown(asked), shown(back), spectrum])
    if sum(together):
        cells, total = published.cells[-1], published.row_totals[-1]
        rows.append([OTHERS, "", total, *cells[:3], None, None, None, None, ""])
    keys = "provider country notified removed still_there offline median_s over_42_days questioned came_back spectrum"
    return dataset("providers", keys, rows)


def _came_back(tallies: Tallies, provider: int) -> int:
    """Addresses that came back, each once however often, and others at which the same or a near picture was found; one
    such other that came back itself is both."""
    elsewhere = sum(tallies.of("return")[provider][kind,] for kind in ("same_medium", "near_medium"))
    return tallies.of("of_back")[provider].total() + elsewhere


def hosting_nothing() -> frozenset[int]:
    """The numbers of other hotlines and CDNs in the registry: what they were told of others host."""
    kinds = (Provider.Kind.HOTLINE, Provider.Kind.CDN)
    return frozenset(Provider.objects.filter(kind__in=kinds).values_list("pk", flat=True))


def listed_and_others(
    counts: Mapping[int, list[int]], most: int, unnamed: Collection[int] = ()
) -> tuple[list[int], list[int]]:
    """Which have a row of their own, largest first, and the counts of all others together (never 1 to 4 of them).

    ``unnamed`` never have one, whatever their counts.
    """
    ordered = sorted(counts, key=lambda pk: (-sum(counts[pk]), pk))
    listed = [pk for pk in ordered if pk and pk not in unnamed and sum(counts[pk]) >= LEAST_LISTED][:most]
    together = _sum(counts[pk] for pk in ordered if pk not in set(listed))
    while listed and 0 < sum(together) < LEAST_LISTED:
        together = _sum([together, counts[listed.pop()]])
    return listed, together


def _sum(rows: Iterable[list[int]]) -> list[int]:
    return [sum(column) for column in zip(*rows, strict=True)] or [0] * len(STATUSES)


def _times(listed: Iterable[int], now: dt.datetime) -> Mapping[int, tuple[float | None, float | Hidden | None]]:
    """Of each provider the time in which half is removed, and the share still there after 42 days (R50), both with what
    is open as censored; None where it has not come to that."""
    pks = list(listed)
    tallies, ages = Tallies("of_span", "of_away", refs=pks), open_ages_of(pks, now.timestamp())
    spans, away = tallies.of("of_span"), tallies.of("of_away")
    found: dict[int, tuple[float | None, float | Hidden | None]] = {}
    for pk in pks:
        gone = {grid_s(int(key[0]), OF_PER_DOUBLING): n for key, n in spans[pk].items()}
        censored = ages[pk] + Counter({int(key[0]): n for key, n in away[pk].items()})
        steps = kaplan_meier(gone, {grid_s(step, OF_PER_DOUBLING): n for step, n in censored.items()})
        half, late = time_until(steps, 0.5), at(steps, LONG_DAYS * DAY_S)
        found[pk] = (round(half) if half is not None else None, round(late.share, 3) if late else None)
    return found


def countries(now: dt.datetime) -> Dataset:
    """Countries of the hosts, as known when notices were written."""
    by_land: dict[str, list[int]] = defaultdict(lambda: [0] * len(STATUSES))
    for (land, status), n in Tallies("in")["in"].items():
        by_land[land][STATUSES.index(status)] += n
    codes = dict(enumerate(sorted(by_land), start=1))
    listed, together = listed_and_others({number: by_land[land] for number, land in codes.items()}, len(codes))
    table = [by_land[codes[number]] for number in listed] + ([together] if sum(together) else [])
    names = [codes[number] for number in listed] + ([OTHERS] if sum(together) else [])
    published = suppress(table)
    rows: list[list[Cell | str]] = [
        [name, total, *cells[:3]]
        for name, cells, total in zip(names, published.cells, published.row_totals, strict=True)
    ]
    return dataset("countries", "country notified removed still_there offline", rows)


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
