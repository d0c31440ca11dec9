"""Police are told of an item once, in a file that only they can open and that needs no Orbweaver."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pyrage
import pytest
from django.test import Client

from orbweaver.assess.linking.marking import set_marker
from orbweaver.assess.linking.models import Marker
from orbweaver.assess.review.models import ReviewItem
from orbweaver.assess.review.services import open_items
from orbweaver.detect.captures.keeping import Wire, keep_one
from orbweaver.detect.evidence.errors import EvidenceUnreadable
from orbweaver.detect.evidence.messages import ARCHIVE_SEALED
from orbweaver.detect.fetching.exchanges import Exchange
from orbweaver.detect.matching.models import Sighting
from orbweaver.errors import Conflict, InvalidInput
from orbweaver.notify.police.bundle import FORMATS, bundle
from orbweaver.notify.police.models import Force, Referral
from orbweaver.notify.police.services import AGAIN_AFTER, add_force, note_answer, refer, refer_urgent, send_due
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.rules import Role
from orbweaver.people.audit.models import Event

pytestmark = pytest.mark.django_db
MakePerson = Callable[..., User]
SetConfig = Callable[..., None]
BODY = b"a picture"
State = Referral.State


@pytest.fixture
def item(hotline: None, make_sighting: Callable[..., Sighting], now: dt.datetime) -> ReviewItem:
    """An item that was captured as it was seen."""
    sighting = make_sighting(BODY)
    open_items([sighting], now)
    answered = b"HTTP/1.1 200 OK\r\n\r\n"
    keep_one(Wire(sighting, [Exchange(sighting.url, now, None, None, b"GET / HTTP/1.1\r\n\r\n", answered, BODY)]), now)
    return ReviewItem.objects.get()


@pytest.fixture
def force_key(now: dt.datetime) -> pyrage.x25519.Identity:
    """The key of a force that is set up."""
    identity = pyrage.x25519.Identity.generate()
    add_force("Police of Example", "CA", str(identity.to_public()), now)
    return identity


@pytest.fixture
def folder(set_config: SetConfig, tmp_path: Path) -> Path:
    set_config(police_dir=tmp_path / "out")
    return tmp_path / "out"


def test_an_urgent_item_is_referred_by_itself_once_and_opens_without_us(
    item: ReviewItem,
    force_key: pyrage.x25519.Identity,
    folder: Path,
    make_person: MakePerson,
    now: dt.datetime,
    tmp_path: Path,
) -> None:
    ann = make_person("Ann", Role.ANALYST)
    set_marker(item.media, Marker.Kind.ACCESS_TO_CHILD, "He lives with her", item=item, by=ann, now=now)
    assert [refer_urgent(now) for _ in range(2)] == [1, 0]
    assert [send_due(now) for _ in range(2)] == [1, 0]
    referral = Referral.objects.get()
    assert (referral.state, referral.because) == (State.SENT, Referral.Because.URGENT)
    [file] = folder.iterdir()
    content = file.read_bytes()
    assert hashlib.sha256(content).digest() == bytes(referral.sha256 or b"")
    assert BODY not in content
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(content, [pyrage.x25519.Identity.generate()])
    case = tmp_path / "case"
    case.mkdir()
    packed = pyrage.decrypt(content, [force_key])
    subprocess.run(["tar", "-x", "-C", case], input=packed, capture_output=True, check=True)  # as at a police force
    subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=case, capture_output=True, check=True)
    facts = json.loads((case / "item.json").read_text())
    assert facts["markers"][0]["words"] == "He lives with her"
    assert {each.file_name for each in FORMATS} <= {path.name for path in case.iterdir()}
    [record] = json.loads((case / "vics-2.0.json").read_text())["value"]
    assert (case / record["MediaFiles"][0]["FilePath"]).read_bytes() == BODY
    assert facts["seen"][0]["url"] == item.sightings.get().url
    iccam = json.loads((case / "iccam-report.json").read_text())
    assert (iccam["hotlineReference"], iccam["urls"][0]["urlString"]) == (referral.public_id, facts["seen"][0]["url"])
    assert (case / f"medium-{hashlib.sha256(BODY).hexdigest()}").read_bytes() == BODY
    assert len(list(case.glob("*.warc.gz"))) == 1
    assert Event.objects.filter(kind="evidence.exported", details__case=referral.public_id).count() == 2


def test_what_is_urgent_is_said_though_police_have_the_item_already(
    item: ReviewItem,
    force_key: pyrage.x25519.Identity,
    folder: Path,
    make_person: MakePerson,
    now: dt.datetime,
) -> None:
    [first] = refer(item, Referral.Because.REQUEST, by=None, now=now)
    send_due(now)
    ann = make_person("Ann", Role.ANALYST)
    set_marker(item.media, Marker.Kind.ACCESS_TO_CHILD, "He lives with her", item=item, by=ann, now=now)
    assert [refer_urgent(now) for _ in range(2)] == [1, 0]
    second = Referral.objects.exclude(pk=first.pk).get()
    assert second.because == Referral.Because.URGENT
    send_due(now)
    packed = pyrage.decrypt((folder / f"{second.public_id}.tar.age").read_bytes(), [force_key])
    assert b"He lives with her" in packed
    assert refer(item, Referral.Because.REQUEST, by=None, now=now) == []


def test_one_that_waits_becomes_urgent_and_stays_one(
    item: ReviewItem, force_key: pyrage.x25519.Identity, folder: Path, make_person: MakePerson, now: dt.datetime
) -> None:
    refer(item, Referral.Because.REQUEST, by=None, now=now)
    ann = make_person("Ann", Role.ANALYST)
    set_marker(item.media, Marker.Kind.ACCESS_TO_CHILD, "He lives with her", item=item, by=ann, now=now)
    assert [refer_urgent(now) for _ in range(2)] == [0, 0]
    assert Referral.objects.get().because == Referral.Because.URGENT


def test_a_full_disk_delays_it_and_nothing_is_said_to_have_left(
    item: ReviewItem, force_key: pyrage.x25519.Identity, folder: Path, now: dt.datetime
) -> None:
    folder.write_text("a file where the folder should be")
    [referral] = refer(item, Referral.Because.REQUEST, by=None, now=now)
    assert refer(item, Referral.Because.REQUEST, by=None, now=now) == []
    assert [send_due(now) for _ in range(2)] == [1, 0]
    assert Referral.objects.get().state == State.QUEUED
    assert not Event.objects.filter(kind="evidence.exported").exists()
    folder.unlink()
    assert send_due(now + AGAIN_AFTER) == 1
    assert [path.name for path in folder.iterdir()] == [f"{referral.public_id}.tar.age"]


def test_nothing_leaves_without_its_picture_while_the_archive_is_sealed(
    item: ReviewItem,
    force_key: pyrage.x25519.Identity,
    folder: Path,
    now: dt.datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refer(item, Referral.Because.REQUEST, by=None, now=now)

    def sealed(_: object) -> bytes:
        raise EvidenceUnreadable(ARCHIVE_SEALED)

    with monkeypatch.context() as patch:
        patch.setattr("orbweaver.notify.police.bundle.read", sealed)
        send_due(now)
    assert Referral.objects.get().state == State.QUEUED
    send_due(now + AGAIN_AFTER)
    [file] = folder.iterdir()
    assert BODY in pyrage.decrypt(file.read_bytes(), [force_key])


def test_one_that_cannot_be_packed_holds_up_no_other(
    item: ReviewItem,
    force_key: pyrage.x25519.Identity,
    folder: Path,
    make_sighting: Callable[..., Sighting],
    now: dt.datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    open_items([make_sighting(b"another")], now)
    [faulty], [good] = (
        refer(each, Referral.Because.REQUEST, by=None, now=now) for each in ReviewItem.objects.order_by("pk")
    )

    def pack(referral: Referral, at: dt.datetime) -> bytes:
        if referral.pk == faulty.pk:
            raise ValueError("nobody thought of this")
        return bundle(referral, at)

    monkeypatch.setattr("orbweaver.notify.police.services.bundle", pack)
    assert [send_due(now) for _ in range(3)] == [1, 1, 0]
    faulty.refresh_from_db()
    assert (faulty.state, faulty.failed_at) == (State.QUEUED, now)
    assert [path.name for path in folder.iterdir()] == [f"{good.public_id}.tar.age"]


def test_what_police_answer_is_noted_and_only_of_what_was_sent(
    item: ReviewItem, force_key: pyrage.x25519.Identity, folder: Path, make_person: MakePerson, now: dt.datetime
) -> None:
    lea = make_person("Lea", Role.LAW_ENFORCEMENT_LIAISON)
    [referral] = refer(item, Referral.Because.REQUEST, by=lea, now=now)
    with pytest.raises(Conflict):
        note_answer(referral.public_id, refused=False, answer="17/2026", by=lea, now=now)
    send_due(now)
    with pytest.raises(InvalidInput):
        note_answer(referral.public_id, refused=False, answer=" ", by=lea, now=now)
    assert note_answer(referral.public_id, refused=False, answer="17/2026", by=lea, now=now).state == State.ACKNOWLEDGED
    assert note_answer(referral.public_id, refused=True, answer="not ours", by=lea, now=now).state == State.REFUSED


def test_a_force_has_a_key_of_age_and_a_name_of_its_own(force_key: pyrage.x25519.Identity, now: dt.datetime) -> None:
    with pytest.raises(InvalidInput):
        add_force("Others", "CA", "age1nonsense", now)
    with pytest.raises(Conflict):
        add_force("Police of Example", "CA", str(force_key.to_public()), now)


def test_the_liaison_refers_and_records_on_a_page(
    item: ReviewItem, folder: Path, make_person: MakePerson, client: Client, now: dt.datetime
) -> None:
    client.force_login(make_person("Lea", Role.LAW_ENFORCEMENT_LIAISON))
    key = str(pyrage.x25519.Identity.generate().to_public())
    assert client.post("/urgent/police/refer/", {"item": item.public_id}).status_code == 400  # no force yet
    wrong = client.post("/urgent/police/forces/add/", {"name": "Police", "country": "CA", "key": "age1x"})
    assert wrong.status_code == 400
    client.post(
        "/urgent/police/forces/add/",
        {"name": "Police", "country": "CA", "key": key, "hears": "urgent", "channel": "file"},
    )
    assert Force.objects.get().key == key
    client.post("/urgent/police/refer/", {"item": item.public_id})
    send_due(now)
    referral = Referral.objects.get()
    shown = client.get("/urgent/police/").content.decode()
    assert "<h3>Police, " in shown
    assert referral.public_id in shown
    client.post(f"/urgent/police/{referral.public_id}/answer/", {"answer": "17/2026"})
    assert "17/2026" in client.get("/urgent/police/").content.decode()
