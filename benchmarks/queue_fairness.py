"""Does anything starve in the analysts' queue (R34)? A simulation of 100,000 items with the ordering rule in use.

    python benchmarks/queue_fairness.py            # prints the table, writes docs/developers/queue-fairness.{md,svg}
    python benchmarks/queue_fairness.py --items 5000 --dry

The order is ``orbweaver.assess.review.rules.rank_at``, as ``review.services.take_next`` uses it: soonest rank first,
then the number of the item. For comparison the same arrivals run under a strict order of kinds, which does starve.

What is assumed (and is no measurement): three kinds of item arrive at random, matches with lists of police around the
clock, what no such list holds (reports) mostly by day. In ordinary weeks analysts keep up; under overload everything
comes faster than it can be assessed for four days, and imports bring thousands of exact matches within minutes.
36 analysts work four hours a day each (INHOPE's advice), six at any time, two of them senior; each item needs two
answers by different people, and every twentieth pair disagrees, which a senior settles who was not involved.
"""

from __future__ import annotations

import argparse
import datetime as dt
import heapq
import random
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from orbweaver.assess.review.rules import RANK_DELAYS, rank_at
from waiting_plot import Panel, draw

KINDS = ("unlisted", "exact", "near")
SHARES = {"unlisted": 0.10, "exact": 0.60, "near": 0.30}
ANSWER_S = {"unlisted": 60.0, "exact": 25.0, "near": 45.0}
"""Mean seconds for one answer, exponential: assumed, and the same for both orders."""
LOAD = 0.85
OVERLOAD = 1.15
OVERLOAD_DAYS = (4.0, 8.0)
IMPORTS = ((2.5, 2000), (5.5, 4000), (12.0, 4000))
"""Day and number of exact matches that come within ten minutes when a list is imported."""
ANALYSTS, SHIFTS, SENIORS_PER_SHIFT = 36, 6, 2
SHIFT_S = 4 * 3600.0
DAY_S = 86400.0
REQUIRED = 2
DISAGREE = 0.05
START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
DOCS = Path(__file__).resolve().parent.parent / "docs" / "developers"
MARKS = ("<!-- figures by benchmarks/queue_fairness.py -->", "<!-- end of figures -->")

Order = Callable[[str, float], float]


@dataclass
class Item:
    """One item of the queue; times are seconds since the start."""

    number: int
    kind: str
    created: float
    rank: float
    answered_by: list[int] = field(default_factory=list)
    disputed: bool = False
    taken: float | None = None
    decided: float | None = None

    @property
    def key(self) -> tuple[float, int]:
        """The order of the queue."""
        return self.rank, self.number


def rule_in_use(kind: str, created: float) -> float:
    """The real rule, in seconds since the start."""
    at = rank_at(START + dt.timedelta(seconds=created), listed=kind != "unlisted", exact=kind == "exact")
    return (at - START).total_seconds()


def strict_priority(kind: str, created: float) -> float:
    """What not to do: all that no list holds before any exact match, every exact match before any near one."""
    return KINDS.index(kind) * 1e9 + created


def arrivals(count: int, chance: random.Random, *, overload: bool) -> list[tuple[float, str]]:
    """Times and kinds of ``count`` items, in order. The mean rate is what the analysts can do, times the load."""
    work = sum(SHARES[kind] * ANSWER_S[kind] for kind in KINDS) * (REQUIRED + DISAGREE)
    capacity = ANALYSTS / SHIFTS / work
    found: list[tuple[float, str]] = []
    for day, number in IMPORTS if overload else ():
        found += [(day * DAY_S + chance.random() * 600, "exact") for _ in range(round(number * count / 100_000))]
    now = 0.0
    while len(found) < count:
        too_much = overload and OVERLOAD_DAYS[0] <= now / DAY_S < OVERLOAD_DAYS[1]
        now += chance.expovariate(capacity * (OVERLOAD if too_much else LOAD))
        kind = chance.choices(KINDS, [SHARES[each] for each in KINDS])[0]
        by_night = not 0.25 < now / DAY_S % 1 < 0.9
        if kind == "unlisted" and by_night and chance.random() < 0.7:
            continue
        found.append((now, kind))
    return sorted(found)


class Queue:
    """What waits: items nobody has seen, and the few that need another answer, which come back at their old rank."""

    def __init__(self) -> None:
        self._new: list[tuple[tuple[float, int], Item]] = []
        self._back: list[Item] = []

    def open(self, item: Item) -> None:
        """A new item."""
        heapq.heappush(self._new, (item.key, item))

    def put_back(self, item: Item) -> None:
        """An item that needs another answer."""
        self._back.append(item)

    def take(self, analyst: int, *, senior: bool) -> Item | None:
        """What comes first for this person: nothing they answered, and what is disputed for seniors alone."""
        mine = [each for each in self._back if analyst not in each.answered_by and (senior or not each.disputed)]
        back = min(mine, key=lambda each: each.key, default=None)
        if back is not None and (not self._new or back.key < self._new[0][0]):
            self._back.remove(back)
            return back
        return heapq.heappop(self._new)[1] if self._new else None


