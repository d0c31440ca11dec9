"""Machines at work while faults are drawn from a seed: what was lost, done twice, or held the others up."""

from __future__ import annotations

import contextlib
import json
import math
import random
import statistics
import threading
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from tests.soak.fleet.faults import FAULTS, Span, Struck, small_disk
from tests.soak.fleet.machines import Hotline, Machine
from tests.soak.fleet.questions import FAILURES, FOUND, FRONTIER, LEASED_BY_NONE_ALIVE, NOT_SENT
from tests.soak.fleet.servers import Servers
from tests.soak.fleet.site import PAGES_OF_ROOM, Site, picture

from orbweaver.fingerprints import pdq

WINDOW_S = 5.0
"""Rates are means over so many seconds."""
AFTERWARDS_S = 20.0
"""How long after a fault the others are still looked at."""
LISTED_WITHIN_S = 60.0
MESSAGES_AT_ONCE = 5


@dataclass
class Size:
    """How large a campaign is."""

    faults: int
    failovers: int
    hosts: int = 24
    host_delay_s: float = 0.4
    lease_s: float = 15.0
    span: Span = field(default_factory=Span)
    rest_s: float = 6.0
    """Between faults."""
    quiet_s: float = 30.0
    """Before the first: what the machines do when nothing happens."""
    backlog: int = 800
    """Addresses that wait at the least while faults are made."""
    minutes: float = math.inf
    """After so long no more faults are drawn."""


@dataclass
class Listed:
    """A change of the lists: how long after its commit each machine had it (seconds)."""

    change: int
    committed: float
    after_s: dict[str, float] = field(default_factory=dict)


