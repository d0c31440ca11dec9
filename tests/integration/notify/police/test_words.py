"""What police say of pictures comes as a file, a call or a form, and reaches verdicts and notices at once (R74)."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pyrage
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.integration.conftest import World

from orbweaver.account_for.transparency.selectors import figures
from orbweaver.assess.review.identification import identification_of
from orbweaver.assess.review.models import Verdict
from orbweaver.assess.series.models import PoliceWord, VictimSeries
from orbweaver.assess.series.selectors import numbers_of
from orbweaver.detect.media.models import Media
from orbweaver.errors import InvalidInput
from orbweaver.notify.notices.models import Notice, OutboxMessage
from orbweaver.notify.notices.routing.issuing import issue_notices
from orbweaver.notify.police.models import Force, Referral
from orbweaver.notify.police.services import add_force, refer, send_due
from orbweaver.notify.police.words import MOST_BYTES, Taken, read_file, take
from orbweaver.notify.providers.services import add_contact, add_provider
from orbweaver.people.accounts.models import Agreement, Organisation, User
from orbweaver.people.accounts.rules import Permission, Role
from orbweaver.people.accounts.services import create_api_key, create_organisation
from orbweaver.people.audit.models import Event
from orbweaver.platform.clock import now as clock_now

pytestmark = pytest.mark.django_db
DAY = "2026-11-20"


def new_key() -> str:
    return str(pyrage.x25519.Identity.generate().to_public())


@pytest.fixture
def force(now: dt.datetime) -> Force:
    return add_force("Police of Example", "CA", new_key(), now)


@pytest.fixture
def other_force(now: dt.datetime) -> Force:
    return add_force("Police of Elsewhere", "FR", new_key(), now)


@pytest.fixture
def verdict(hotline: None, world: World, now: dt.datetime) -> Verdict:
    """A removal whose notice is open."""
    provider = add_provider("Images", now=now, domains=["images.example"])
    add_contact(provider, "abuse@images.example", now=now)
    made = world.verdict("https://images.example/1.png")
    issue_notices(now)
    return made


def sha256_of(media: Media) -> str:
    return bytes(media.sha256).hex()


def say(force: Force, media: Media, said: str, now: dt.datetime, on: str = DAY, **more: str) -> Taken:
    return take([{"sha256": sha256_of(media), "said": said, "on": on, **more}], force, by=None, now=now)


def test_a_child_that_police_identify_is_news_to_the_notice_at_once_and_once(
    verdict: Verdict, force: Force, now: dt.datetime
) -> None:
    notice = Notice.objects.get()
    assert (notice.identified, notice.news_at) == (False, None)
    assert say(force, verdict.media, "identified", now, reference="17/2026").new == 1
    verdict.refresh_from_db()
    notice.refresh_from_db()
    assert (verdict.identified, verdict.identified_source) == ("identified", "Police of Example")
    assert (notice.identified, notice.news_at) == (True, now)
    again = say(force, verdict.media, "identified", now + dt.timedelta(hours=1), reference="17/2026")
    assert (again.new, again.before) == (0, 1)
    assert Event.objects.filter(kind="notice.child_identified").count() == 1
    said = Event.objects.get(kind="police.said")
    assert said.subject == verdict.media.public_id
    assert "17/2026" not in json.dumps(said.details)


def test_a_child_that_police_identify_is_one_in_the_figures_at_once(
    verdict: Verdict, force: Force, now: dt.datetime
) -> None:
    OutboxMessage.objects.update(state="sent", sent_at=now)
    Notice.objects.update(told_at=now, first_sent_at=now, last_sent_at=now)
    found = [figures(clock_now())]
    for said, on in (("identified", DAY), ("not_identified", "2026-11-22")):
        say(force, verdict.media, said, now, on=on)
        found.append(figures(clock_now()))
    assert [(each.notices_sent, each.share_unidentified) for each in found] == [(1, 1.0), (1, 0.0), (1, 1.0)]


def test_a_force_takes_back_its_own_word_and_no_other_ones(
    verdict: Verdict, force: Force, other_force: Force, now: dt.datetime
) -> None:
    media = verdict.media
    say(force, media, "identified", now)
    say(other_force, media, "recovered", now)
    say(force, media, "not_identified", now, on="2026-11-22")
    assert identification_of([media.pk])[media.pk].source == "Police of Elsewhere"
    say(other_force, media, "not_identified", now, on="2026-11-01")  # of an earlier day: what they said since stands
    assert media.pk in identification_of([media.pk])
    say(other_force, media, "not_identified", now, on="2026-11-23")
    assert identification_of([media.pk]) == {}
    verdict.refresh_from_db()
    assert (verdict.identified, verdict.identified_source) == ("unidentified", "")


def test_the_baseline_is_what_police_say_of_these_bytes(verdict: Verdict, force: Force, now: dt.datetime) -> None:
    said = [("baseline", "2026-11-20"), ("not_baseline", "2026-11-21"), ("baseline", "2026-11-19")]
    found = []
    for word, on in said:
        say(force, verdict.media, word, now, on=on)
        found.append(Verdict.objects.get().baseline)
    assert found == [True, False, False]


def test_countries_number_the_same_series_side_by_side(
    verdict: Verdict, force: Force, other_force: Force, now: dt.datetime
) -> None:
    assert say(force, verdict.media, "series", now).problems[0][1].code == "series.name_empty"
    say(force, verdict.media, "series", now, series="Green Room", reference="CA-17")
    series = VictimSeries.objects.get()
    assert (series.status, series.police_reference) == ("known", "CA-17")
    assert numbers_of(series) == [("Police of Example", "green room", "CA-17")]
    say(other_force, verdict.media, "series", now, series="Chambre", reference="FR-9")
    assert VictimSeries.objects.count() == 2  # until somebody merges them: no program takes names for the same
    assert {each.series_items.count() for each in Media.objects.all()} == {2}


def test_rows_are_taken_one_by_one_and_what_is_wrong_is_named(
    verdict: Verdict, force: Force, other_force: Force, now: dt.datetime
) -> None:
    [referral] = [
        each for each in refer(verdict.item, Referral.Because.REQUEST, by=None, now=now) if each.force == force
    ]
    send_due(now)
    send_due(now)
    file = "\n".join(
        [
            "Referral;SHA256;Said;On;Reference",
            f"{referral.public_id};;acknowledged;;17/2026",
            f"{referral.public_id};;identified;{DAY};17/2026",
            f";{'00' * 32};identified;{DAY};",
            f";{sha256_of(verdict.media)};guilty;{DAY};",
            f";{sha256_of(verdict.media)};baseline;soon;",
            f";{sha256_of(verdict.media)};baseline;2027-01-01;",
        ]
    )
    taken = take(read_file(file.encode("utf-8-sig")), force, by=None, now=now)
    assert taken.new == 2
    codes = [(number, why.code) for number, why in taken.problems]
    assert codes == [
        (3, "police.not_seen_here"),
        (4, "police.word_unknown"),
        (5, "police.day_wrong"),
        (6, "series.day_in_future"),
    ]
    referral.refresh_from_db()
    assert (referral.state, referral.answer) == (Referral.State.ACKNOWLEDGED, "17/2026")
    assert take(read_file(file.encode()), force, by=None, now=now).new == 0
    others = take([{"referral": referral.public_id, "said": "identified", "on": DAY}], other_force, by=None, now=now)
    assert others.problems[0][1].code == "police.not_told_of"


@pytest.mark.parametrize(
    "data",
    [b"\xff\xfe", b"", b"[1]", b'[{"said": ', b"a,b\n1,2", b"[" * 100_000, b"x" * (MOST_BYTES + 1)],
    ids=range(7),
)
def test_what_is_no_file_of_theirs_is_refused_whole(data: bytes) -> None:
    with pytest.raises(InvalidInput):
        read_file(data)


@pytest.fixture
def police_key(force: Force) -> str:
    """A key of the organisation under whose agreement the force is told."""
    today = clock_now().date()
    home = create_organisation(
        name="Police of Example", kind="law_enforcement", country="CA", vetted_on=today, agreement_ends_on=today
    )
    Force.objects.filter(pk=force.pk).update(organisation=home)
    return create_api_key(home, "words", [Permission.SERIES_IDENTIFY], clock_now(), unbound=True)


def call(key: str, *words: dict[str, str]) -> Any:
    body = json.dumps({"words": words})
    headers = {"Authorization": f"Bearer {key}"}
    return Client().post("/api/v1/police/words", body, content_type="application/json", headers=headers)


def test_a_force_says_it_by_a_call_with_its_own_name(
    verdict: Verdict, force: Force, police_key: str, organisation: Organisation
) -> None:
    word = {"sha256": sha256_of(verdict.media), "said": "identified", "on": DAY, "source": "Interpol"}
    answer = call(police_key, word, {"said": "identified", "md5": "zz", "on": DAY})
    assert answer.status_code == 200
    assert answer.json()["new"] == 1
    assert [each["code"] for each in answer.json()["problems"]] == ["police.not_seen_here"]
    assert PoliceWord.objects.get().source == "Police of Example"
    theirs = create_api_key(organisation, "not police", [Permission.SERIES_IDENTIFY], clock_now())
    assert call(theirs, word).json()["code"] == "police.not_police"
    assert call(create_api_key(organisation, "scans", [Permission.SCAN_USE], clock_now()), word).status_code == 401


def test_no_call_is_heard_after_the_agreement(verdict: Verdict, force: Force, police_key: str) -> None:
    yesterday = clock_now().date() - dt.timedelta(days=1)
    Agreement.objects.filter(organisation__forces=force).update(ends_on=yesterday)
    word = {"sha256": sha256_of(verdict.media), "said": "identified", "on": DAY}
    assert call(police_key, word).status_code in {400, 401}
    assert not PoliceWord.objects.exists()


def test_the_liaison_says_it_on_the_page_and_analysts_only_read_it(
    verdict: Verdict, force: Force, make_person: Callable[..., User], client: Client
) -> None:
    client.force_login(make_person("Lea", Role.LAW_ENFORCEMENT_LIAISON))
    form = {"force": force.public_id, "about": verdict.item.public_id, "said": "recovered", "on": DAY}
    assert client.post("/urgent/police/said/", form | {"about": "itm_unknown"}).status_code == 400
    assert client.post("/urgent/police/said/", form | {"reference": "17/2026"}).status_code == 302
    assert PoliceWord.objects.get().said == "recovered"
    file = SimpleUploadedFile(
        "words.csv", f"item,said,on\n{verdict.item.public_id},baseline,{DAY}\nx,baseline,\n".encode()
    )
    page = client.post("/urgent/police/said/file/", {"force": force.public_id, "file": file}, follow=True)
    assert "Row 2" in page.content.decode()
    wrong = {"force": force.public_id, "file": SimpleUploadedFile("a.csv", b"nothing")}
    assert client.post("/urgent/police/said/file/", wrong).status_code == 400
    client.force_login(make_person("Ann", Role.ANALYST))
    assert client.post("/urgent/police/said/", form).status_code == 403
    shown = client.get(f"/items/{verdict.item.public_id}/").content.decode()
    assert "The child is safe" in shown
    assert "17/2026" in shown
