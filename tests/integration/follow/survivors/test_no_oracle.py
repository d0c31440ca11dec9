"""An abuser who asks, reports, scans and reads figures to learn whether somebody has asked learns nothing."""

from __future__ import annotations

import datetime as dt
import re
import time
from typing import TYPE_CHECKING, Any

import pytest

from orbweaver.detect.crawl.models import FrontierUrl
from orbweaver.detect.hashlists.models import HashList
from orbweaver.detect.intake.models import AskedHash, Report
from orbweaver.detect.intake.rules import AskedFor
from orbweaver.detect.intake.services import ask_for_hashes, submit_report
from orbweaver.follow.survivors.models import Request
from orbweaver.follow.survivors.services import hand_on
from orbweaver.people.accounts.rules import KEY_SCOPES, Permission
from orbweaver.people.accounts.services import create_api_key, create_organisation
from orbweaver.platform.clock import now

from ...conftest import World
from .outsider import advantage, limit

if TYPE_CHECKING:
    from collections.abc import Callable

    from orbweaver.people.accounts.models import Organisation

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("hotline")]

KNOWN = "https://images.example/me.png"
PATIENCE_S = 1800
BY_TIME = ("rule_tables_tableversion", "database_lineage", "widest")
"""Words of what a scan asks every few seconds: whether tables of rules or lists have changed."""


def post(client: Any, url: str, form: str) -> Any:
    sent = {"capacity": "child", "danger": "no", "aim": "picture", "urls": url, "form": form}
    answer = client.post("/info/ask/", sent)
    assert answer.status_code == 200
    return answer


def make_known(client: Any, world: World) -> None:
    """Somebody asked for it, the crawler has it, it was seen and is to be removed."""
    post(client, KNOWN, "the survivor's")
    hand_on(now() + dt.timedelta(hours=8))
    world.verdict(KNOWN)


def statements(client: Any, url: str, form: str) -> list[str]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        post(client, url, form)
    return [re.sub(r"'[^']*'|\b\d+\b|[0-9a-f]{6,}|\bs\d+_x\d+", "?", each["sql"]) for each in captured]


def statuses(client: Any, report: Report, organisation: Organisation) -> list[int]:
    """What a key of an organisation, and anybody at the page of public reports, hear of a report's number."""
    key = create_api_key(organisation, "partner", list(KEY_SCOPES), now())
    name = report.public_id
    signal = name.replace("rep_", "report")
    paths = (f"/public/report/{name}/", f"/api/v1/reports/{name}", f"/abuse-signal/v1/abuse/{signal}")
    return [client.get(path, headers={"Authorization": f"Bearer {key}"}).status_code for path in paths]


def test_a_report_is_told_to_the_organisation_that_sent_it_and_to_no_other_key(
    client: Any, world: World, organisation: Organisation
) -> None:
    make_known(client, world)
    other = create_organisation(name="Other", kind="industry", country="CA")

    def submit(source: Report.Source, by: Organisation | None = None) -> Report:
        return submit_report(KNOWN, source=source, organisation=by, now=now())

    own, theirs = submit(Report.Source.PARTNER, organisation), submit(Report.Source.PARTNER, other)
    assert own != theirs, "whoever reports it as well is not told that it was reported before"
    assert submit(Report.Source.PARTNER, other) == theirs
    assert statuses(client, own, organisation) == [404, 200, 200]
    assert statuses(client, own, other) == [404, 404, 404]
    assert statuses(client, submit(Report.Source.PUBLIC), organisation) == [200, 404, 404]
    assert statuses(client, submit(Report.Source.OPERATOR), organisation) == [404, 404, 404]
    assert statuses(client, Report.objects.get(source=Report.Source.SURVIVOR), organisation) == [404, 404, 404]


def test_a_partner_reads_that_its_report_is_assessed_with_the_update_of_a_later_day(
    client: Any, organisation: Organisation
) -> None:
    key = create_api_key(organisation, "partner", list(KEY_SCOPES), now())
    made = submit_report(KNOWN, source=Report.Source.PARTNER, organisation=organisation, now=now())

    def said(days: float) -> tuple[str, str | None, str]:
        moment = now() - dt.timedelta(days=days)  # what we knew before is assessed within a minute
        Report.objects.update(state="assessed", created_at=moment, assessed_at=moment + dt.timedelta(minutes=1))
        headers = {"Authorization": f"Bearer {key}"}
        first = client.get(f"/api/v1/reports/{made.public_id}", headers=headers).json()
        other = client.get(f"/abuse-signal/v1/abuse/{made.public_id.replace('rep_', 'report')}", headers=headers).json()
        return first["state"], first["assessed_at"], other["status"]

    assert said(0.9) == ("fetched", None, "PROCESSING")
    state, at, status = said(2.1)
    assert (state, status) == ("assessed", "COMPLETED")
    assert at is not None
    assert "T12:00:00" in at