class Campaign:
    """``run`` plays it; the figures are what it returns."""

    def __init__(self, room: Path, seed: int, size: Size, mail: dict[str, object], source: Path | None = None) -> None:
        self.room, self.size, self.chance, self.seed = room, size, random.Random(seed), seed
        self.source = source
        self.site = Site(size.hosts)
        self.struck: list[Struck] = []
        self.listed: list[Listed] = []
        self.resumed_after_s: list[float] = []
        self.workers_killed = 0
        self.confirmed: set[str] = set()
        self.rooms = 0
        self.longest_orphans_s = 0.0
        self._feeding = threading.Event()
        self._over = threading.Event()
        self._failures: list[BaseException] = []
        self._mail = mail

    def run(self) -> dict[str, Any]:
        """From two empty servers to the end of the crawl."""
        began = time.monotonic()
        with self._running():
            feeding = self._in_background(self._feed)
            self._in_background(self._look_for_orphans)
            self._in_background(self._see_listed)
            self.wait(lambda: min(self.asked_by().values(), default=0) > 20, 240, "all machines to work")
            self._quiet = (time.monotonic(), time.monotonic() + self.size.quiet_s)
            time.sleep(self.size.quiet_s)
            self.strike_all()
            self._feeding.clear()
            feeding.join(120)  # or a room that is just being opened would be counted after the end
            self._end_crawl()
            figures = self._measure()
        return figures | {"seed": self.seed, "seconds": round(time.monotonic() - began, 1)}

    @contextmanager
    def _running(self) -> Iterator[None]:
        with ExitStack() as stack:
            stack.enter_context(self.site.serve())
            self.servers = Servers(self.room, standby=self.size.failovers > 0)
            stack.callback(self.servers.stop)
            self.hotline = Hotline(self.room, self.servers, self._mail, self.source)
            stack.callback(self.hotline.stop)
            self.hotline.run("migrate")
            self.hotline.run(
                "policy", "set", "authorised_hotline=true", "legal_authority=a campaign of tests",
                f"crawl_host_delay_s={self.size.host_delay_s}", "crawl_max_hops=50",
            )  # fmt: skip
            self.machines = [Machine(number, self.room, self.hotline, self._own()) for number in (1, 2, 3)]
            self.small_disks = [stack.enter_context(small_disk(each)) for each in self.machines]
            self.hotline.start()
            for each in self.machines:
                stack.callback(each.kill)
                each.start()
            stack.callback(self._over.set)
            yield

    def _own(self) -> dict[str, object]:
        return {
            "network_allow": ",".join(f"{host}:*" for host in self.site.hosts),
            "decode_workers": 1,
            "crawl_lease_s": self.size.lease_s,
            "crawl_concurrency": 16,
            "ledger": "true",
        }

    def _in_background(self, what: Callable[[], None]) -> threading.Thread:
        def kept() -> None:
            try:
                what()
            except BaseException as error:
                self._failures.append(error)
                raise

        thread = threading.Thread(target=kept, daemon=True)
        thread.start()
        return thread

    def wait(self, condition: Callable[[], bool], seconds: float, what: str) -> None:
        """With machines that ended started again, as systemd would."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert not self._failures, self._failures
            assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
            self._keep_up()
            time.sleep(0.25)

    def _keep_up(self) -> None:
        for each in self.machines:
            each.keep_up()

    # What there is to do

    def _feed(self) -> None:
        """Open another room whenever little waits, and write messages."""
        self._feeding.set()
        while self._feeding.is_set():
            if 2 * PAGES_OF_ROOM * self.rooms - len(self.site.asked) < self.size.backlog:
                self._open_room()
            time.sleep(0.1)

    def _open_room(self) -> None:
        number = self.rooms
        known = [pdq(picture(each))[0] for each in self.site.known(number)]
        done = self.hotline.tell("room", url=self.site.url(self.site.pages(number)[0]), known=known)
        self.rooms += 1
        self.listed.append(Listed(done["change"], done["committed"]))
        self.confirmed |= set(self.hotline.tell("messages", count=MESSAGES_AT_ONCE))

    def _see_listed(self) -> None:
        """When each machine has each change."""
        try:
            while not self._over.is_set():
                for machine in self.machines:
                    self._note_listed(machine.name, machine.index_position(), time.monotonic())
                time.sleep(0.02)
        finally:
            for machine in self.machines:
                machine.close_index()

    def _note_listed(self, name: str, position: int, at: float) -> None:
        for listed in reversed(self.listed):
            if listed.committed < at - LISTED_WITHIN_S:
                break
            if listed.change <= position:
                listed.after_s.setdefault(name, at - listed.committed)

    def _look_for_orphans(self) -> None:
        """How long addresses were leased by nobody, or by one who no longer says that it lives."""
        since: float | None = None
        while not self._over.is_set():
            with contextlib.suppress(psycopg.Error):
                [(lost,)] = self.servers.primary.ask(LEASED_BY_NONE_ALIVE)
                at = time.monotonic()
                since = (since or at) if lost else None
                if since is not None:
                    self.longest_orphans_s = max(self.longest_orphans_s, at - since)
            time.sleep(1)

    # What is done to them

    def strike_all(self) -> None:
        """Everything that is drawn, one after the other, as far as the time reaches."""
        every = self.size.faults // (self.size.failovers + 1) or 1
        end = time.monotonic() + self.size.minutes * 60
        for number in range(self.size.faults):
            assert not self._failures, self._failures
            if time.monotonic() > end:
                break
            self._strike_one()
            self._rest()
            if (number + 1) % every == 0 and (number + 1) // every <= self.size.failovers:
                self._fail_over()
                self._rest()

    def _rest(self) -> None:
        end = time.monotonic() + self.size.rest_s
        while time.monotonic() < end:
            self._keep_up()
            time.sleep(0.25)

    def _strike_one(self) -> None:
        machine = self.chance.choice(self.machines)
        kinds = [kind for kind in FAULTS if kind != "full disk" or self.small_disks[self.machines.index(machine)]]
        [kind] = self.chance.choices(kinds, [FAULTS[each][1] for each in kinds])
        struck = Struck(kind, machine.name, time.monotonic())
        self.struck.append(struck)
        struck.caught = FAULTS[kind][0](machine, self.servers, self.size.span, self.chance)
        self._ended(struck)

    def _fail_over(self) -> None:
        """The primary dies with all machines at work, each second time with the hotline's worker, which sends; how long
        until something is recorded again."""
        struck = Struck("failover", "", time.monotonic())
        self.struck.append(struck)
        if len(self.resumed_after_s) % 2 == 0:
            self.hotline.kill_worker()
            self.workers_killed += 1
        self.servers.fail_over(notice_s=self.chance.uniform(1, 4))
        self.hotline.start_worker()
        before = self._done()
        self.wait(lambda: self._done() > before, 120, "work to go on after a failover")
        self.resumed_after_s.append(time.monotonic() - struck.began)
        self.servers.follow()
        self._ended(struck)

    def _ended(self, struck: Struck) -> None:
        """One line a fault, for who looks on."""
        struck.ended = time.monotonic()
        told = {
            "fault": len(self.struck),
            "kind": struck.kind,
            "machine": struck.machine,
            "seconds": round(struck.ended - struck.began, 1),
            "addresses": len(self.site.asked),
            "longest_orphans_s": round(self.longest_orphans_s, 1),
        }
        print(json.dumps(told), flush=True)

    # What came of it

    def _done(self) -> int:
        return int(self.servers.primary.ask("SELECT count(*) FROM crawl_frontierurl WHERE state = 3")[0][0])

    def _end_crawl(self) -> None:
        """Until all is done, and all messages have left."""
        addresses = 2 * PAGES_OF_ROOM * self.rooms
        self.wait(lambda: self._done() >= addresses, 900, "all addresses to be done")
        self.wait(lambda: not self.servers.primary.ask(NOT_SENT)[0][0], 300, "all messages to be sent")
        self.ends = [each.stop() for each in self.machines]

    def _measure(self) -> dict[str, Any]:
        ask = self.servers.primary.ask
        addresses = 2 * PAGES_OF_ROOM * self.rooms
        [(known, done, failed)] = ask(FRONTIER)
        expected = sum(len(self.site.known(room)) for room in range(self.rooms))
        [(sightings, places, matches, images)] = ask(FOUND)
        messages = {row[0] for row in ask("SELECT message_id FROM notices_outboxmessage")}
        return {
            "faults": dict(Counter(each.kind for each in self.struck)),
            "caught_in_a_transaction": sum(each.caught for each in self.struck if each.kind == "powerless"),
            "addresses": addresses,
            "lost": addresses - known,
            "not_done": known - done,
            "failed": failed,
            "failures": [list(row) for row in ask(FAILURES)],
            "said": {each.name: each.errors() for each in self.machines},
            "never_asked": addresses - len(self.site.asked),
            "requests_beyond_one": sum(self.site.asked.values()) - len(self.site.asked),
            "leased_at_the_end": ask("SELECT count(*) FROM crawl_frontierurl WHERE state = 1")[0][0],
            "longest_orphans_s": round(self.longest_orphans_s, 1),
            "workers_killed": self.workers_killed,
            "expected_sightings": expected,
            "sightings": sightings,
            "sightings_twice": sightings - places,
            "matches": matches,
            "images_counted_beyond_one": int(images) - addresses // 2,
            "evidence_missed": ask("SELECT count(*) FROM matching_missedevidence")[0][0],
            "messages": len(messages),
            "messages_committed_and_lost": len(self.confirmed - messages),
            "exit_codes": self.ends,
            "crawlers_that_ended_by_themselves": sum(each.restarts for each in self.machines),
            **self._speeds(),
            **self._list_changes(),
            "failovers_resumed_after_s": [round(each, 1) for each in self.resumed_after_s],
        }

    def asked_by(self) -> Counter[str]:
        """How many addresses each machine asked for."""
        return Counter({each.name: 0 for each in self.machines}) + Counter(name for _, name in list(self.site.log))

    def rates(self, names: Sequence[str], begin: float, end: float) -> list[tuple[float, float]]:
        """Addresses a second that these machines asked for together, in a window that ends at each second."""
        times = [at for at, name in self.site.log if name in names]
        found, at = [], begin
        while at <= end:
            inside = bisect_left(times, at) - bisect_left(times, at - WINDOW_S)
            found.append((at, inside / WINDOW_S))
            at += 1.0
        return found

    def _speeds(self) -> dict[str, Any]:
        """What the machines did undisturbed, and the longest time that a fault on one took the others below half."""
        worst: dict[str, float] = {}
        begin, end = self._quiet
        all_of = [each.name for each in self.machines]
        usual = {
            name: statistics.mean(
                rate for _, rate in self.rates([each for each in all_of if each != name], begin + WINDOW_S, end)
            )
            for name in all_of
        }
        for each in self.struck:
            if each.machine:
                others = [name for name in all_of if name != each.machine]
                found = self.rates(others, each.began, min(each.ended + AFTERWARDS_S, self._failover_after(each)))
                worst[each.kind] = max(worst.get(each.kind, 0.0), longest_below(found, usual[each.machine] / 2))
        return {
            "usual_rate": round(self.rates(all_of, end, end)[0][1], 1),
            "others_usual_rate": {name: round(rate, 1) for name, rate in usual.items()},
            "longest_below_half_s": worst,
        }

    def _failover_after(self, struck: Struck) -> float:
        """When all stood still next, and not for what one machine had."""
        return min(
            (each.began for each in self.struck if not each.machine and each.began > struck.began), default=math.inf
        )

    def _list_changes(self) -> dict[str, Any]:
        """How fast changes reached the machines that nothing was done to at that time."""
        found = sorted(
            seconds
            for listed in self.listed
            for name, seconds in listed.after_s.items()
            if not self._disturbed(name, listed.committed - 15.0, listed.committed + 1.0)
        )
        missed = sum(
            machine.name not in listed.after_s
            and not self._disturbed(machine.name, listed.committed - 15.0, listed.committed + LISTED_WITHIN_S)
            for listed in self.listed[:-1]
            for machine in self.machines
        )
        return {
            "list_changes": len(self.listed),
            "list_changes_seen": len(found),
            "list_changes_missed": missed,
            "list_change_median_s": round(statistics.median(found), 3) if found else None,
            "list_change_longest_s": round(found[-1], 3) if found else None,
            "list_changes_above_1_s": sum(seconds > 1.0 for seconds in found),
        }

    def _disturbed(self, name: str, begin: float, end: float) -> bool:
        return any(
            each.machine in ("", name) and each.began <= end and (each.ended or end) >= begin for each in self.struck
        )


def longest_below(rates: Sequence[tuple[float, float]], floor: float) -> float:
    """The longest time (seconds) for which the rate stayed below this."""
    longest, since = 0.0, None
    for at, rate in rates:
        since = (since if since is not None else at) if rate < floor else None
        longest = max(longest, at - since if since is not None else 0.0)
    return longest
