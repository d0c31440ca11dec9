"""The hotline's year: pictures are found and assessed, the worker does what falls due, step after step.

The clock stands still and is set forward twelve hours a step (``ORBWEAVER_CLOCK_SPEED=0``). The worker is the one of
``orbweaver worker``: notices leave by SMTP, rechecks come by HTTP, providers answer through the link in their mail.
"""

from __future__ import annotations

import datetime as dt
import os
import random
import threading
import urllib.request
import wsgiref.simple_server
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from orbweaver.assess.criteria import Answers, Category
from orbweaver.platform.config import forget
from orbweaver.platform.settings import PlatformSettings
from orbweaver_trials.demo import pictures
from orbweaver_trials.demo.surroundings import FIXED, TIRELESS
from orbweaver_trials.demo.year.characters import Character, Host
from orbweaver_trials.demo.year.ledger import Place
from orbweaver_trials.demo.year.registry import keys_of_the_careful, register
from orbweaver_trials.demo.year.world import ADDRESS, CDN_ADDRESS, World

if TYPE_CHECKING:
    from orbweaver.assess.review.models import ReviewItem
    from orbweaver.people.accounts.models import User

STEP: Final = dt.timedelta(hours=12)
EPOCH: Final = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
QUIET: Final = dt.timedelta(days=15)
"""At the end nothing new happens for so long, so that every removal is confirmed."""
LAST_POSTS: Final = dt.timedelta(days=52)
"""Before the end nothing more is posted for so long, so that those who remove late are seen to."""
SHORTEST: Final = 60
"""Days of the shortest year."""
SCAN_EVERY: Final = dt.timedelta(days=10)
MEETING_EVERY: Final = dt.timedelta(days=14)
TRAINING_EVERY: Final = dt.timedelta(days=180)
SALE: Final = "Buy access to the full set now, bitcoin accepted."

ASSESSMENTS: Final[tuple[tuple[float, Answers], ...]] = (
    (0.7, Answers(True, True, Category.CSAM, 6, 8)),
    (0.9, Answers(True, True, Category.CSAM, 14, 16)),
    (1.0, Answers(True, True, Category.CSAM_RELATED, 9, 11)),
)
"""What both analysts find, with the share of pictures up to which it applies."""


@dataclass(frozen=True)
class Scale:
    """How large the year is."""

    days: int = 365
    providers: float = 1.0
    """Share of the forty."""
    batches: int = 3
    """Days on which pictures are found at each provider."""
    batch: int = 5
    """Pictures found at a provider on such a day."""
    reminder_hours: int = 24
    """Hours between the messages of a notice."""
    seed: int = 40


def settings_for(data_dir: Path, world: World, web_port: int, scale: Scale) -> dict[str, str]:
    """The environment of the campaign."""
    reached = [(ADDRESS, world.port), (CDN_ADDRESS, world.port), (ADDRESS, world.smtp_port)]
    chosen = (
        FIXED
        | TIRELESS
        | {
            "CLOCK_SPEED": "0",
            "CLOCK_EPOCH": EPOCH.isoformat(),
            "DATA_DIR": str(data_dir),
            "KEYS_DIR": str(data_dir / "keys"),
            "BASE_URL": f"http://{ADDRESS}:{web_port}",
            "NETWORK_ALLOW": ",".join(f"{address}:{port}" for address, port in reached),
            "DISCOVER_CONTACTS": "false",
            "SMTP_HOST": ADDRESS,
            "SMTP_PORT": str(world.smtp_port),
            "CRAWL_HOST_DELAY_S": "0",
            "NOTICE_REMINDER_HOURS": str(scale.reminder_hours),
            "NOTICE_TOGETHER": "false",  # this world's book is kept by the mail of each notice
            "ALERT_MAIL_HOURS": "0",  # nor of what its own people are mailed
            "RECHECK_INTERVAL_MINUTES": "360",
            "RECHECK_CONFIRM_MINUTES": "180",
        }
    )
    return {f"ORBWEAVER_{name}": value for name, value in chosen.items()}


def set_clock(now: dt.datetime) -> None:
    """Set the clock of this process, and so of all that the campaign runs."""
    os.environ["ORBWEAVER_CLOCK_EPOCH"] = now.isoformat()
    forget()


