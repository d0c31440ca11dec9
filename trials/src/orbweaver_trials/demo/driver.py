"""Plays the whole loop once: starts the world and an installation, has people do their part, waits, compares."""

from __future__ import annotations

import datetime as dt
import json
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from orbweaver.platform.clock import now
from orbweaver_trials.demo.browser import Browser, ask, patiently
from orbweaver_trials.demo.faults import Saboteur
from orbweaver_trials.demo.hashlist import LIST_NAME, write_list
from orbweaver_trials.demo.observer import (
    Observer,
    Snapshot,
    enter_providers,
    give_client_a_provider,
)
from orbweaver_trials.demo.outcome import Check, Evidence, checks, reminders
from orbweaver_trials.demo.people import (
    ADMINISTRATOR,
    ANALYSTS,
    OTHERS,
    Analyst,
    add_lead,
    add_others,
    renew,
    report_page,
    set_up,
)
from orbweaver_trials.demo.plan import (
    BOARD,
    EXHIBITS,
    FIRST_EXHIBITS,
    HOSTS,
    LEFT_FILM,
    LEFT_TO_DO,
    QUICK,
    all_items,
    expected_notices,
    fillers,
    first_items,
    picture_path,
    pictures_of,
)
from orbweaver_trials.demo.processes import DemoFailed, Service, run_command
from orbweaver_trials.demo.sites import LATER_PAGE, REPORTED_PAGE
from orbweaver_trials.demo.stages import Stages
from orbweaver_trials.demo.surroundings import clock_settings, free_port, settings_for

READY_S = 900.0
"""Longest time that the installation may take to start."""
PATIENCE_S = 600.0
"""Longest time in which nothing goes on before it is called stuck. On a busy machine all takes longer, yet goes on."""
POLL_S = 0.5
RENEW_AFTER = dt.timedelta(days=120)
"""Domain time, as it passes in 24 minutes: courses and agreements that lapse after a year would lock everybody out."""

REPOST_SAYS = {
    "seen": "was found by itself",
    "live": "is with its provider",
    "gone_once": "was seen to be gone",
    "removed": "is confirmed to be removed",
}
"""What is said of a re-post, by what is known of it."""


@dataclass(frozen=True)
class Outcome:
    """What a run showed. ``figures`` as ``orbweaver figures --json`` prints them."""

    figures: dict[str, Any]
    checks: list[Check]
    ledger: dict[str, Any]
    seconds: float
    restarts: int
    kills: list[dict[str, Any]]
    setbacks: list[str]

    @property
    def ok(self) -> bool:
        """Whether everything happened as it had to."""
        return all(check.ok for check in self.checks)


def _first_round_is_in(seen: Snapshot) -> bool:
    """Whether everything waits for people that the first lead and the report lead to."""
    return len(seen.suspected_urls) >= len(FIRST_EXHIBITS) and seen.items >= first_items()


