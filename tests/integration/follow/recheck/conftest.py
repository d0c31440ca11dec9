"""A notified URL whose picture is on a web server of the test."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from .hosts import Site, picture

if TYPE_CHECKING:
    from orbweaver.detect.media.models import Media
    from orbweaver.follow.recheck.rules import Event
    from orbweaver.notify.notices.models import NoticeUrl

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def site(set_config: Any) -> Iterator[Site]:
    site = Site()
    set_config(network_allow=f"127.0.0.1:{site.port}", crawl_host_delay_s=0, decode_workers=1)
    yield site
    site.close()


@pytest.fixture
def known() -> bytes:
    return picture(3)


@pytest.fixture
def media(world: Any, known: bytes) -> Media:
    from orbweaver.detect.media.models import Media
    from orbweaver.fingerprints import fingerprint

    prints = fingerprint(known)
    media: Media = world.media(known)
    Media.objects.filter(pk=media.pk).update(sha256=prints.sha256, pdq=prints.pdq)
    media.refresh_from_db()
    return media


@pytest.fixture
def url(world: Any, site: Site, media: Media, known: bytes) -> NoticeUrl:
    """A notified URL whose picture is there."""
    from orbweaver.notify.notices.models import Notice, NoticeUrl
    from orbweaver.notify.notices.services import issue_notices
    from orbweaver.notify.providers.services import add_contact, add_provider

    add_contact(add_provider("Host", now=NOW, networks=["127.0.0.1/32"]), "abuse@host.example", now=NOW)
    site.answers["/1.png"] = (200, known)
    world.verdict(f"{site.base}/1.png", media=media, decided_at=NOW - HOUR)
    assert issue_notices(NOW) == 1
    Notice.objects.update(first_sent_at=NOW)
    return NoticeUrl.objects.get()


@pytest.fixture
def check() -> Callable[[dt.datetime], list[Event | None]]:
    """``check(at)``: one round of checks at that instant."""
    from orbweaver.follow.recheck.checking import Checker

    def once(at: dt.datetime) -> list[Event | None]:
        with Checker(lambda: at) as checker:
            return checker.check_due()

    return once
