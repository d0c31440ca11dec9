"""What one force gets tells of no other's case, and its custody is checked by anybody, offline, all the same."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import json
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyrage
import pytest

from orbweaver.assess.review.models import ReviewItem
from orbweaver.assess.review.services import open_items
from orbweaver.detect.captures.keeping import Wire, keep_one
from orbweaver.detect.fetching.exchanges import Exchange
from orbweaver.detect.matching.models import Sighting
from orbweaver.notify.police.models import Force, Referral
from orbweaver.notify.police.orders import Ordered, answer_order, record_order
from orbweaver.notify.police.services import add_force, queue, send_due
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.rules import Role
from orbweaver.people.accounts.services import create_organisation, create_person
from orbweaver.people.audit.models import Event
from orbweaver.people.audit.services import record, seal_events

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


@pytest.fixture
def item(hotline: None, make_sighting: Callable[..., Sighting], now: dt.datetime) -> ReviewItem:
    sighting = make_sighting(b"a picture")
    open_items([sighting], now)
    answered = b"HTTP/1.1 200 OK\r\n\r\n"
    seen = Exchange(sighting.url, now, None, None, b"GET / HTTP/1.1\r\n\r\n", answered, b"a picture")
    keep_one(Wire(sighting, [seen]), now)
    return ReviewItem.objects.get()


@pytest.fixture
def lea(make_person: Callable[..., User]) -> User:
    return make_person("Lea", Role.LAW_ENFORCEMENT_LIAISON)


@pytest.fixture
def folder(set_config: Callable[..., None], tmp_path: Path) -> Path:
    set_config(police_dir=tmp_path / "out")
    return tmp_path / "out"


def force(name: str, country: str, now: dt.datetime) -> tuple[Force, pyrage.x25519.Identity]:
    key = pyrage.x25519.Identity.generate()
    under = create_organisation(
        name=f"Ministry over {name}", kind="law_enforcement", country=country, vetted_on=now.date() - 9 * DAY
    )
    return add_force(name, country, str(key.to_public()), now, organisation=under), key


def ordered(
    by: Force, item: ReviewItem, court: str, number: str, lea: User, now: dt.datetime, keep: dt.date | None = None
) -> Referral:
    """An order of this force's court, answered."""
    said = Ordered(by.public_id, court, number, "A law", [item.public_id], now.date(), now.date() + 14 * DAY, keep)
    [made] = answer_order(record_order(said, by=lea, now=now).public_id, by=lea, now=now)
    return made


def sent(referral: Referral, key: pyrage.x25519.Identity, folder: Path, now: dt.datetime) -> dict[str, bytes]:
    """The files of what was sent for it; the log is sealed as its worker does."""
    seal_events()
    while Referral.objects.get(pk=referral.pk).state == Referral.State.QUEUED:
        assert send_due(now) == 1
        seal_events()
    content = pyrage.decrypt((folder / f"{referral.public_id}.tar.age").read_bytes(), [key])
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        found = {each.name: (tar.extractfile(each) or io.BytesIO()).read() for each in tar.getmembers()}
    return {name: gzip.decompress(body) if name.endswith(".gz") else body for name, body in found.items()}


def checked(files: dict[str, bytes], into: Path, **changed: Any) -> subprocess.CompletedProcess[str]:
    """The check that came with them, run by a bare Python without our packages and settings."""
    into.mkdir()
    for name in ("custody.json", "check_custody.py"):
        (into / name).write_bytes(files[name])
    if changed:
        (into / "custody.json").write_text(json.dumps(json.loads(files["custody.json"]) | changed))
    command = [sys.executable, "-I", "-S", str(into / "check_custody.py"), str(into)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={})


@pytest.fixture
def second(item: ReviewItem, lea: User, folder: Path, now: dt.datetime) -> tuple[list[str], dict[str, bytes]]:
    """What nobody of the second force may read, and what it got, after the first was told and ordered it."""
    first, first_key = force("Gendarmerie of the Lavender", "FR", now)
    other, other_key = force("Police of the Linden", "DE", now)
    of_first = ordered(first, item, "Tribunal of Lavender", "LAVENDER-4/26", lea, now, now.date() + 30 * DAY)
    sent(of_first, first_key, folder, now)
    assert first.organisation is not None
    colette = create_person(
        email="c@lavender.example", display_name="Colette", organisation=first.organisation, by=None, now=now,
        roles=[Role.LAW_ENFORCEMENT_LIAISON], password="long enough a password for Colette",
    )  # fmt: skip
    record("item.looked_at", item.public_id, actor=colette, at=now)
    record("item.looked_at", item.public_id, actor=lea, at=now)
    own = ordered(other, item, "Court of the Linden", "LINDEN-7/26", lea, now)
    secrets = [first.name, first.public_id, of_first.public_id, "Tribunal of Lavender", "LAVENDER-4/26"]
    secrets += [of_first.order.public_id if of_first.order else "", colette.public_id]
    return secrets, sent(own, other_key, folder, now)


