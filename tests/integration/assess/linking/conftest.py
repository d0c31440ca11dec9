"""Sightings with a place, a name and a page of their own, made as the crawler makes them."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from orbweaver.people.accounts.rules import Role

if TYPE_CHECKING:
    from orbweaver.detect.matching.models import Sighting
    from orbweaver.people.accounts.models import User

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
See = Callable[..., "Sighting"]


@pytest.fixture
def see(db: None) -> See:
    """``see("one", url="…", page="…", position=2, pdq=…)``: a medium whose bytes are the name, in its place."""
    from orbweaver.assess.linking.sightings import note
    from orbweaver.detect.hashlists.rules import EntryRow
    from orbweaver.detect.hashlists.services import get_or_create_list
    from orbweaver.detect.hashlists.writing import upsert_entries
    from orbweaver.detect.matching.handovers import SightingsRecorded
    from orbweaver.detect.matching.models import Sighting
    from orbweaver.detect.matching.rules import Hit
    from orbweaver.detect.matching.services import Finding, PageContext, record_findings
    from orbweaver.fingerprints import Fingerprints

    def make(
        name: str,
        *,
        url: str = "",
        page: str = "",
        position: int = 0,
        pdq: bytes | None = None,
        series: str = "",
        source: str = "NCMEC",
        title: str = "",
        after: str = "",
    ) -> Sighting:
        body = name.encode()
        prints = Fingerprints(
            hashlib.sha256(body).digest(), b"1" * 20, b"2" * 16, len(body), "image/png", 640, 480,
            pdq=pdq or hashlib.sha256(b"p" + body).digest(), pdq_quality=100,
        )  # fmt: skip
        known = get_or_create_list("Known", source, NOW)
        upsert_entries(known, [EntryRow("sha256", prints.sha256, "csam", "unidentified", series, source, False)], NOW)
        entry = known.entries.get(hashes__value=prints.sha256)
        url = url or f"https://{name}.example/{hashlib.md5(body).hexdigest()}"
        context = PageContext(page, title=title, after=after, position=position) if page else None
        finding = Finding(
            url, None, body, prints, [Hit(entry.hashes.get().pk, "sha256")], context, Sighting.Origin.CRAWL
        )
        (sighting,) = record_findings([finding], NOW)
        note(SightingsRecorded([sighting], NOW))
        return sighting

    return make


@pytest.fixture
def ann(make_person: Callable[..., User]) -> User:
    return make_person("Ann", Role.ANALYST)


@pytest.fixture
def lea(make_person: Callable[..., User]) -> User:
    return make_person("Lea", Role.LAW_ENFORCEMENT_LIAISON)
