"""The hotline's year: pictures are found and assessed, the worker does what falls due, step after step.

The clock stands still and is set forward six hours a step (``ORBWEAVER_CLOCK_SPEED=0``). The worker is the one of
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

from orbweaver.config import Config, get_config
from orbweaver.criteria import Answers, Category
from orbweaver.demo import pictures
from orbweaver.demo.surroundings import FIXED
from orbweaver.demo.year.characters import Character, Host
from orbweaver.demo.year.world import ADDRESS, World

if TYPE_CHECKING:
    from orbweaver.accounts.models import User

STEP: Final = dt.timedelta(hours=6)
EPOCH: Final = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
QUIET: Final = dt.timedelta(days=15)
"""At the end nothing new happens for so long, so that every removal is confirmed."""
LAST_POSTS: Final = dt.timedelta(days=70)
"""Before the end nothing more is posted for so long, so that those who remove late are seen to."""
SCAN_EVERY: Final = dt.timedelta(days=10)
MEETING_EVERY: Final = dt.timedelta(days=14)
SALE: Final = "Buy access to the full set now, bitcoin accepted."
TRAINING_EVERY: Final = dt.timedelta(days=180)

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
    seed: int = 40


def settings_for(data_dir: Path, world: World, web_port: int) -> dict[str, str]:
    """The environment of the campaign."""
    chosen = FIXED | {
        "CLOCK_SPEED": "0",
        "CLOCK_EPOCH": EPOCH.isoformat(),
        "DATA_DIR": str(data_dir),
        "KEYS_DIR": str(data_dir / "keys"),
        "BASE_URL": f"http://{ADDRESS}:{web_port}",
        "NETWORK_ALLOW": f"{ADDRESS}:{world.port},{ADDRESS}:{world.smtp_port}",
        "SMTP_HOST": ADDRESS,
        "SMTP_PORT": str(world.smtp_port),
        "CRAWL_HOST_DELAY_S": "0",
        "RECHECK_INTERVAL_MINUTES": "360",
        "RECHECK_CONFIRM_MINUTES": "180",
    }
    return {f"ORBWEAVER_{name}": value for name, value in chosen.items()}


def set_clock(now: dt.datetime) -> None:
    """Set the clock of this process, and so of all that the campaign runs."""
    os.environ["ORBWEAVER_CLOCK_EPOCH"] = now.isoformat()
    get_config.cache_clear()


@contextmanager
def web_server(port: int) -> Iterator[None]:
    """The installation's pages, in a thread, for the providers' answers."""
    from orbweaver.wsgi import application

    server = wsgiref.simple_server.make_server(ADDRESS, port, application, handler_class=_Quiet)
    thread = threading.Thread(target=server.serve_forever, name="web", daemon=True)
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

    def __init__(self, world: World, hosts: list[Host], scale: Scale, tell: Callable[[int, int], None]) -> None:
        self.world, self.hosts, self.scale, self._tell = world, hosts, scale, tell
        self.begin, self.end = EPOCH, EPOCH + dt.timedelta(days=scale.days)
        self._rng = random.Random(scale.seed)  # noqa: S311 - not for secrets
        self._seed = 1_000
        self._plan = self._posting_days()
        self._analysts: list[User] = []
        self._managers: list[User] = []
        self._scanning: dict[str, str] = {}
        """Host → key with which it checks its uploads."""

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
        from orbweaver.workers.due import Worker

        self._set_up()
        now, steps = self.begin, int((self.end - self.begin) / STEP)
        with Worker(Config()).at_hand() as catch_up:
            for number in range(steps):
                now = self.begin + number * STEP
                set_clock(now)
                if now.hour == 0:
                    self._day(now)
                catch_up()
                self.world.act(now)
                self._tell(number + 1, steps)
        return now

    def _set_up(self) -> None:
        from orbweaver.accounts.rules import Role
        from orbweaver.accounts.services import create_person, create_setup_link, grant_role, use_setup_link

        password = "a year of demonstration"  # noqa: S105 - of a throw-away installation
        admin = use_setup_link(
            create_setup_link(self.begin) or "",
            email="admin@year.example",
            display_name="Administrator",
            password=password,
            organisation="Demonstration Hotline",
            country="CA",
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
        for host in self.hosts:
            self._register(host)

    def _register(self, host: Host) -> None:
        """Enter a provider; a careful one gets a key for the scan API, too."""
        from orbweaver.accounts.models import Organisation
        from orbweaver.accounts.rules import Permission
        from orbweaver.accounts.services import create_api_key, create_organisation
        from orbweaver.providers.services import add_contact, add_provider, link_organisation

        provider = add_provider(host.name, country=host.country, domains=[host.host], now=self.begin)
        add_contact(provider, host.mailbox, now=self.begin)
        if host.character is Character.CAREFUL:
            company = create_organisation(name=host.name, kind=Organisation.Kind.INDUSTRY, country=host.country)
            link_organisation(provider, company, now=self.begin)
            self._scanning[host.host] = create_api_key(company, "uploads", [Permission.SCAN_USE], self.begin)

    def _day(self, now: dt.datetime) -> None:
        from orbweaver.accounts.services import record_training

        day = (now - self.begin).days
        if day % TRAINING_EVERY.days == 0:
            for analyst in self._analysts:
                record_training(analyst, "Sexual maturation, demonstration", now.date())
        for host in self._plan.get(day, ()):
            for _ in range(self.scale.batch):
                self._find(host, now)
        if day % SCAN_EVERY.days == 0:
            self._scan_uploads()
        if day % MEETING_EVERY.days == 0:
            self._judge(now)

    def _scan_uploads(self) -> None:
        """The careful check a harmless upload through the API, as they check all of theirs."""
        upload = pictures.edited(pictures.SAMPLE)
        for host, key in self._scanning.items():
            headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/octet-stream"}
            url = f"{get_config().base_url}/api/v1/scan"
            request = urllib.request.Request(url, upload, headers, method="POST")  # noqa: S310 - our own server
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - as above
                answer.read()
            self.world.ledger.scans[host] += 1

    def _judge(self, now: dt.datetime) -> None:
        """Two managers look at who is proposed as complicit; one says it, the other signs."""
        from orbweaver.conduct.models import Standing
        from orbweaver.conduct.rules import Word
        from orbweaver.conduct.services import override, sign

        first, second = self._managers
        for standing in Standing.objects.select_related("provider"):
            proposed = any(each["proposed"] for each in standing.findings)
            if proposed and Word.COMPLICIT not in standing.words:
                said = override(standing.provider, Word.COMPLICIT, True, "It sells access to it.", by=first, now=now)
                sign(said.public_id, by=second, now=now)

    def _find(self, host: Host, now: dt.datetime) -> None:
        """The crawler's part and the analysts': a listed picture is found at an address, and both answer the same."""
        from orbweaver.fingerprints import fingerprint
        from orbweaver.hashlists.rules import EntryRow
        from orbweaver.hashlists.services import get_or_create_list, upsert_entries
        from orbweaver.matching.models import Sighting
        from orbweaver.matching.rules import Hit
        from orbweaver.matching.services import Finding, PageContext, record_findings
        from orbweaver.review.services import open_items, record_assessment, take

        self._seed += 1
        body = pictures.edited(self._seed)
        place, prints = self.world.post(host, body), fingerprint(body)
        known = get_or_create_list("Known", "NCMEC", now)
        identified = "identified" if self._rng.random() < 0.15 else "unidentified"
        row = EntryRow("sha256", prints.sha256, "csam", identified, "", "NCMEC", False)
        upsert_entries(known, [row], now)
        hit = Hit(known.entries.get(kind="sha256", value=prints.sha256).pk, "sha256")
        page = PageContext(place.url, title="Shared files", before=SALE if host.character is Character.SELLING else "")
        finding = Finding(place.url, ADDRESS, body, prints, [hit], page, Sighting.Origin.CRAWL)
        (item,) = open_items(record_findings([finding], now), now)
        chance = self._rng.random()
        answers = next(found for share, found in ASSESSMENTS if chance <= share)
        for analyst in self._analysts:
            held = take(item.public_id, analyst, now)
            record_assessment(item.public_id, analyst, answers, held.version, now)