def test_a_bundle_for_one_force_names_no_other_nor_its_case_in_any_file(
    second: tuple[list[str], dict[str, bytes]],
) -> None:
    secrets, files = second
    found = {(name, word) for name, body in files.items() for word in secrets if word.encode() in body}
    assert found == set()
    custody = json.loads(files["custody.json"])["events"]
    told = [each.get("details", {}).get("to") for each in custody if each.get("kind") == "evidence.exported"]
    assert set(told) == {"Police of the Linden"}
    assert {each["details"]["authority"] for each in custody if each.get("kind") == "evidence.held"} == {
        "Court of the Linden"
    }
    assert [each["by"] for each in custody if each.get("kind") == "item.looked_at"] == [
        User.objects.get(display_name="Lea").public_id
    ]


def test_the_custody_holds_offline_and_says_what_is_withheld(
    second: tuple[list[str], dict[str, bytes]], tmp_path: Path
) -> None:
    _, files = second
    events = json.loads(files["custody.json"])["events"]
    withheld = [each for each in events if "withheld" in each]
    assert withheld
    assert {frozenset(each) for each in withheld} == {frozenset({"position", "hash", "withheld"})}
    sealed = {each.position: bytes(each.hash or b"").hex() for each in Event.objects.all()}
    assert {each["position"]: each["hash"] for each in withheld}.items() <= sealed.items()
    found = checked(files, tmp_path / "whole")
    assert (found.returncode, found.stderr) == (0, "")
    assert found.stdout.count("withheld: It tells of somebody else's case.") == len(withheld)
    assert f"{len(events)} events, {len(withheld)} of them withheld: holds" in found.stdout


@pytest.mark.parametrize("what", ["by", "at", "details", "hash", "before"])
@pytest.mark.sampled(2)
def test_what_was_altered_in_it_does_not_hold(
    what: str, second: tuple[list[str], dict[str, bytes]], tmp_path: Path
) -> None:
    _, files = second
    events = json.loads(files["custody.json"])["events"]
    first = next(each for each in events if each.get("kind") == "evidence.held")
    first[what] = {"details": {}, "by": "usr_2222222222222222", "at": "2020-01-01T00:00:00+00:00"}.get(what, "00" * 32)
    found = checked(files, tmp_path / "altered", events=events)
    assert found.returncode == 1
    assert found.stdout.count("DOES NOT HOLD") >= 2, "the event, perhaps the next one, and the whole"


def test_a_withheld_event_that_was_exchanged_does_not_hold_where_the_next_is_there(
    item: ReviewItem, lea: User, folder: Path, now: dt.datetime, tmp_path: Path
) -> None:
    first, first_key = force("Gendarmerie of the Lavender", "FR", now)
    other, other_key = force("Police of the Linden", "DE", now)
    [told] = queue(item, [first], Referral.Because.REQUEST, None, lea, now)
    sent(told, first_key, folder, now)
    stored = item.media.evidence
    assert stored is not None
    record("evidence.exported", stored.public_id, details={"case": "1", "to": first.name}, at=now)
    record("item.looked_at", item.public_id, actor=lea, at=now)
    [own] = queue(item, [other], Referral.Because.REQUEST, None, lea, now)
    files = sent(own, other_key, folder, now)
    events = json.loads(files["custody.json"])["events"]
    last = next(each for each in reversed(events) if "withheld" in each)
    last["hash"] = "00" * 32
    assert checked(files, tmp_path / "altered", events=events).returncode == 1


def test_a_court_may_get_the_whole_custody(item: ReviewItem, lea: User, folder: Path, now: dt.datetime) -> None:
    from orbweaver.detect.captures.custody import Case, about, custody_of
    from orbweaver.detect.captures.exporting import captures_of

    first, first_key = force("Gendarmerie of the Lavender", "FR", now)
    ordered(first, item, "Tribunal of Lavender", "LAVENDER-4/26", lea, now)
    sent(Referral.objects.get(), first_key, folder, now)
    captures, names = captures_of(item.sightings.all()), about(item.media, item.public_id)
    kept, whole = (
        json.dumps(custody_of(captures, names, Case("2026/17", "The court", whole=each))) for each in (False, True)
    )
    assert "Lavender" not in kept
    assert kept.count("withheld") == whole.count("Lavender") > 0
    assert "withheld" not in whole