def test_the_audit_log_and_leads_do_not_tie_an_address_to_a_request(client: Any, world: World) -> None:
    from orbweaver.assess.review.reports import close_answered
    from orbweaver.detect.crawl.models import Lead
    from orbweaver.detect.intake.services import note_visits
    from orbweaver.people.audit.models import Event

    post(client, KNOWN, "the survivor's")
    hand_on(now() + dt.timedelta(hours=8))
    report = Report.objects.get(source=Report.Source.SURVIVOR)
    verdict = world.verdict(KNOWN)
    verdict.item.sightings.get().later_reports.add(report)
    verdict.item.__class__.objects.update(state="decided")
    note_visits([report.pk])
    Report.objects.filter(pk=report.pk).update(state="fetched")
    FrontierUrl.objects.update(state=FrontierUrl.State.DONE)
    assert close_answered(now()) == 1
    report.refresh_from_db()
    assert report.state == "assessed"
    said = [f"{event.kind} {event.subject} {event.details}" for event in Event.objects.all()]
    assert any("survivor_request.received" in each for each in said)
    assert [each for each in said if report.public_id in each or "images.example" in each] == []
    lead, asked = Lead.objects.get(report_id=report.pk), Request.objects.get()
    assert abs(lead.created_at - asked.created_at) > dt.timedelta(minutes=1)


def test_an_answer_asks_the_database_the_same_whether_or_not_somebody_asked_before(client: Any, world: World) -> None:
    make_known(client, world)
    post(client, "https://warm.example/", "0")
    assert statements(client, KNOWN, "1") == statements(client, "https://images.example/no.png", "2")


def test_a_difference_in_time_would_be_seen() -> None:
    assert advantage([1.0] * 50, [2.0] * 50) == 0.5
    assert advantage([1.0, 4.0], [2.0, 3.0]) == 0.25


def pairs_of(client: Any, count: int) -> tuple[list[float], list[float]]:
    """Seconds of that many answers about what is known and about what is not, in turns."""
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(2 * count):
        url = KNOWN if number % 2 else f"https://images.example/{number:04d}.png"[: len(KNOWN)].ljust(len(KNOWN), "x")
        begun = time.perf_counter()
        post(client, url, f"{number:05d}")
        times[number % 2].append(time.perf_counter() - begun)
    return times


def test_the_time_of_an_answer_does_not_tell_whether_somebody_asked_before(client: Any, world: World) -> None:
    make_known(client, world)
    pairs_of(client, 5)
    assert advantage(*reversed(pairs_of(client, 60))) < limit(60)


@pytest.fixture
def patient_decoder(set_config: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Scans wait for their decoder however busy the machine is: one that gives up says so, which tells of no hash."""
    from orbweaver.detect.media import decoders, seeing

    set_config(decode_timeout_s=PATIENCE_S)
    pool = decoders.decoder_pool(workers=1)
    monkeypatch.setattr(seeing, "_pool", lambda: pool)


# the first decoder of a machine compiles for 12 s of a processor, which took 400 s where twenty others wanted it, too
@pytest.mark.timeout(PATIENCE_S)
@pytest.mark.usefixtures("patient_decoder")
def test_no_scan_list_export_or_figure_tells_a_survivors_hash(
    client: Any, organisation: Organisation, world: World, set_config: Callable[..., None]
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from orbweaver.account_for.transparency.folding import keep_up
    from orbweaver.detect.hashlists.selectors import last_change
    from orbweaver.fingerprints import fingerprint
    from orbweaver_trials.demo.pictures import edited

    set_config(clock_speed=0, clock_epoch=now())  # the figures name the day
    body = edited(4)
    key = create_api_key(organisation, "abuser", [Permission.SCAN_USE], now())

    def look() -> tuple[Any, list[str], Any, Any, int]:
        keep_up()
        with CaptureQueriesContext(connection) as captured:
            scanned = client.generic("POST", "/api/v1/scan", body, headers={"Authorization": f"Bearer {key}"})
        # now: the next request begins the log of what was asked anew
        asked = [each["sql"].split()[0] for each in captured if not any(word in each["sql"] for word in BY_TIME)]
        assert "SELECT" in asked
        assert scanned.status_code == 200, scanned.content
        assert scanned.json()["error"] is None, "it was not decoded, so that this look compares nothing"
        figures = client.get("/public/")
        assert figures.status_code == 200
        return scanned.json(), asked, figures.content, last_change(), HashList.objects.count()

    look()
    before = look()
    prints = fingerprint(body)
    assert prints.pdq is not None
    theirs = [("sha256", prints.sha256), ("md5", prints.md5), ("pdq", prints.pdq)]
    ask_for_hashes([AskedFor(kind, value) for kind, value in theirs], now())
    assert AskedHash.objects.count() == 3
    after = look()
    assert (after[0], after[1], after[3], after[4]) == (before[0], before[1], before[3], before[4])
    assert after[2] == before[2]
    assert not Request.objects.exists()
