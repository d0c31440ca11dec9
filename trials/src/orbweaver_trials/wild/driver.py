"""Plays the wild world: starts it and an installation, has people work, waits, and holds both against each other."""

from __future__ import annotations

import datetime as dt
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from orbweaver.platform.clock import get_clock, now
from orbweaver_trials.demo.browser import Browser, PageProblem, ask, patiently
from orbweaver_trials.demo.observer import Observer, give_client_a_provider
from orbweaver_trials.demo.people import add_lead, add_others, sign_in
from orbweaver_trials.demo.processes import Service, run_command
from orbweaver_trials.demo.surroundings import FIXED, TIRELESS, clock_settings, free_port
from orbweaver_trials.wild.desk import Desk
from orbweaver_trials.wild.judgement import AT_ONCE, Case, Evidence, cases, stills, unplayed
from orbweaver_trials.wild.plan import Plan
from orbweaver_trials.wild.police import identify
from orbweaver_trials.wild.registry import LATER_LIST_NAME, LIST_NAME, write_list, write_parties
from orbweaver_trials.wild.staff import ADMINISTRATOR, STAFF, VISITORS, Analyst, Seen, address_of, set_up
from orbweaver_trials.wild.testimony import Reading, read_desk, read_notices

READY_S: Final = 900.0
DRAW_S: Final = 900.0
"""Longest time until the pictures of a round are drawn, on a busy machine."""
FIND_S: Final = 420.0
"""Longest time from the first answer until everything that can be found is found and judged."""
FIRST_S: Final = 1_200.0
"""Longest time until the first answer: on a busy machine the crawl begins late, and days without it show nothing."""
CALM_S: Final = 20.0
"""Nothing new for so long: the crawl and the analysts have what there is."""
PLAY_S: Final = 130.0
"""How long the world is played from then on; some eleven days in its own time."""
POLICE_S: Final = 25.0
POLL_S: Final = 20.0
OBJECTING: Final = "Objects Provider"
"""Whose notices the client of industry sees when the world stays: one that answered."""
ANALYSTS: Final = ("ada", "ben", "cleo", "sena")

Say = Callable[[str], None]


@dataclass(frozen=True)
class Outcome:
    """What a run showed."""

    figures: dict[str, Any]
    cases: list[Case]
    unplayed: list[str]
    waiting: list[str]
    stills_seen: int
    stills_expected: int
    book: dict[str, Any]
    plan: Plan
    seconds: float
    days: float
    setbacks: list[str]
    answered: dict[str, int]
    restarts: int

    @property
    def ok(self) -> bool:
        """Whether everything was played, and nothing is wrong but what no hash could have found."""
        wrong = [case for case in self.cases if not case.beyond]
        return not wrong and not self.unplayed and self.stills_seen >= self.stills_expected


