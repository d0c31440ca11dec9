"""NCMEC is told by its CyberTipline, once, whatever breaks off and whenever."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterator

import pytest
from tests.integration.notify.police.cybertipline import ACCOUNT, Tipline, tipline

from orbweaver.assess.linking.marking import set_marker
from orbweaver.assess.linking.models import Marker
from orbweaver.assess.review.models import ReviewItem
from orbweaver.assess.review.services import open_items
from orbweaver.detect.matching.models import Sighting
from orbweaver.errors import InvalidInput
from orbweaver.notify.police import cybertip
from orbweaver.notify.police.models import Force, Referral
from orbweaver.notify.police.services import AGAIN_AFTER, add_force, end_force, refer, send_due
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.rules import Role
from orbweaver.people.audit.models import Event

pytestmark = pytest.mark.django_db
SetConfig = Callable[..., None]
BODY = b"a picture"
State = Referral.State


@pytest.fixture
def line(hotline: None, set_config: SetConfig) -> Iterator[Tipline]:
    with tipline() as found:
        set_config(
            network_allow="127.0.0.1:*",
            cybertip_address=found.address,
            cybertip_user=ACCOUNT[0],
            cybertip_password=ACCOUNT[1],
        )
        yield found


@pytest.fixture
def item(line: Tipline, make_sighting: Callable[..., Sighting], now: dt.datetime) -> ReviewItem:
    open_items([make_sighting(BODY, url="https://images.example/1.png?a=<b>&c")], now)
    return ReviewItem.objects.get()


@pytest.fixture
def force(line: Tipline, now: dt.datetime) -> Force:
    return add_force("NCMEC", "US", "", now, channel=Force.Channel.CYBERTIP)


@pytest.fixture
def referral(item: ReviewItem, force: Force, now: dt.datetime) -> Referral:
    [made] = refer(item, Referral.Because.REQUEST, by=None, now=now)
    return made


def test_a_report_is_opened_filled_and_finished_in_their_order(
    line: Tipline, item: ReviewItem, force: Force, make_person: Callable[..., User], now: dt.datetime
) -> None:
    ann = make_person("Ann", Role.ANALYST)
    set_marker(item.media, Marker.Kind.ACCESS_TO_CHILD, "He lives with her", item=item, by=ann, now=now)
    set_marker(item.media, Marker.Kind.LIVE_STREAM, "", item=item, by=ann, now=now)
    [referral] = refer(item, Referral.Because.REQUEST, by=None, now=now)
    assert [send_due(now) for _ in range(2)] == [1, 0]
    assert line.calls == ["/submit", "/upload", "/fileinfo", "/finish"]
    [report] = line.finished()
    assert report.document.findtext("incidentSummary/escalateToHighPriority") == "He lives with her"
    assert report.document.findtext("internetDetails/webPageIncident/url") == "https://images.example/1.png?a=<b>&c"
    assert referral.public_id in (report.document.findtext("additionalInfo") or "")
    assert list(report.files.values()) == [BODY]
    [details] = report.details
    digests = {each.get("hashType"): each.text for each in details.iter("originalFileHash")}
    assert digests["SHA256"] == hashlib.sha256(BODY).hexdigest()
    assert details.find("fileAnnotations/liveStreaming") is not None
    referral.refresh_from_db()
    assert (referral.state, referral.answer) == (State.ACKNOWLEDGED, next(iter(line.reports)))
    exported = Event.objects.get(kind="evidence.exported")
    assert exported.details == {"case": referral.public_id, "to": "NCMEC"}


@pytest.mark.parametrize("path", ["/submit", "/upload", "/fileinfo", "/finish"])
@pytest.mark.sampled(2)
def test_an_answer_that_is_lost_costs_no_report_and_makes_no_second(
    line: Tipline, referral: Referral, now: dt.datetime, path: str
) -> None:
    line.lose.add(path)
    assert send_due(now) == 1
    assert send_due(now) == 0  # it rests
    referral.refresh_from_db()
    assert referral.state == State.QUEUED
    assert send_due(now + AGAIN_AFTER) == 1
    assert len(line.finished()) == 1
    assert [len(each.files) for each in line.finished()] == [1]
    referral.refresh_from_db()
    assert referral.state == State.ACKNOWLEDGED
    open_there = [each for each in line.reports.values() if each.state == "open"]
    assert len(open_there) == (path == "/submit")  # whose number was not heard: it falls there by itself


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("step", ["submit", "upload", "fileinfo", "finish"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.sampled(2)
def test_a_process_that_is_killed_at_any_step_tells_once(
    line: Tipline, referral: Referral, now: dt.datetime, monkeypatch: pytest.MonkeyPatch, step: str, after: bool
) -> None:
    real = getattr(cybertip._Line, step)

    def killed(*given: object) -> object:
        if after:
            real(*given)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(cybertip._Line, step, killed)
        with pytest.raises(Killed):
            send_due(now)
    assert send_due(now) == 0  # it rests
    assert send_due(now + AGAIN_AFTER) == 1
    assert len(line.finished()) == 1
    assert Referral.objects.get().state == State.ACKNOWLEDGED


def test_what_they_refuse_for_good_is_for_a_person_and_what_passes_is_tried_again(
    line: Tipline, referral: Referral, now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    line.broken = True
    send_due(now)
    assert Referral.objects.get().state == State.QUEUED
    line.broken = False
    monkeypatch.setattr(cybertip, "report_xml", lambda _: b"<report><reporter/><incidentSummary/></report>")
    send_due(now + AGAIN_AFTER)
    refused = Referral.objects.get()
    assert refused.state == State.REFUSED
    assert "4100" in refused.answer
    assert send_due(now + 2 * AGAIN_AFTER) == 0
    assert line.finished() == []


def test_a_finish_that_was_not_heard_is_not_said_again_once_the_force_is_ended(
    line: Tipline, referral: Referral, force: Force, make_person: Callable[..., User], now: dt.datetime
) -> None:
    line.lose.add("/fileinfo")
    send_due(now)
    end_force(force.public_id, by=make_person("Lea", Role.LAW_ENFORCEMENT_LIAISON), now=now)
    assert send_due(now + AGAIN_AFTER) == 0
    assert line.finished() == []


def test_without_an_account_or_over_an_open_line_nothing_is_set_up(
    hotline: None, set_config: SetConfig, now: dt.datetime
) -> None:
    for address in ("", "http://tips.example/ispws"):
        set_config(cybertip_address=address, cybertip_user="a", cybertip_password="b")
        with pytest.raises(InvalidInput):
            add_force("NCMEC", "US", "", now, channel=Force.Channel.CYBERTIP)
