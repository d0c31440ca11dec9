"""How much sooner does the focused crawl find what is known (R1)? Against breadth-first, on a generated web.

    python benchmarks/focused_crawl.py             # prints the table, writes docs/developers/focused-crawl.{md,svg}
    python benchmarks/focused_crawl.py --pages 10000 --dry

Distance, end of a trail and order are ``orbweaver.detect.crawl.rules`` as the crawler uses them, and a find renews the
trail as ``crawl.frontier.renew`` and ``add_urls`` do it in SQL. Each order runs twice: *strictly*, and *in turn*, where
hosts take turns as ``crawl.leasing`` gives them: one page each of 64 hosts, 48 of them those with the best that waits,
16 those that wait longest. For breadth-first all are equally good.

What is assumed (and is no measurement): communities of 20 sites and some 1,000 pages; a page links to 4 to 12 others,
75 % on its site (half of these nearby), 15 % to other sites of its community, 10 % anywhere. In every tenth community
half of the sites have sections in which most pages show something known; of all known pages, a tenth stands anywhere.
Nothing but this nearness tells where more is. Twenty leads, ten of them pages with something known, all in half of
these communities. A fetch is a page with its pictures; a page that is fetched again counts again.
"""

from __future__ import annotations

import argparse
import heapq
import random
import sys
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from found_plot import Curve, draw
from orbweaver.detect.crawl import rules
from orbweaver.detect.crawl.settings import CrawlSettings
from orbweaver.platform.network.urls import ParsedUrl, parse

COMMUNITY_PAGES, SITES = 1000, 20
LINKS = (4, 12)
ON_SITE, IN_COMMUNITY, NEARBY = 0.75, 0.15, 8
CIRCULATES_EVERY = 10
SECTION_PAGES, SECTION_SHARE, SHOWS_KNOWN = 20, 0.6, 0.8
STRAY = 0.1
LEADS = 20
SHARES = (0.01, 0.05, 0.10, 0.25)
HOSTS_A_LEASE, LONGEST_WAITING = 64, 4
"""As in ``crawl.leasing``, which cannot be loaded without a database."""
MAX_HOPS = int(CrawlSettings.model_fields["crawl_max_hops"].default)
DOCS = Path(__file__).resolve().parent.parent / "docs" / "developers"
MARKS = ("<!-- figures by benchmarks/focused_crawl.py -->", "<!-- end of figures -->")


@dataclass
class Web:
    """Pages by number: address, site, links; which show something known; where crawls begin."""

    urls: list[ParsedUrl] = field(default_factory=list)
    site: list[int] = field(default_factory=list)
    links: list[list[int]] = field(default_factory=list)
    known: set[int] = field(default_factory=set)
    leads: list[int] = field(default_factory=list)