@dataclass
class Wild:
    """One run in a folder of its own. ``environment`` is the scrubbed one that all its programs get."""

    room: Path
    environment: dict[str, str]
    plan: Plan
    say: Say
    play_s: float = PLAY_S
    address: str = ""
    world: dict[str, Any] = field(default_factory=dict)
    seen: Seen = field(default_factory=Seen)
    earlier: list[tuple[dt.datetime, Reading]] = field(default_factory=list)
    identified_at: dict[str, dt.datetime] = field(default_factory=dict)
    """Series → when police spoke."""
    setbacks: list[str] = field(default_factory=list)
    _analysts: list[Analyst] = field(default_factory=list)
    _administrator: Browser = field(default_factory=Browser)
    _services: list[Service] = field(default_factory=list)
    _stop_work: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _began: float = field(default_factory=time.monotonic)

    def play(self) -> Outcome:
        """The whole run. Raises DemoFailed when a part does not start."""
        self._start_world()
        self._start_installation()
        self._prepare()
        self._follow()
        return self._compare()

    # --------------------------------------------------------------------------------------------- beginning

    def _start_world(self) -> None:
        self.environment |= clock_settings()
        arguments = [str(self.room), str(self.plan.rounds)]
        service = Service("orbweaver_trials.wild.world", arguments, self.environment, self.room / "world.log")
        self._services.append(service)
        service.start()
        self.world = service.wait_for(READY_S)
        self.environment |= self.world["names"]
        self.say(f"The world is there: {len(self.plan.hosts)} hosts, {len(self.plan.places)} known pictures.")

    def _start_installation(self) -> None:
        port = free_port()
        self.address = f"http://127.0.0.1:{port}"
        self.environment |= settings_for(self.room / "data", port, self.world, self.plan)
        os.environ.update(self.environment)
        service = Service(
            "orbweaver",
            ["up", "--json", "--port", str(port), "--api-port", "0"],
            self.environment,
            self.room / "up.log",
        )
        self._services.append(service)
        service.start()
        service.wait_for(READY_S, event="ready")
        self.say(f"Orbweaver runs at {self.address}")

    def _prepare(self) -> None:
        link = self._services[1].wait_for(READY_S, event="setup_link")["url"]
        self._administrator = set_up(link, self.address, now().date())
        write_parties(self.room / "parties.csv", self.plan)
        self._run(["providers", "import", str(self.room / "parties.csv"), "--json"])
        self._analysts = [Analyst(self.address, name, self.plan, self.seen) for name in ANALYSTS]
        patiently(lambda: Browser().get(self.world["control"] + "/drawn"), within_s=DRAW_S * self.plan.rounds)
        self.say("Seven people and all providers are entered.")
        for analyst in self._analysts:
            thread = threading.Thread(target=analyst.work, args=(self._stop_work,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _import(self, path: Path, name: str) -> None:
        self._run(["lists", "import", str(path), "--list", name, "--supplier", "NCMEC", "--json"])

    def _run(self, arguments: list[str]) -> list[Any]:
        """What a command of the installation prints."""
        return run_command(arguments, self.environment)

    # --------------------------------------------------------------------------------------------- the days

    def _follow(self) -> None:
        """Let people find and judge what there is; then let the days go by."""
        manager = sign_in(self.address, address_of("mia"))
        desk = Desk(manager, self.address, self.world["control"], self.plan)
        self._patiently(desk.enter_forms)
        for number in range(self.plan.rounds):
            self._round(number, manager, desk)
        self.setbacks += desk.setbacks

    def _round(self, number: int, manager: Browser, desk: Desk) -> None:
        write_list(self.room / "list.csv", self.plan, number)
        self._import(self.room / "list.csv", LIST_NAME)
        add_lead(self._administrator, self.address, f"{self.world['lead']}{number}/")
        self._until_calm()
        answered = sum(analyst.answered for analyst in self._analysts)
        self.say(f"What there is was found and judged: {answered} answers. A later list comes; the days go by.")
        write_list(self.room / "later.csv", self.plan, number, later=True)
        self._import(self.room / "later.csv", LATER_LIST_NAME)
        start = time.monotonic()
        self._days(manager, desk, POLICE_S)
        self._patiently(lambda: self._police(number))
        left = self.play_s - (time.monotonic() - start)
        self._days(manager, desk, max(left, get_clock().real_seconds(2 * AT_ONCE)))

    def _days(self, manager: Browser, desk: Desk, seconds: float) -> None:
        """Let time go by while the manager looks in; on a busy machine one look takes longer than all of it."""
        start = time.monotonic()
        while True:
            self._tick()
            self._patiently(lambda: self._look_in(manager, desk))
            left = seconds - (time.monotonic() - start)
            if left <= 0:
                return
            time.sleep(min(POLL_S, left))

    def _police(self, number: int) -> None:
        title = self.plan.series[number]
        self.identified_at[title] = identify(self.address, title)
        self.say("Police have identified a child.")

    def _look_in(self, manager: Browser, desk: Desk) -> None:
        testimony = read_notices(manager, self.address, self.plan)
        self.earlier += [(now(), each) for each in testimony.readings if each.outcome != "there"]
        desk.work()

    def _patiently(self, deed: Callable[[], None]) -> None:
        try:
            deed()
        except PageProblem as problem:
            self.setbacks.append(str(problem))

    def _until_calm(self) -> None:
        """Wait until neither the crawl nor the analysts come to anything new."""
        changed = time.monotonic()
        until = changed + FIRST_S
        before: tuple[int, ...] = ()
        while time.monotonic() < min(until, changed + CALM_S):
            self._tick()
            book = self.book()
            after = (sum(analyst.answered for analyst in self._analysts), len(book["pages"]), len(book["served"]))
            if after[0] and not (before and before[0]):
                until = time.monotonic() + FIND_S
            if after != before or not after[0]:
                before, changed = after, time.monotonic()
            time.sleep(1.0)

    def _tick(self) -> None:
        """Start the installation again where it ended, as an init system would."""
        if not self._services[1].is_running():
            self._services[1].start()

    def book(self) -> dict[str, Any]:
        """The world's book as it stands."""
        book: dict[str, Any] = ask(self.world["control"] + "/book")
        return book

    # ------------------------------------------------------------------------------------------- looking around

    def let_everybody_in(self) -> dict[str, str]:
        """Enter somebody for every role that nobody works in; who may sign in → their role."""
        add_others(self._administrator, self.address, now().date(), VISITORS)
        give_client_a_provider(Observer(self.room / "data"), now(), OBJECTING)
        staff = {address_of(name): role for name, role in STAFF.items()}
        visitors = {email: role.value for email, role in VISITORS.items()}
        return {ADMINISTRATOR: "administrator", **staff, **visitors}

    def stay(self) -> None:
        """Leave everything running until it is interrupted."""
        while True:
            self._tick()
            time.sleep(1.0)

    # ---------------------------------------------------------------------------------------------- the end

    def _compare(self) -> Outcome:
        self.rest()
        manager = patiently(lambda: sign_in(self.address, address_of("mia")))
        testimony = read_notices(manager, self.address, self.plan)
        read_desk(manager, self.address, testimony)
        evidence = Evidence(
            plan=self.plan,
            book=self.book(),
            now=now(),
            readings=testimony.readings,
            earlier=self.earlier,
            texts=testimony.texts,
            states=testimony.states,
            items=frozenset(self.seen.items),
            addresses=frozenset(self.seen.again),
            blind=self.seen.blind,
            scenes={key: frozenset(found) for key, found in self.seen.scenes.items()},
            neighbours=self.seen.neighbours,
            identified_at=self.identified_at,
        )
        seen, expected = stills(evidence)
        epoch = dt.datetime.fromisoformat(self.environment["ORBWEAVER_CLOCK_EPOCH"])
        return Outcome(
            figures=self._run(["figures", "--json"])[0],
            cases=cases(evidence),
            unplayed=[*unplayed(evidence), *(f"not read: {each}" for each in testimony.unread)],
            waiting=self._waiting(),
            stills_seen=seen,
            stills_expected=expected,
            book=dict(evidence.book),
            plan=self.plan,
            seconds=round(time.monotonic() - self._began, 1),
            days=round((now() - epoch) / dt.timedelta(days=1), 1),
            setbacks=[*self.setbacks, *(problem for each in self._analysts for problem in each.setbacks)],
            answered={analyst.name: analyst.answered for analyst in self._analysts},
            restarts=self._services[1].starts - 1,
        )

    def _waiting(self) -> list[str]:
        """What still waits in the queue, and where it was seen."""
        try:
            browser = sign_in(self.address, address_of("sena"))
            rows = browser.get(f"{self.address}/queue/").tree.css("tbody tr")
        except PageProblem as problem:
            return [str(problem)]
        return [" ".join(row.text(separator=" ").split()) for row in rows]

    def rest(self) -> None:
        """Let the analysts finish what they have in hand."""
        self._stop_work.set()
        for thread in self._threads:
            thread.join(10)

    def close(self) -> None:
        """End everything, the installation before the world."""
        self.rest()
        for service in reversed(self._services):
            service.stop()


def settings_for(data_dir: Path, port: int, world: dict[str, Any], plan: Plan) -> dict[str, str]:
    """The settings of the installation, as its operator would choose them by the documents."""
    reached = [f"{host.address}:*" for host in plan.hosts]
    chosen = (
        FIXED
        | TIRELESS
        | {
            "DATA_DIR": str(data_dir),
            "KEYS_DIR": str(data_dir / "keys"),
            "BASE_URL": f"http://127.0.0.1:{port}",
            "NETWORK_ALLOW": ",".join([*reached, "127.0.99.1:*", "127.0.99.2:*"]),
            "SMTP_HOST": world["smtp_host"],
            "SMTP_PORT": str(world["smtp_port"]),
            "HOTLINE_DOMAIN": "hotline.example",
            "HOTLINE_CONTACT": "notices@hotline.example",
            "BOUNCE_ADDRESS": "bounces@hotline.example",
            "MAIL_DIR": world["mail_dir"],
            "JOURNAL_WAIT_MINUTES": "0.05",
            "DISCOVER_CONTACTS": "false",
            "HOST_LOOKUP_MINUTES": "720",
            "NOTICE_REMINDER_HOURS": "48",
            "NOTICE_TOGETHER": "false",  # this world's book is kept by the mail of each notice
            "ALERT_MAIL_HOURS": "0",  # nor of what its own people are mailed
            "RECHECK_INTERVAL_MINUTES": "720",
            "RECHECK_CONFIRM_MINUTES": "360",
            "RECHECK_PROXY": world["proxy"],
            "REVIEW_ACTS_ALONE_ASSESSMENTS": "1",
            "REVIEW_REQUIRED_CSAM": "1",
            "POLICY_EXACT_VERIFIED": "false",
            "LIAISON_ADDRESS": "liaison@hotline.example",
            "CRAWL_HOST_DELAY_S": "0.1",
            "CRAWL_TOTAL_TIMEOUT_S": "20",
        }
    )
    return {f"ORBWEAVER_{name}": value for name, value in chosen.items()}
