"""Things that integration tests share, made through the services that the system itself uses."""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.emptying import Emptying

    from orbweaver.assess.review.models import ReviewItem, Verdict
    from orbweaver.detect.matching.models import Sighting
    from orbweaver.detect.matching.rules import Hit
    from orbweaver.detect.media.models import Media
    from orbweaver.fingerprints import Fingerprints
    from orbweaver.people.accounts.models import Organisation, User

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
TODAY = NOW.date()
PASSWORD = "a long enough passphrase"

SetConfig = Callable[..., None]
MakePerson = Callable[..., "User"]
MakeSighting = Callable[..., "Sighting"]


@pytest.fixture(scope="session", autouse=True)
def _decoders() -> Iterator[None]:
    """Crawls, rechecks and looks in the tests' own process share decoders, and what reads pages."""
    from tests.shared_decoders import shared_decoders
    from tests.shared_page_readers import shared_page_readers

    with shared_decoders(), shared_page_readers():
        yield


@pytest.fixture(autouse=True)
def _own_language() -> Iterator[None]:
    """A page that was read in French leaves French to whatever is tried next in this process."""
    from django.utils import translation

    translation.deactivate()
    yield
    translation.deactivate()


@pytest.fixture(autouse=True)
def _no_loop_awaited() -> None:
    """A loop that a test went round in this process, once, is not awaited by those that follow."""
    from orbweaver.platform.runtime.status import BEATS

    BEATS.end()


@pytest.fixture(scope="module")
def own_database(django_db_setup: None, database_server: str, emptying: Emptying) -> Iterator[str]:
    """The address of a database that a file's tests have for themselves, with all that they change of its roles."""
    from tests.databases import own_database

    with own_database(database_server, emptying) as url:
        yield url


@pytest.fixture
def now() -> dt.datetime:
    return NOW


@pytest.fixture
def set_config(monkeypatch: pytest.MonkeyPatch) -> Iterator[SetConfig]:
    """Change settings for one test: ``set_config(match_radius=10)``."""
    from orbweaver.platform.config import forget

    def change(**settings: Any) -> None:
        for name, value in settings.items():
            monkeypatch.setenv(f"ORBWEAVER_{name.upper()}", str(value))
        forget()

    yield change
    monkeypatch.undo()
    forget()


@pytest.fixture
def hotline(set_config: SetConfig, tmp_path: Path) -> None:
    """The installation is an authorised hotline, with evidence in a folder of this test.

    Verdicts go to notices at once: the minute in which an answer can be taken back has tests of its own.
    """
    set_config(
        authorised_hotline="true",
        legal_authority="a test's own authority",
        data_dir=tmp_path / "data",
        review_undo_seconds=0,
    )


@pytest.fixture
def organisation(db: None) -> Organisation:
    from orbweaver.people.accounts.services import create_organisation

    return create_organisation(
        name="Test hotline",
        kind="hotline",
        country="CA",
        vetted_on=dt.date(2026, 1, 1),
        agreement_ends_on=dt.date(2027, 12, 31),
    )


@pytest.fixture
def make_person(organisation: Organisation) -> MakePerson:
    """``make_person("Ann", Role.ANALYST)``: with training of this month unless ``trained_on`` says otherwise."""
    from orbweaver.people.accounts.rules import Role
    from orbweaver.people.accounts.services import create_person, record_training

    def make(name: str, *roles: Role, trained_on: dt.date | None = TODAY) -> User:
        email = f"{name.lower()}@hotline.example"
        person = create_person(
            email=email,
            display_name=name,
            organisation=organisation,
            roles=roles or [Role.ANALYST],
            password=PASSWORD,
            by=None,
            now=NOW,
        )
        if trained_on:
            record_training(person, "Sexual maturation", trained_on)
        return person

    return make


def prints_of(body: bytes) -> Fingerprints:
    from orbweaver.fingerprints import Fingerprints

    return Fingerprints(
        sha256=hashlib.sha256(body).digest(),
        sha1=hashlib.sha1(body).digest(),
        md5=hashlib.md5(body).digest(),
        size=len(body),
        mime="image/png",
        width=640,
        height=480,
        pdq=hashlib.sha256(b"pdq" + body).digest(),
        pdq_quality=100,
    )


