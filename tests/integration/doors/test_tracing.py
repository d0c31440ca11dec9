"""Logs for programs: one id from lead to notice in the lines of every part, and no secret in any of them."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import io
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from tests.integration.notify.notices.conftest import Mailbox, mail, mailbox

from orbweaver.assess.criteria import Answers, Category
from orbweaver.assess.review.services import record_assessment, take_next
from orbweaver.detect.crawl.models import FrontierUrl, Lead
from orbweaver.detect.crawl.services import add_lead
from orbweaver.detect.hashlists.rules import EntryRow
from orbweaver.detect.hashlists.services import get_or_create_list
from orbweaver.detect.hashlists.writing import upsert_entries
from orbweaver.detect.matching.models import Sighting, ToTakeUp
from orbweaver.detect.matching.taking_up import take_up
from orbweaver.detect.visiting.telling import tell
from orbweaver.doors.tracing import leads_of
from orbweaver.doors.workers.crawl import Crawler
from orbweaver.doors.workers.due import Worker
from orbweaver.notify.notices.models import Notice
from orbweaver.notify.notices.routing import issuing
from orbweaver.notify.providers.services import add_contact, add_provider
from orbweaver.platform.clock import now
from orbweaver.platform.runtime.jsonlogs import JsonLines

from .workers.conftest import WebSite, make_site, picture

__all__ = ["mail", "mailbox", "make_site"]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What every logger of the program writes where logs are JSON."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(JsonLines())
    ours, root = logging.getLogger("orbweaver"), logging.getLogger()
    level = ours.level
    root.addHandler(handler)
    ours.setLevel(logging.INFO)
    yield out
    ours.setLevel(level)
    root.removeHandler(handler)


def lines(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def crawl() -> None:
    async def go() -> None:
        async with asyncio.timeout(240):
            await Crawler(once=True).run()

    asyncio.run(go())


def test_one_id_leads_from_the_lead_to_the_notice_that_was_sent(
    make_site: Callable[..., WebSite],
    make_person: Any,
    set_config: Any,
    mail: Mailbox,
    log: io.StringIO,
    tmp_path: Path,
) -> None:
    set_config(
        authorised_hotline="true", legal_authority="a test's own", data_dir=tmp_path / "data", review_undo_seconds=0,
        network_allow="127.0.0.1:*", crawl_host_delay_s=0, decode_workers=1,
    )  # fmt: skip
    add_contact(add_provider("Secret Hosting", now=now(), networks=["127.0.0.1/32"]), "abuse@host.example", now=now())
    body = picture(1)
    digest = hashlib.sha256(body)
    known = get_or_create_list("Known", "NCMEC", now())
    upsert_entries(known, [EntryRow("sha256", digest.digest(), "csam", "unidentified", "", "NCMEC", False)], now())
    site = make_site()
    site.page("/hidden-album/", '<title>Little Erika</title><img src="/hidden.jpg"><a href="/gone/">more</a>')
    site.picture("/hidden.jpg", body)
    lead = add_lead(site.url("/hidden-album/"), source=Lead.Source.OPERATOR, now=now())
    other = add_lead(site.url("/elsewhere/"), source=Lead.Source.OPERATOR, now=now())
    crawl()
    again = add_lead(site.url("/hidden-album/?again"), source=Lead.Source.ANALYST, now=now())
    FrontierUrl.objects.filter(lead=lead).update(lead=again)  # which came there since
    Worker().run_once()
    for name in ("Ann", "Ben"):
        analyst = make_person(name)
        item = take_next(analyst, now())
        assert item is not None
        record_assessment(item.public_id, analyst, Answers(True, True, Category.CSAM, 5, 7), item.version, now())
    Worker().run_once()
    assert len(mail.received) == 1

    found = lines(log)
    way = [line["code"] for line in found if lead.public_id in line.get("leads", ())]
    expected = ["lead.crawled", "sighting.recorded", "item.opened", "verdict.reached", "notice.issued", "notice.sent"]
    assert [code for code in dict.fromkeys(way) if code in expected] == expected
    [sent] = [line for line in found if line.get("code") == "notice.sent"]
    assert (sent["about"], sent["leads"]) == (Notice.objects.get().public_id, [lead.public_id, again.public_id])
    crawled = [line for line in found if line.get("code") == "lead.crawled"]
    assert sum(line["pictures"] for line in crawled if line["about"] == lead.public_id) == 1
    assert {line["code"] for line in found if other.public_id in line.get("leads", ())} == {"lead.crawled"}

    secrets = ["hidden", "127.0.0.1", str(site.port), "Erika", "Secret Hosting", "abuse@", "Ann", "Ben", "usr_"]
    secrets += [kind(body).hexdigest() for kind in (hashlib.sha256, hashlib.sha1, hashlib.md5)]
    assert [secret for secret in secrets if secret in log.getvalue()] == []


def test_visits_that_came_to_nothing_yet_are_not_told(log: io.StringIO, now: dt.datetime, db: None) -> None:
    leads = [add_lead(f"https://{name}.example/", source=Lead.Source.OPERATOR, now=now) for name in ("busy", "gone")]
    put_off, failed = (
        Mock(leased=Mock(lead_id=lead.pk), page=None, is_image=False, inside=(), error=error, is_moved=False)
        for lead, error in zip(leads, ("http_503", "http_404"), strict=True)
    )
    put_off.again_in_s, failed.again_in_s = 5.0, None
    tell([put_off, failed], [])
    assert [line["about"] for line in lines(log) if line.get("code") == "lead.crawled"] == [leads[1].public_id]


def test_what_fails_says_what_it_was_about(
    world: Any, hotline: None, log: io.StringIO, monkeypatch: pytest.MonkeyPatch, now: dt.datetime
) -> None:
    lead = add_lead("https://forum.example/thread/", source=Lead.Source.OPERATOR, now=now)
    verdict = world.verdict("https://images.example/1.png", page="https://forum.example/thread/")
    ToTakeUp.objects.create(sighting=Sighting.objects.get(), recorded_at=now)

    def fail(*_: object) -> None:
        raise ValueError("https://images.example/1.png")

    monkeypatch.setattr(issuing, "drafts_for", fail)
    monkeypatch.setattr("orbweaver.detect.matching.taking_up.sightings_recorded.announce", fail)
    issuing.issue_notices(now)
    take_up()
    about = {line["about"]: line for line in lines(log) if line["level"] in ("WARNING", "ERROR") and "about" in line}
    assert about.keys() == {verdict.public_id, Sighting.objects.get().public_id}
    assert {tuple(line["leads"]) for line in about.values()} == {(lead.public_id,)}
    assert "images.example" not in log.getvalue()


def test_every_kind_of_row_knows_its_leads(world: Any, hotline: None, now: dt.datetime) -> None:
    from orbweaver.notify.notices.services import issue_notices

    lead = add_lead("https://forum.example/thread/", source=Lead.Source.OPERATOR, now=now)
    add_lead("https://forum.example/else/", source=Lead.Source.OPERATOR, now=now)
    verdict = world.verdict("https://images.example/1.png", page="https://forum.example/thread/")
    issue_notices(now)
    rows = [lead, Sighting.objects.get(), verdict.item, verdict, Notice.objects.get()]
    assert {leads_of(row.public_id) for row in rows} == {(lead.public_id,)}
    assert leads_of("usr_23456789abcdefgh") == ()
    assert leads_of("itm_23456789abcdefgh") == ()


def test_nothing_is_asked_or_written_where_logs_are_text(
    world: Any, hotline: None, now: dt.datetime, django_assert_num_queries: Any, caplog: pytest.LogCaptureFixture
) -> None:
    from orbweaver.people.audit.services import record
    from orbweaver.platform.steps import about

    with django_assert_num_queries(1), about(lambda: "itm_23456789abcdefgh"):
        record("item.opened", "itm_23456789abcdefgh", at=now)
    assert caplog.records == []


def test_what_is_undone_was_never_a_step(world: Any, log: io.StringIO, now: dt.datetime) -> None:
    from django.db import transaction

    from orbweaver.people.audit.services import record

    with transaction.atomic():
        record("item.opened", "itm_23456789abcdefgh", at=now)
        transaction.set_rollback(True)
    record("item.released", "itm_23456789abcdefgh", at=now)
    record("person.invited", "usr_23456789abcdefgh", at=now)
    record("notice.issued", "https://bad.example/", at=now)
    assert [line["code"] for line in lines(log)] == ["item.released"]