class Simulation:
    """One run: the clock goes from event to event, and whoever is free takes what comes first for them."""

    def __init__(self, stream: Iterable[tuple[float, str]], order: Order, chance: random.Random) -> None:
        self.items = [Item(number, kind, at, order(kind, at)) for number, (at, kind) in enumerate(stream)]
        self._chance = chance
        self._queue = Queue()
        self._idle: dict[int, None] = {}
        self._sequence = 0
        self._events: list[tuple[float, int, int, Item | None]] = []
        for item in self.items:
            self._plan(item.created, -1, item)
        for analyst in range(ANALYSTS):
            self._plan((analyst % SHIFTS) * SHIFT_S, analyst, None)

    def _plan(self, at: float, analyst: int, item: Item | None) -> None:
        self._sequence += 1
        heapq.heappush(self._events, (at, self._sequence, analyst, item))

    def run(self) -> list[Item]:
        """Until every item has its verdict."""
        open_items = len(self.items)
        while open_items:
            now, _, analyst, item = heapq.heappop(self._events)
            if analyst < 0 and item is not None:
                self._queue.open(item)
            elif item is None:
                self._idle[analyst] = None
                self._plan(now + DAY_S, analyst, None)
            else:
                open_items -= self._answer(item, analyst, now)
                self._idle[analyst] = None
            self._hand_out(now)
        return self.items

    def _on_duty(self, analyst: int, now: float) -> bool:
        return int(now // SHIFT_S) % SHIFTS == analyst % SHIFTS

    def _hand_out(self, now: float) -> None:
        for analyst in list(self._idle):
            if not self._on_duty(analyst, now):
                del self._idle[analyst]
                continue
            item = self._queue.take(analyst, senior=analyst // SHIFTS < SENIORS_PER_SHIFT)
            if item is None:
                continue
            del self._idle[analyst]
            item.taken = now if item.taken is None else item.taken
            self._plan(now + self._chance.expovariate(1 / ANSWER_S[item.kind]), analyst, item)

    def _answer(self, item: Item, analyst: int, now: float) -> int:
        """One answer more; 1 when it settles the item."""
        item.answered_by.append(analyst)
        settled = item.disputed
        if not settled and len(item.answered_by) == REQUIRED:
            item.disputed = self._chance.random() < DISAGREE
            settled = not item.disputed
        if settled:
            item.decided = now
            return 1
        self._queue.put_back(item)
        return 0


def overtaking(items: Iterable[Item]) -> dict[str, float]:
    """For each kind: by how many seconds, at most, an item that was taken first had come later."""
    worst = dict.fromkeys(KINDS, 0.0)
    latest = 0.0
    for item in sorted(items, key=lambda each: (each.taken or 0.0, each.key)):
        worst[item.kind] = max(worst[item.kind], latest - item.created)
        latest = max(latest, item.created)
    return worst


def quantile(values: list[float], share: float) -> float:
    """The value that this share of the sorted values does not exceed."""
    return values[min(len(values) - 1, int(share * len(values)))]


def waits(items: Iterable[Item], kind: str) -> list[float]:
    """Sorted seconds from coming to being taken for the first time."""
    return sorted((item.taken or 0.0) - item.created for item in items if item.kind == kind)


def in_words(seconds: float) -> str:
    """Such as ``12 min``, with two figures that count."""
    for size, unit in ((DAY_S, "d"), (3600.0, "h"), (60.0, "min")):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"


def table(runs: dict[str, list[Item]]) -> Iterator[str]:
    """The figures as rows of a Markdown table."""
    yield "| weeks | order | kind | items | median wait | 95 % | 99 % | longest | overtaken, later by at most |"
    yield "|---|---|---|---:|---:|---:|---:|---:|---:|"
    for name, items in runs.items():
        worst = overtaking(items)
        for kind in KINDS:
            found = waits(items, kind)
            figures = [in_words(quantile(found, share)) for share in (0.5, 0.95, 0.99)]
            longest, overtaken = in_words(found[-1]), in_words(worst[kind])
            yield f"| {name} | {kind} | {len(found):,} | {' | '.join(figures)} | {longest} | {overtaken} |"


ORDERS: dict[str, Order] = {"in use": rule_in_use, "strict priority": strict_priority}


def simulate(count: int, seed: int, *, overload: bool) -> dict[str, list[Item]]:
    """Both orders on the same arrivals, by the name of the order."""
    stream = arrivals(count, random.Random(seed), overload=overload)
    return {name: Simulation(stream, order, random.Random(seed)).run() for name, order in ORDERS.items()}


TITLES = {
    "overload | in use": "Overload, order in use",
    "overload | strict priority": "Overload, strict order of kinds",
}


def write_docs(runs: dict[str, list[Item]], rows: list[str]) -> None:
    """The page's table and its plot."""
    panels = [
        Panel(TITLES[name], {kind: waits(items, kind) for kind in KINDS})
        for name, items in runs.items()
        if name in TITLES
    ]
    (DOCS / "queue-fairness.svg").write_text(draw(panels), encoding="utf-8")
    page = DOCS / "queue-fairness.md"
    before, _, rest = page.read_text(encoding="utf-8").partition(MARKS[0])
    after = rest.partition(MARKS[1])[2]
    page.write_text("\n".join([before + MARKS[0], *rows, MARKS[1] + after]), encoding="utf-8")


def main() -> int:
    """Run, print, write; 1 when anything was overtaken for longer than the rule promises."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=34)
    parser.add_argument("--dry", action="store_true", help="write no page")
    chosen = parser.parse_args()
    runs = {
        f"{weeks} | {order}": items
        for weeks in ("ordinary", "overload")
        for order, items in simulate(chosen.items, chosen.seed, overload=weeks == "overload").items()
    }
    rows = list(table(runs))
    sys.stdout.write("\n".join(rows) + "\n")
    if not chosen.dry:
        write_docs(runs, rows)
    promised = max(RANK_DELAYS.values()).total_seconds()
    in_use = [items for name, items in runs.items() if name.endswith("in use")]
    return int(any(max(overtaking(items).values()) > promised for items in in_use))


if __name__ == "__main__":
    raise SystemExit(main())
