"""Chromium, and a hotline with two analysts and pictures to assess, made through the services that the system uses.

Without Chromium these tests are skipped, loudly; where CI runs they fail instead, so that nobody mistakes silence for
success.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from orbweaver.detect.matching.models import Sighting
    from orbweaver.people.accounts.models import Organisation, User

HERE = Path(__file__).parent
BROWSERS = (Path("/usr/bin/chromium-headless-shell"), Path("/usr/bin/chromium"))
"""The same engine without windows first, where it is installed: it takes half the processor time."""
CHROMIUM = Path(os.environ.get("CHROMIUM") or next((each for each in BROWSERS if each.exists()), BROWSERS[-1]))
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
PASSWORD = "a long enough passphrase"
SHOTS = os.environ.get("SHOTS", "")
"""A folder for screenshots, to be looked at; none are taken without it. (Names that begin with ``ORBWEAVER_`` are taken
out of the environment before tests begin.)"""
LOOKS: tuple[tuple[str, Literal["light", "dark"], int], ...] = (
    ("light", "light", 1280),
    ("dark", "dark", 1280),
    ("phone", "light", 390),
)
"""Name, colour scheme and width in px of each screenshot."""


class KeptBrowser:
    """One headless Chromium for all files of journeys that a process runs one after the other: it is slow to start.

    Its event loop runs in this thread meanwhile, in which Django refuses its ORM otherwise, and other tests run their
    own: so it ends before any of these begins.
    """

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._browser: Browser | None = None

    def get(self) -> Browser:
        """The browser, started where there is none."""
        if self._browser is None:
            from playwright.sync_api import sync_playwright

            os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
            self._stack.callback(os.environ.pop, "DJANGO_ALLOW_ASYNC_UNSAFE")
            playwright = self._stack.enter_context(sync_playwright())
            self._browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS, headless=True)
            self._stack.callback(self._browser.close)
        return self._browser

    def end(self) -> None:
        """End it, where there is one."""
        self._browser = None
        self._stack.close()


_kept = KeptBrowser()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> Iterator[None]:
    """After the last of a row of files of journeys the browser ends."""
    yield
    if nextitem is None or not nextitem.path.is_relative_to(HERE):
        _kept.end()


@pytest.fixture(scope="module")
def chromium(request: pytest.FixtureRequest) -> Iterator[Browser]:
    """The headless Chromium of this process."""
    if not CHROMIUM.exists():
        message = f"Chromium is not at {CHROMIUM}: the journeys through the pages were NOT tested."
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    yield _kept.get()
    if not request.path.is_relative_to(HERE):  # elsewhere nobody looks at what follows
        _kept.end()


OpenPage = Callable[..., "Page"]


@pytest.fixture
def open_page(chromium: Browser, live_server: Any) -> Iterator[OpenPage]:
    """A browser of its own for each call: ``open_page("/queue/", width=400, scheme="dark", script=True)``.

    What the pages' policy forbids and what their script throws fails the test at its end.
    """
    complaints: list[str] = []
    contexts = []

    def open_at(path: str = "/", *, width: int = 1280, scheme: str = "light", script: bool = True) -> Page:
        context = chromium.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": 900},
            color_scheme="dark" if scheme == "dark" else "light",
            java_script_enabled=script,
            locale="en-GB",
        )
        contexts.append(context)
        context.set_default_timeout(60_000)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: complaints.append(line.text) if _is_complaint(line.text) else None)
        page.goto(path)
        return page

    yield open_at
    for context in contexts:
        context.close()
    assert not complaints, complaints


def _is_complaint(text: str) -> bool:
    return "Content Security Policy" in text or "Refused to" in text


@dataclass(frozen=True)
class Hotline:
    """People who can sign in with ``PASSWORD``, and ways to give them work."""

    organisation: Organisation
    analysts: tuple[User, User]
    manager: User
    find: Callable[..., Sighting]


@pytest.fixture
def hotline(transactional_db: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hotline]:
    """An authorised hotline with two trained analysts, a manager and an administrator."""
    from orbweaver.people.accounts.rules import Role
    from orbweaver.platform.config import forget

    settings = {"AUTHORISED_HOTLINE": "true", "LEGAL_AUTHORITY": "a test's own", "DATA_DIR": str(tmp_path / "data")}
    for name, value in settings.items():
        monkeypatch.setenv(f"ORBWEAVER_{name}", value)
    forget()
    home = make_organisation()
    ann, ben = (make_person(name, home, Role.ANALYST) for name in ("Ann", "Ben"))
    manager = make_person("Mona", home, Role.HOTLINE_MANAGER, trained=False)
    make_person("Ada", home, Role.ADMINISTRATOR, trained=False)
    yield Hotline(home, (ann, ben), manager, find_picture)
    forget()


def make_organisation() -> Organisation:
    """A hotline whose agreement is valid today."""
    from orbweaver.people.accounts.services import create_organisation
    from orbweaver.platform.clock import now

    today = now().date()
    return create_organisation(
        name="Example Hotline",
        kind="hotline",
        country="CA",
        agreement="INHOPE member",
        vetted_on=today - dt.timedelta(days=100),
        agreement_ends_on=today + dt.timedelta(days=200),
    )


def make_person(name: str, home: Organisation, *roles: Any, trained: bool = True) -> User:
    """Somebody with these roles: ``ann@hotline.example`` for Ann."""
    from orbweaver.people.accounts.services import create_person, record_training
    from orbweaver.platform.clock import now

    person = create_person(
        email=f"{name.lower()}@hotline.example",
        display_name=name,
        organisation=home,
        roles=list(roles),
        password=PASSWORD,
        by=None,
        now=now(),
    )
    if trained:
        record_training(person, "Sexual maturation, refresher", now().date() - dt.timedelta(days=30))
    return person


def find_picture(
    seed: int,
    *,
    url: str = "",
    near: bool = False,
    identified: bool = False,
    classification: str = "csam",
    ago: dt.timedelta = dt.timedelta(0),
    edit: str = "",
) -> Sighting:
    """What the crawler would record: a drawn landscape that stands for known material, and its item in the queue."""
    from django.db import transaction

    from orbweaver.detect.hashlists.rules import EntryRow
    from orbweaver.detect.hashlists.services import get_or_create_list
    from orbweaver.detect.hashlists.writing import upsert_entries
    from orbweaver.detect.matching.handovers import SightingsRecorded, sightings_recorded
    from orbweaver.detect.matching.models import Sighting
    from orbweaver.detect.matching.rules import Hit
    from orbweaver.detect.matching.services import Finding, PageContext, record_findings
    from orbweaver.fingerprints import fingerprint
    from orbweaver.platform.clock import now
    from orbweaver_trials.demo.pictures import edited

    moment = now() - ago
    body = edited(seed, edit or ("reencoded" if near else "copy"))
    prints = fingerprint(body)
    known = get_or_create_list("National list", "NCMEC", moment)
    kind, value = ("pdq", bytes.fromhex(f"{seed:064x}")) if near else ("sha256", prints.sha256)
    row = EntryRow(
        kind, value, classification, "identified" if identified else "unidentified", "Series 7", "NCMEC", False
    )
    upsert_entries(known, [row], moment)
    entry = known.entries.get(hashes__kind=kind, hashes__value=value)
    finding = Finding(
        url=url or f"https://images.example/albums/2026/{seed}/holiday.jpg",
        address="192.0.2.1",
        body=body,
        fingerprints=prints,
        hits=[Hit(entry.hashes.get().pk, kind, 9 if near else 0)],
        page=PageContext(
            url=f"https://forum.example/thread/{seed}?page=2",
            title="Pictures from the lake – page 2",
            headings=("Forum", "Landscapes"),
            alt="a lake with boats",
            link_text="see the whole album",
            before="Here are the others from the same day. More in the next post.",
            after="Does anybody have the full set in a larger size?",
        ),
        origin=Sighting.Origin.CRAWL,
    )
    with transaction.atomic():
        sightings = record_findings([finding], moment)
        sightings_recorded.announce(SightingsRecorded(sightings, moment))
    return sightings[0]


def find_copies(seed: int, edits: Sequence[str]) -> list[Sighting]:
    """The same picture saved in several ways, each at an address of its own: items that look alike."""
    return [find_picture(seed, url=f"https://images.example/albums/{edit}.jpg", edit=edit) for edit in edits]


def sign_in(page: Page, name: str) -> None:
    """Sign in at whatever page asks for it."""
    page.get_by_label("E-mail address").fill(f"{name.lower()}@hotline.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/sign-in/" not in url)


def shoot(page: Page, name: str) -> None:
    """The whole page as light, dark and on a phone, where somebody wants to look at it."""
    if not SHOTS:
        return
    Path(SHOTS).mkdir(parents=True, exist_ok=True)
    for suffix, scheme, width in LOOKS:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": 900})
        page.screenshot(path=Path(SHOTS) / f"{name}-{suffix}.png", full_page=True)
    page.emulate_media(color_scheme="light", reduced_motion="no-preference")
    page.set_viewport_size({"width": 1280, "height": 900})