@dataclass
class Demo:
    """One run in a folder of its own. ``environment`` is the scrubbed one that all its programs get."""

    room: Path
    environment: dict[str, str]
    stages: Stages
    patience_s: float = PATIENCE_S
    saboteur: Saboteur | None = None
    when_ready: Callable[[], None] | None = None
    """Called once people can sign in, where it stays: they look around while the rest is played."""
    address: str = ""
    world: dict[str, Any] = field(default_factory=dict)
    analysts: list[Analyst] = field(default_factory=list)
    _administrator: Browser = field(default_factory=Browser)
    _services: list[Service] = field(default_factory=list)
    _stop_work: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _began: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self._observer = Observer(self.room / "data")

    def play(self) -> Outcome:
        """The whole run. Raises DemoFailed when a part does not start; what did not happen is in the outcome."""
        self._start_world()
        self._start_installation()
        self._staff()
        if self.when_ready is not None:
            self.when_ready()
        self._enter_world()
        self._begin()
        last = self._follow()
        return self._compare(last)

    def _start_world(self) -> None:
        self.environment |= clock_settings()
        service = Service(
            "orbweaver_trials.demo.world", [str(self.room / "ledger.json")], self.environment, self._log("world")
        )
        self._services.append(service)
        service.start()
        self.world = service.wait_for(READY_S)
        self.stages.say("The world is there: five web sites, their providers, a mail server.")

    def _log(self, name: str) -> Path:
        return self.room / f"{name}.log"

    def _start_installation(self) -> None:
        port = free_port()
        self.address = f"http://127.0.0.1:{port}"
        self.environment |= settings_for(self.room / "data", port, self.world)
        os.environ.update(self.environment)
        service = Service(
            "orbweaver", ["up", "--json", "--port", str(port), "--api-port", "0"], self.environment, self._log("up")
        )
        self._services.append(service)
        service.start()
        rows = write_list(self.room / "list.csv")
        self.stages.say(f"A list of {rows} hashes is written; Orbweaver starts.")
        service.wait_for(READY_S, event="state", part="web", state="running")
        self.stages.say(f"Orbweaver runs at {self.address}")

    @property
    def installation(self) -> Service:
        """The running ``orbweaver up``."""
        return self._services[1]

    def _staff(self) -> None:
        link = self.installation.wait_for(READY_S, event="setup_link")["url"]
        self._administrator = set_up(link, self.address, now().date())

    def _enter_world(self) -> None:
        """What nobody needs to sign in."""
        arguments = ["lists", "import", str(self.room / "list.csv"), "--list", LIST_NAME, "--json"]
        run_command(arguments, self.environment)
        enter_providers(self._observer, now())
        if self.when_ready is not None:
            give_client_a_provider(self._observer, now())
        self.stages.say("An administrator, three trained analysts, the list and five providers are entered.")

    def _begin(self) -> None:
        self._add_lead(self.world["hosts"][BOARD.name] + "/")
        reported = self.world["hosts"][BOARD.name] + REPORTED_PAGE
        patiently(lambda: report_page(self.address, reported), meanwhile=self.tick)
        self.stages.update("lead", 2, 3)
        truth = ask(self.world["control"] + "/truth", self.tick)
        left = self._leave_work() if self.when_ready is not None else frozenset()
        self.analysts = [Analyst(self.address, email, truth, left) for email in ANALYSTS]

    def _let_analysts_in(self) -> None:
        """Their day begins when the crawler's first round is in: what looks alike waits together by then."""
        for analyst in self.analysts:
            thread = threading.Thread(target=analyst.work, args=(self._stop_work,), daemon=True)
            self._threads.append(thread)
            thread.start()
        self.stages.say("Three analysts sign in and begin.")

    def _add_lead(self, url: str) -> None:
        patiently(lambda: add_lead(self._administrator, self.address, url), meanwhile=self.tick)

    def _follow(self) -> Snapshot:
        """Wait until everything that must happen has, or nothing goes on; add the second lead when it is time."""
        led = False
        last: Snapshot | None = None
        reached, since = -1, time.monotonic()
        while time.monotonic() < since + self.patience_s:
            self.tick()
            seen = self._observer.read()
            if seen is not None:
                last = seen
                self._show(seen)
                if self.stages.reached_in_all() > reached:
                    reached, since = self.stages.reached_in_all(), time.monotonic()
                if not self._threads and _first_round_is_in(seen):
                    self._let_analysts_in()
                if not led and seen.reports_assessed and seen.decided >= first_items() and not seen.unconfirmed:
                    self._add_lead(self.world["hosts"][QUICK.name] + LATER_PAGE)
                    led = True
                    self.stages.update("lead", 3, 3)
                if led and self._is_over(seen):
                    break
            time.sleep(POLL_S)
        if last is None:
            raise DemoFailed("The database could never be read.")
        return last

    def tick(self) -> None:
        """Start again what ended, as an init system would. Main thread only."""
        if self.saboteur is not None:
            self.saboteur.strike(self.installation, self.stages)
        if not self.installation.is_running():
            self.installation.start()

    def ledger(self) -> dict[str, Any]:
        """The world's book as it stands."""
        book: dict[str, Any] = ask(self.world["control"] + "/ledger")
        return book

    def _show(self, seen: Snapshot) -> None:
        pictures = sum(len(pictures_of(host)) for host in HOSTS)
        told = len(seen.urls)
        states = list(seen.urls.values())
        gone = states.count("removed")
        self.stages.update("crawl", seen.pages, sum(1 + len(host.albums) for host in HOSTS) + 2)
        self.stages.update("fingerprint", seen.figures.images_processed, pictures)
        self.stages.update("match", len(seen.suspected_urls), len(EXHIBITS) - 1)
        self.stages.update("review", seen.decided, max(seen.items, all_items()))
        self.stages.update("notice", seen.figures.notified_urls + seen.unsure_urls, len(expected_notices()))
        self.stages.update("recheck", seen.rechecks, max(2 * told, 2))
        self.stages.update("removal", gone, sum(exhibit.goes for exhibit in expected_notices()))

    def _is_over(self, seen: Snapshot) -> bool:
        """Whether only the comparison is left to do."""
        unfinished = [name for name in self.stages.open_names() if name != "figures"]
        return not unfinished and not self._missing_reminders()

    def _missing_reminders(self) -> int:
        book = self.ledger()
        reminded = {url for mail in reminders(book["mails"]) for url in mail["urls"]}
        kept = [exhibit for exhibit in expected_notices() if not exhibit.goes]
        return sum(self.world["hosts"][each.host.name] + each.path not in reminded for each in kept)

    def _compare(self, last: Snapshot) -> Outcome:
        self.rest()
        setbacks = [problem for analyst in self.analysts for problem in analyst.setbacks]
        figures = run_command(["figures", "--json"], self.environment)[0]
        seen = Evidence(
            hosts=self.world["hosts"],
            ledger=self.ledger(),
            url_states=last.urls,
            suspected_urls=last.suspected_urls,
            figures=figures,
            looks_made=sum(analyst.looks for analyst in self.analysts),
            push_backs=last.push_backs,
            films_seen=frozenset(seed for analyst in self.analysts for seed in analyst.films_seen),
            looks_cut=sum(analyst.looks_cut for analyst in self.analysts),
            unsure_notices=last.unsure_notices,
            doubtful_urls=last.doubtful_urls,
        )
        found = checks(seen)
        self.stages.update("figures", sum(check.ok for check in found), len(found))
        return Outcome(
            figures=figures,
            checks=found,
            ledger=dict(seen.ledger),
            seconds=round(time.monotonic() - self._began, 1),
            restarts=self.installation.starts - 1,
            kills=self.saboteur.done if self.saboteur else [],
            setbacks=setbacks,
        )

    def rest(self) -> None:
        """Let the analysts finish what they have in hand and go home."""
        self._stop_work.set()
        for thread in self._threads:
            thread.join(10)

    def let_everybody_in(self) -> list[str]:
        """Enter somebody for every role that the loop itself does not need; the addresses of all who may sign in."""
        add_others(self._administrator, self.address, now().date())
        return [ADMINISTRATOR, *ANALYSTS, *OTHERS]

    @property
    def sign_ins_page(self) -> str:
        """Where the world shows who may sign in, and what waits for them."""
        return f"{self.world['control']}/?at={quote(self.address, safe='')}"

    def _leave_work(self) -> frozenset[str]:
        """The public reports pictures that nobody judges here: they wait in the queue of whoever looks around.

        Returns the ends of their addresses.
        """
        filled = [(host, picture_path(fillers(host, album)[0])) for host, album in LEFT_TO_DO]
        left = {self.world["hosts"][host.name] + path: path for host, path in filled}
        self._observer.left = frozenset(left)
        for url in left:
            patiently(lambda url=url: report_page(self.address, url), meanwhile=self.tick)  # type: ignore[misc]
        self.stages.say("Reported pictures are on their way into the queue: they are left to you.")
        return frozenset(left.values())

    def leave_film(self) -> None:
        """The same of a film: once all is compared, as some of its scenes are known ones."""
        url = self.world["hosts"][LEFT_FILM.host.name] + LEFT_FILM.path
        patiently(lambda: report_page(self.address, url), meanwhile=self.tick)

    def stay(self, until: Callable[[], bool]) -> None:
        """Leave everything running until told otherwise.

        A user posts again what was removed. Nobody does anything about it: what becomes of it is said as it happens.
        """
        url, posted_at, told = self._post_again(), now(), ""
        renewed_at = now()
        while not until():
            self.tick()
            if now() - renewed_at > RENEW_AFTER:
                renewed_at = now()
                patiently(lambda: renew(self.address, now().date()), meanwhile=self.tick)
            state = self._state_of(url)
            if state not in ("", told):
                days = (now() - posted_at) / dt.timedelta(days=1)
                self.stages.say(f"What was posted again {REPOST_SAYS.get(state, state)}, {days:.1f} days later.")
                told = state
            time.sleep(POLL_S)

    def _post_again(self) -> str:
        browser, control = Browser(), self.world["control"]
        url: str = json.loads(browser.post(browser.get(control + "/ledger"), control + "/post-again", []).body)["url"]
        self.stages.say(f"A user of {BOARD.provider} posts again what was removed, at {url}")
        return url

    def _state_of(self, url: str) -> str:
        """How far a place has come: nothing, seen, or the state of its address in a notice."""
        seen = self._observer.read()
        if seen is None:
            return ""
        return seen.urls.get(url, "seen" if url in seen.suspected_urls else "")

    def close(self) -> None:
        """End everything, the installation before the world."""
        self.rest()
        for service in reversed(self._services):
            service.stop()
