"""Who hosts what was notified, as tables: providers and countries. Those with few addresses share one row."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping

from orbweaver.account_for.transparency.suppression import Cell, Hidden, shown, suppress
from orbweaver.account_for.transparency.tables import DAY_S, LEAST_LISTED, OTHERS, STATUSES, Dataset, dataset
from orbweaver.account_for.transparency.tallies import Tallies, open_ages_of
from orbweaver.follow.conduct.selectors import conduct_kinds_of_all
from orbweaver.follow.conduct.survival import LONG_DAYS, OF_PER_DOUBLING, at, grid_s, kaplan_meier, time_until
from orbweaver.notify.providers.models import Provider

MOST_LISTED = 50
"""Providers with a row of their own in the table, those with most addresses."""


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