def generate(pages: int, seed: int) -> Web:
    """The web of the module's description."""
    chance = random.Random(seed)
    web = Web()
    sizes = [chance.paretovariate(1.6) for _ in range(pages // COMMUNITY_PAGES * SITES)]
    ranges: list[range] = []
    for number, size in enumerate(sizes):
        first, count = len(web.urls), max(3, round(pages * size / sum(sizes)))
        ranges.append(range(first, first + count))
        web.urls += [parse(f"http://s{number}.example/{page}") for page in range(count)]
        web.site += [number] * count
    for number, own in enumerate(ranges):
        web.links += [_links(page, own, number // SITES, ranges, chance) for page in own]
    _place_known(web, ranges, chance)
    return web


def _links(page: int, own: range, community: int, ranges: list[range], chance: random.Random) -> list[int]:
    """Below it in the site's tree, so that all can be reached, and at random."""
    below = range(own.start + (page - own.start) * 8 + 1, min(own.start + (page - own.start) * 8 + 9, own.stop))
    found = {*below, own.start}
    for _ in range(chance.randint(*LINKS)):
        kind = chance.random()
        if kind < ON_SITE:
            near = range(max(own.start, page - NEARBY), min(own.stop, page + NEARBY + 1))
            found.add(chance.choice(near if chance.random() < 0.5 else own))
        elif kind < ON_SITE + IN_COMMUNITY:
            found.add(chance.choice(ranges[community * SITES + chance.randrange(SITES)]))
        else:
            found.add(chance.choice(chance.choice(ranges)))
    return sorted(found - {page})


def _place_known(web: Web, ranges: list[range], chance: random.Random) -> None:
    circulating = range(0, len(ranges) // SITES, CIRCULATES_EVERY)
    for community in circulating:
        sites = ranges[community * SITES : (community + 1) * SITES]
        for own in chance.sample(sites, SITES // 2):
            for start in range(own.start, own.stop, SECTION_PAGES):
                if chance.random() < SECTION_SHARE:
                    section = range(start, min(start + SECTION_PAGES, own.stop))
                    web.known.update(page for page in section if chance.random() < SHOWS_KNOWN)
    reported = set(circulating[: len(circulating) // 2])
    places = sorted(page for page in web.known if web.site[page] // SITES in reported)
    web.leads = chance.sample(places, LEADS // 2) + chance.sample(range(len(web.urls)), LEADS // 2)
    web.known.update(chance.sample(range(len(web.urls)), round(len(web.known) * STRAY / (1 - STRAY))))


class Waiting:
    """The frontier's order: lowest priority first, then first come; strictly, or with hosts taking turns."""

    def __init__(self, *, in_turn: bool) -> None:
        self._in_turn = in_turn
        self._heaps: dict[int, list[tuple[int, int, int]]] = {}
        self._asked: dict[int, int] = {}
        self._leases = 0
        self._leased: deque[tuple[int, int]] = deque()

    def put(self, site: int, priority: int, number: int, page: int) -> None:
        """``number`` is the place among all that were added."""
        heap = self._heaps.setdefault(site if self._in_turn else 0, [])
        heapq.heappush(heap, (priority, number, page))

    def take(self) -> tuple[int, int] | None:
        """Priority and page of what comes next; None when nothing waits."""
        if not self._leased:
            self._lease()
        return self._leased.popleft() if self._leased else None

    def _lease(self) -> None:
        """One page of each chosen host; of the one that stands for all when the order is strict."""
        self._leases += 1
        by_wait = sorted(
            (host for host, heap in self._heaps.items() if heap), key=lambda host: self._asked.get(host, 0)
        )
        by_best = sorted(by_wait, key=lambda host: self._heaps[host][0][0])
        longest = HOSTS_A_LEASE // LONGEST_WAITING
        for host in dict.fromkeys([*by_best[: HOSTS_A_LEASE - longest], *by_wait[:longest]]):
            priority, _, page = heapq.heappop(self._heaps[host])
            self._leased.append((priority, page))
            self._asked[host] = self._leases


class Crawl:
    """One crawl of the web; breadth-first is one order for all, and no trail ends."""

    def __init__(self, web: Web, *, focused: bool, in_turn: bool) -> None:
        self._web = web
        self._focused = focused
        self._waiting = Waiting(in_turn=in_turn)
        self._hops: dict[int, int] = {}
        self._number: dict[int, int] = {}
        self._parent: dict[int, int] = {}
        self._children: dict[int, list[int]] = {}
        self._done: set[int] = set()
        self._found: set[int] = set()
        self.curve: list[int] = []
        """Known pages found after each fetch."""

    def run(self, fetches: int) -> list[int]:
        """So many fetches, or until nothing waits. Returns the curve."""
        for lead in self._web.leads:
            self._add(lead, 0, None)
        while len(self.curve) < fetches and (chosen := self._waiting.take()):
            priority, page = chosen
            if page not in self._done and priority == self._priority(page):
                self._fetch(page)
        return self.curve

    def _priority(self, page: int) -> int:
        return rules.priority(media=False, hops=self._hops[page], reported=False) if self._focused else 0

    def _put(self, page: int) -> None:
        self._done.discard(page)
        self._waiting.put(self._web.site[page], self._priority(page), self._number[page], page)

    def _fetch(self, page: int) -> None:
        self._done.add(page)
        if page in self._web.known:
            self._found.add(page)
            if self._focused:
                self._renew(page)
        self.curve.append(len(self._found))
        here, hops = self._web.urls[page], self._hops[page]
        for link in self._web.links[page]:
            self._add(link, rules.hops_to(here, self._web.urls[link], hops), page)

    def _add(self, page: int, hops: int, parent: int | None) -> None:
        if self._focused and not rules.is_followed(hops, MAX_HOPS):
            return
        if page not in self._hops:
            self._hops[page], self._number[page] = hops, len(self._number)
            if parent is not None:
                self._children.setdefault(parent, []).append(page)
            self._put(page)
        elif self._focused and hops < self._hops[page]:
            self._nearer(page, hops)

    def _renew(self, page: int) -> None:
        """The trail begins anew here, and what was found on the page is nearer by as much."""
        saved = self._hops[page]
        self._hops[page] = 0
        for child in self._children.get(page, ()):
            if self._hops[child] > saved > 0:
                self._nearer(child, self._hops[child] - saved)

    def _nearer(self, page: int, hops: int) -> None:
        cut_off = self._hops[page] > MAX_HOPS - rules.OTHER_SITE_HOPS
        self._hops[page] = hops
        if page not in self._done or cut_off:
            self._put(page)


ORDERS = {
    "focused": (True, False),
    "breadth-first": (False, False),
    "focused, in turn": (True, True),
    "breadth-first, in turn": (False, True),
}


def simulate(pages: int, seed: int) -> tuple[Web, dict[str, list[int]]]:
    """The web, and for each order the known pages found after each fetch."""
    web = generate(pages, seed)
    runs = {
        name: Crawl(web, focused=focused, in_turn=in_turn).run(len(web.urls))
        for name, (focused, in_turn) in ORDERS.items()
    }
    return web, runs


def share(curve: list[int], fetches: int, known: int) -> float:
    """The share of the known that was found by then; a crawl that has ended finds no more."""
    return curve[min(fetches, len(curve)) - 1] / known


def table(web: Web, runs: dict[str, list[int]]) -> Iterator[str]:
    """The figures as rows of a Markdown table."""
    yield f"{len(web.urls):,} pages, {sum(map(len, web.links)):,} links, {len(web.known):,} pages with something known."
    yield ""
    yield "| order | found after 1 % of the fetches | 5 % | 10 % | 25 % | in the end | fetches until then |"
    yield "|---|---:|---:|---:|---:|---:|---:|"
    for name, curve in runs.items():
        figures = [f"{share(curve, round(part * len(web.urls)), len(web.known)):.1%}" for part in (*SHARES, 1)]
        last = curve.index(curve[-1]) + 1
        yield f"| {name} | {' | '.join(figures)} | {last:,} of {len(curve):,} |"


def is_ahead(web: Web, runs: dict[str, list[int]]) -> bool:
    """Whether the focused crawl has found more at each of the shares, strictly and in turn."""
    return all(
        share(runs[f"focused{how}"], fetches, 1) > share(runs[f"breadth-first{how}"], fetches, 1)
        for how in ("", ", in turn")
        for fetches in (round(part * len(web.urls)) for part in SHARES)
    )


def write_docs(web: Web, runs: dict[str, list[int]], rows: list[str]) -> None:
    """The page's table and its plot."""
    curves = [Curve(name, [each / len(web.known) for each in curve]) for name, curve in runs.items()]
    (DOCS / "focused-crawl.svg").write_text(draw(curves, len(web.urls)), encoding="utf-8")
    page = DOCS / "focused-crawl.md"
    before, _, rest = page.read_text(encoding="utf-8").partition(MARKS[0])
    after = rest.partition(MARKS[1])[2]
    page.write_text("\n".join([before + MARKS[0], *rows, MARKS[1] + after]), encoding="utf-8")


def main() -> int:
    """Run, print, write; 1 when the focused crawl is not ahead."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--pages", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=4)
    parser.add_argument("--dry", action="store_true", help="write no page")
    chosen = parser.parse_args()
    web, runs = simulate(chosen.pages, chosen.seed)
    rows = list(table(web, runs))
    sys.stdout.write("\n".join(rows) + "\n")
    if not chosen.dry:
        write_docs(web, runs, rows)
    return int(not is_ahead(web, runs))


if __name__ == "__main__":
    raise SystemExit(main())