@pytest.fixture
def make_sighting(db: None) -> MakeSighting:
    """A sighting of some bytes that match a list of its own: ``make_sighting(b"one", url="https://…")``."""
    from orbweaver.detect.hashlists.rules import EntryRow
    from orbweaver.detect.hashlists.services import get_or_create_list
    from orbweaver.detect.hashlists.writing import upsert_entries
    from orbweaver.detect.matching.models import Sighting
    from orbweaver.detect.matching.rules import Hit
    from orbweaver.detect.matching.services import Finding, PageContext, record_findings

    numbers = itertools.count(1)

    def make(
        body: bytes = b"a picture",
        *,
        url: str = "",
        matches: bool = True,
        identified: str = "unidentified",
        baseline: bool = False,
        report_id: int | None = None,
        page_url: str = "",
        now: dt.datetime = NOW,
    ) -> Sighting:
        number = next(numbers)
        prints = prints_of(body)
        hits: Sequence[Hit] = []
        if matches:
            known = get_or_create_list("Known", "NCMEC", NOW)
            row = EntryRow("sha256", prints.sha256, "csam", identified, "Series 7", "NCMEC", baseline)
            upsert_entries(known, [row], NOW)
            hits = [Hit(known.entries.get(hashes__value=prints.sha256).hashes.get().pk, "sha256")]
        finding = Finding(
            url=url or f"https://images.example/{number}.png",
            address="192.0.2.1",
            body=body,
            fingerprints=prints,
            hits=hits,
            page=PageContext(url=page_url or f"https://forum.example/thread/{number}", title="A page", alt="a picture"),
            origin=Sighting.Origin.REPORT if report_id else Sighting.Origin.CRAWL,
            report_id=report_id,
        )
        return record_findings([finding], now)[0]

    return make


class World:
    """Makes media, sightings, decided items and verdicts as review leaves them, each with few words."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def media(self, body: bytes | None = None) -> Media:
        from orbweaver.detect.media.models import Media

        prints = prints_of(body or f"picture {next(self._numbers)}".encode())
        return Media.objects.create(
            sha256=prints.sha256,
            sha1=prints.sha1,
            md5=prints.md5,
            size=prints.size,
            mime="image/png",
            pdq=prints.pdq,
            pdq_quality=100,
            first_seen_at=NOW,
        )

    def sighting(self, media: Media, url: str, *, page: str = "", address: str | None = None) -> Sighting:
        from orbweaver.detect.matching.models import Sighting
        from orbweaver.platform.network.signed import file_key
        from orbweaver.platform.network.urls import parse

        parsed = parse(url)
        return Sighting.objects.create(
            media=media,
            url=url,
            url_key=file_key(parsed),
            page_url=page,
            page_url_key=parse(page).key if page else b"",
            host=parsed.host,
            address=address,
            origin=Sighting.Origin.CRAWL,
            context={"title": "A secret name", "before": "text of the page"},
            first_seen_at=NOW,
            last_seen_at=NOW,
        )

    def item(self, *urls: str, media: Media | None = None, page: str = "", address: str | None = None) -> ReviewItem:
        from orbweaver.assess.review.models import ReviewItem

        media = media or self.media()
        item = ReviewItem.objects.create(
            media=media,
            reason=ReviewItem.Reason.MATCH,
            state=ReviewItem.State.DECIDED,
            rank_at=NOW,
            required=2,
            created_at=NOW,
            decided_at=NOW,
        )
        item.sightings.set([self.sighting(media, url, page=page, address=address) for url in urls])
        return item

    def verdict(self, *urls: str, item: ReviewItem | None = None, **facts: Any) -> Verdict:
        """A verdict for removal of what is at these URLs; ``facts`` override what it says."""
        from orbweaver.assess.review.models import Verdict
        from orbweaver.notify.notices.models import ToNotify

        places = {name: facts.pop(name) for name in ("media", "page", "address") if name in facts}
        item = item or self.item(*urls, **places)
        said: dict[str, Any] = {
            "outcome": "remove",
            "category": "csam",
            "notice_type": "csam",
            "age_class": "prepubescent",
            "age_min": 5,
            "age_max": 7,
            "identified": "unidentified",
            "reasons": ["Both questions were answered yes."],
            "criteria_version": "1",
            "decided_by": Verdict.By.AGREEMENT,
            "decided_at": NOW,
        }
        verdict = Verdict.objects.create(item=item, media=item.media, **(said | facts))
        if verdict.outcome == "remove" and verdict.handed_over_at is None:
            # Due on whatever day a test begins, also one before that of its verdicts.
            ToNotify.objects.create(verdict=verdict, due_at=dt.datetime.min.replace(tzinfo=dt.UTC))
        return verdict


@pytest.fixture
def world(db: None) -> World:
    """``world.verdict("https://…")``: a verdict for removal, with its item, sighting and medium."""
    return World()
