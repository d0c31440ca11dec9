"""From a picture at home to "It is gone": a form, a real crawl, two analysts, a notice, rechecks."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .conftest import WebSite, picture

if TYPE_CHECKING:
    from orbweaver.follow.survivors.rules import Stage

pytestmark = pytest.mark.django_db(transaction=True)

DAY = dt.timedelta(days=1)


def crawl() -> None:
    from orbweaver.doors.workers.crawl import Crawler

    async def go() -> None:
        async with asyncio.timeout(240):
            await Crawler(once=True).run()

    asyncio.run(go())


def told(days: float) -> list[Stage]:
    """What the person reads so many days from now."""
    from orbweaver.follow.survivors.models import Request
    from orbweaver.follow.survivors.selectors import progress_of
    from orbweaver.platform.clock import now

    [part] = progress_of(Request.objects.get(), now() + days * DAY).parts
    return part.stages


def test_a_picture_that_never_left_home_is_found_decided_told_of_and_gone(
    make_site: Callable[..., WebSite], make_person: Any, client: Any, set_config: Any, tmp_path: Path
) -> None:
    from orbweaver.assess.criteria import Answers, Category
    from orbweaver.assess.review.models import ReviewItem
    from orbweaver.assess.review.services import record_assessment, take_next
    from orbweaver.detect.crawl.models import Lead
    from orbweaver.detect.crawl.services import add_lead
    from orbweaver.doors.workers.due import Worker
    from orbweaver.fingerprints import pdq
    from orbweaver.follow.recheck.checking import Checker
    from orbweaver.notify.notices.models import Notice, NoticeUrl
    from orbweaver.notify.providers.services import add_contact, add_provider
    from orbweaver.platform.clock import now

    set_config(
        authorised_hotline="true", legal_authority="a test's own", data_dir=tmp_path / "data", review_undo_seconds=0,
        network_allow="127.0.0.1:*", crawl_host_delay_s=0, decode_workers=1,
    )  # fmt: skip
    add_contact(add_provider("Host", now=now(), networks=["127.0.0.1/32"]), "abuse@host.example", now=now())
    site = make_site()
    site.page("/", '<title>Album</title><img src="/smaller.jpg"><img src="/other.jpg">')
    site.picture("/smaller.jpg", picture(1, quality=60))
    site.picture("/other.jpg", picture(2))
    add_lead(site.url(), source=Lead.Source.OPERATOR, now=now())
    crawl()
    at_home = picture(1)
    hashes = f"sha256:{hashlib.sha256(at_home).hexdigest()}\npdq:{pdq(at_home)[0]}"
    sent = {"capacity": "child", "danger": "no", "aim": "picture", "form": "1", "hashes": hashes}
    assert client.post("/info/ask/", sent).status_code == 200
    assert Worker().run_once()["new entries met with what was seen"] == 1
    crawl()
    assert told(2) == ["assessing"]
    for name in ("Ann", "Ben"):
        analyst = make_person(name)
        item = take_next(analyst, now())
        assert item is not None
        record_assessment(item.public_id, analyst, Answers(True, True, Category.CSAM, 5, 7), item.version, now())
    assert ReviewItem.objects.get().verdict.outcome == "remove"
    Worker().run_once()
    assert told(2) == ["writing"]
    Notice.objects.update(first_sent_at=now())
    assert told(2) == ["told"]
    del site.answers["/smaller.jpg"]
    for days in (1, 2, 3):
        with Checker(lambda days=days: now() + days * DAY) as checker:  # type: ignore[misc]
            checker.check_due()
    assert NoticeUrl.objects.get().state == "removed"
    assert told(4) == ["gone"]