@contextmanager
def web_server(port: int) -> Iterator[None]:
    """The installation's pages, in a thread, for the providers' answers."""
    from django.db import connections

    from orbweaver.platform.wsgi import application

    server = wsgiref.simple_server.make_server(ADDRESS, port, application, handler_class=_Quiet)

    def serve() -> None:
        try:
            server.serve_forever(poll_interval=0.05)
        finally:
            connections.close_all()  # this thread's own

    thread = threading.Thread(target=serve, name="web", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


class _Quiet(wsgiref.simple_server.WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Write nothing: a path may hold a token."""


class Year:
    """One year, within an open database and with the world running."""

    def __init__(self, world: World, scale: Scale, tell: Callable[[int, int], None]) -> None:
        self.world, self.scale, self._tell = world, scale, tell
        self.hosts, self.parties = list(world.hosts.values()), list(world.parties.values())
        self.begin, self.end = EPOCH, EPOCH + dt.timedelta(days=scale.days)
        self._rng = random.Random(scale.seed)  # noqa: S311 - not for secrets
        self._seed = 1_000
        self._plan = self._posting_days()
        self._analysts: list[User] = []
        self._managers: list[User] = []
        self._scanning: dict[str, str] = {}
        """Host → key with which it checks its uploads."""
        self._found: dict[bytes, Answers] = {}
        """Picture → what the analysts find of it, whenever they see it."""

    def _posting_days(self) -> Mapping[int, list[Host]]:
        """Day → providers at which something is found then."""
        days: dict[int, list[Host]] = {}
        last = self.scale.days - LAST_POSTS.days
        for host in self.hosts:
            for day in self._rng.sample(range(1, last), self.scale.batches):
                days.setdefault(day, []).append(host)
        return days

    def run(self) -> dt.datetime:
        """Play it; returns the last instant."""
        from orbweaver.doors.workers.due import Worker

        self._set_up()
        now, steps = self.begin, int((self.end - self.begin) / STEP)
        with Worker().at_hand() as catch_up:
            for number in range(steps):
                now = self.begin + number * STEP
                set_clock(now)
                self.world.begin(now)
                if now.hour == 0:
                    self._day(now)
                catch_up()
                self.world.act(now)
                self._tell(number + 1, steps)
        return now

    def _set_up(self) -> None:
        from orbweaver.people.accounts.rules import Role
        from orbweaver.people.accounts.services import create_person, create_setup_link, grant_role, use_setup_link

        password = "a year by the sea, played"  # noqa: S105 - of a throw-away installation
        admin = use_setup_link(
            create_setup_link(self.begin) or "",
            email="admin@year.example",
            display_name="Administrator",
            password=password,
            organisation="Demonstration Hotline",
            country="CA",
            at=self.begin,
            now=self.begin,
        )
        for name, role in (("Ada", Role.ANALYST), ("Ben", Role.ANALYST), ("Mia", Role.HOTLINE_MANAGER)):
            person = create_person(
                email=f"{name.lower()}@year.example",
                display_name=name,
                organisation=admin.organisation,
                roles=[role],
                password=password,
                by=admin,
                now=self.begin,
            )
            (self._analysts if role is Role.ANALYST else self._managers).append(person)
        grant_role(admin, Role.HOTLINE_MANAGER, by=admin, now=self.begin)
        self._managers.append(type(admin).objects.get(pk=admin.pk))
        registry = register(self.hosts, self.parties, self.begin)
        self._scanning = keys_of_the_careful(self.hosts, registry, self.begin)

    def _day(self, now: dt.datetime) -> None:
        from orbweaver.people.accounts.services import record_training

        day = (now - self.begin).days
        if day % TRAINING_EVERY.days == 0:
            for analyst in self._analysts:
                record_training(analyst, "Sexual maturation, demonstration", now.date())
        while self.world.moved:
            self._find(self.world.moved.pop(), now)
        for host in self._plan.get(day, ()):
            for _ in range(self.scale.batch):
                self._seed += 1
                self._find(self.world.post(host, pictures.edited(self._seed)), now)
        self._answer_objections(now)
        if day % SCAN_EVERY.days == 0:
            self._scan_uploads()
        if day % MEETING_EVERY.days == 0:
            self._judge(now)
        if day == SHORTEST // 2:
            self._credit(now)

    def _scan_uploads(self) -> None:
        """The careful check a harmless upload through the API, as they check all of theirs."""
        upload = pictures.edited(pictures.SAMPLE)
        for host, key in self._scanning.items():
            headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/octet-stream"}
            url = f"{PlatformSettings.current().base_url}/api/v1/scan"
            request = urllib.request.Request(url, upload, headers, method="POST")  # noqa: S310 - our own server
            with urllib.request.urlopen(request, timeout=600) as answer:  # noqa: S310 - as above
                answer.read()
            self.world.ledger.scans[host] += 1

    def _answer_objections(self, now: dt.datetime) -> None:
        """A person reads what providers object to, and tells each that the notice stands."""
        from orbweaver.notify.notices.models import PushBack
        from orbweaver.notify.notices.rules import PushBackOutcome
        from orbweaver.notify.notices.services import decide_push_back

        for waiting in PushBack.objects.filter(outcome=PushBackOutcome.OPEN).order_by("pk"):
            decide_push_back(waiting.public_id, PushBackOutcome.UPHELD, self._managers[0], now)

    def _judge(self, now: dt.datetime) -> None:
        """Two managers look at who is proposed as complicit; one says it, the other signs."""
        from orbweaver.follow.conduct.models import ProviderConduct
        from orbweaver.follow.conduct.rules import ConductKind
        from orbweaver.follow.conduct.services import override, sign

        first, second = self._managers
        for assessed in ProviderConduct.objects.select_related("provider"):
            proposed = any(each["proposed"] for each in assessed.findings)
            if proposed and ConductKind.COMPLICIT not in assessed.kinds:
                said = override(
                    assessed.provider, ConductKind.COMPLICIT, True, "It sells access to it.", by=first, now=now
                )
                sign(said.public_id, by=second, now=now)

    def _credit(self, now: dt.datetime) -> None:
        """A manager notes what some do beyond their duty."""
        from orbweaver.follow.conduct.models import Credit
        from orbweaver.follow.conduct.services import credit
        from orbweaver.notify.providers.models import Provider

        names = [host.name for host in self.hosts if host.character is Character.CREDITED]
        for provider in Provider.objects.filter(name__in=names):
            credit(provider, Credit.Kind.CLOSES_ACCOUNTS, "It says so in its report.", by=self._managers[0], now=now)

    def _find(self, place: Place, now: dt.datetime) -> None:
        """The crawler's part and the analysts': a listed picture is found at an address, and both answer the same."""
        from django.db import transaction

        from orbweaver.assess.review.models import ReviewItem
        from orbweaver.detect.hashlists.rules import EntryRow
        from orbweaver.detect.hashlists.services import get_or_create_list
        from orbweaver.detect.hashlists.writing import upsert_entries
        from orbweaver.detect.matching.handovers import SightingsRecorded, sightings_recorded
        from orbweaver.detect.matching.models import Sighting
        from orbweaver.detect.matching.rules import Hit
        from orbweaver.detect.matching.services import Finding, PageContext, record_findings
        from orbweaver.fingerprints import fingerprint

        prints = fingerprint(place.body)
        known = get_or_create_list("Known", "NCMEC", now)
        if place.body not in self._found:
            identified = "identified" if self._rng.random() < 0.15 else "unidentified"
            row = EntryRow("sha256", prints.sha256, "csam", identified, "", "NCMEC", False)
            upsert_entries(known, [row], now)
            chance = self._rng.random()
            self._found[place.body] = next(found for share, found in ASSESSMENTS if chance <= share)
        hit = Hit(known.entries.get(hashes__value=prints.sha256).hashes.get().pk, "sha256")
        sale = SALE if place.host.character is Character.SELLING else ""
        page = PageContext(place.url, title="Shared files", before=sale)
        address = CDN_ADDRESS if place.host.is_fronted else ADDRESS
        finding = Finding(place.url, address, place.body, prints, [hit], page, Sighting.Origin.CRAWL)
        with transaction.atomic():
            (sighting,) = record_findings([finding], now)
            sightings_recorded.announce(SightingsRecorded([sighting], now))
        item = sighting.review_items.get()
        if item.state != ReviewItem.State.DECIDED:  # else the policy for known copies has decided it
            self._assess(item, self._found[place.body], now)

    def _assess(self, item: ReviewItem, answers: Answers, now: dt.datetime) -> None:
        from orbweaver.assess.review.services import record_assessment, take

        for analyst in self._analysts:
            held = take(item.public_id, analyst, now)
            record_assessment(item.public_id, analyst, answers, held.version, now)
