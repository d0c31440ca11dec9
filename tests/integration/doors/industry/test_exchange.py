"""What other hotlines fetch, judged by the clients of ``threatexchange``, unchanged."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import requests
from threatexchange.exchanges.clients.ncmec.hash_api import NCMECHashAPI
from threatexchange.exchanges.clients.stopncii.api import StopNCIIAPI

from orbweaver.detect.hashlists.models import HashListEntry
from orbweaver.detect.hashlists.rules import EntryRow, RowHash
from orbweaver.detect.hashlists.services import add_own_entry, set_acts_alone, set_entry_state
from orbweaver.people.accounts.rules import Permission

from .conftest import MakeKey
from .things import NOW, put_on_list

pytestmark = pytest.mark.django_db(transaction=True)


def own(number: int, kind: str = "pdq", classification: str = "a1") -> str:
    """Put a hash on the hotline's own list; returns it in hexadecimal."""
    value = number.to_bytes(2, "big") * (16 if kind == "pdq" else 8)
    row = EntryRow(kind, value, classification, "unidentified", "", "us", False)
    set_acts_alone([add_own_entry(row, None, "us", NOW)], True, NOW)
    return value.hex()


@pytest.fixture
def ncmec(address: str, key: MakeKey) -> Any:
    place: Any = SimpleNamespace(value=address + "/hashsharing")
    return NCMECHashAPI("hotline", key(Permission.LIST_READ), place)


@pytest.fixture
def stopncii(address: str, key: MakeKey) -> StopNCIIAPI:
    return StopNCIIAPI("any", key(Permission.LIST_READ), base_url_override=address + "/stopncii/v1")


def test_ncmec_entries_come_page_by_page_with_tombstones(ncmec: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orbweaver.doors.industry.hashsharing.door.MOST", 2)
    values = [own(number) for number in range(1, 4)] + [own(4, "md5", "csam")]
    gone = HashListEntry.objects.get(hashes__value=bytes.fromhex(values[0]))
    set_entry_state([gone], HashListEntry.State.WITHDRAWN, reason="a mistake", by=None, now=NOW)
    put_on_list("pdq", bytes(range(32)))  # of another supplier, who has not agreed to this
    pages = list(ncmec.get_entries_iter(start_timestamp=0))
    assert [len(page.updates) for page in pages] == [2, 2]
    updates = [update for page in pages for update in page.updates]
    assert [update.fingerprints for update in updates] == [
        {"pdq": values[1]},
        {"pdq": values[2]},
        {"md5": values[3]},
        {},
    ]
    assert [update.deleted for update in updates] == [False, False, False, True]
    assert [update.classification for update in updates] == ["A1", "A1", None, None]
    assert updates[3].id == gone.public_id
    assert pages[-1].max_timestamp == int(NOW.timestamp())
    later = int((NOW + dt.timedelta(seconds=1)).timestamp())
    assert [page.updates for page in ncmec.get_entries_iter(start_timestamp=later)] == [[]]


def test_ncmec_entries_are_images_and_videos_with_all_their_hashes_but_no_frames(ncmec: Any) -> None:
    frame = RowHash("pdq", b"f" * 32, 1.0)
    for number, media_type, further in (
        (1, "image", (RowHash("md5", b"m" * 16), RowHash("pdq", b"p" * 32), RowHash("sha256", b"t" * 32))),
        (2, "video", (RowHash("md5", b"n" * 16), frame)),
    ):
        row = EntryRow(
            "sha1", bytes([number]) * 20, "a2", "unidentified", "", "us", False, media_type=media_type, further=further
        )
        set_acts_alone([add_own_entry(row, None, "us", NOW)], True, NOW)
    (page,) = ncmec.get_entries_iter(start_timestamp=0)
    assert {update.entry_type.value: update.fingerprints for update in page.updates} == {
        "image": {"sha1": "01" * 20, "md5": "6d" * 16, "pdq": "70" * 32},
        "video": {"sha1": "02" * 20, "md5": "6e" * 16},
    }


def test_ncmec_says_who_asks_and_who_shares(ncmec: Any) -> None:
    assert ncmec.status().esp_name == "Test hotline"
    assert [member.esp_name for member in ncmec.members()] == ["Orbweaver", "Test hotline"]


def test_stopncii_hashes_come_page_by_page_with_their_state(stopncii: StopNCIIAPI) -> None:
    values = [own(number) for number in range(1, 4)] + [own(4, "md5")]
    own(5, "sha1")
    gone, had = (HashListEntry.objects.get(hashes__value=bytes.fromhex(each)) for each in values[:2])
    set_entry_state([gone], HashListEntry.State.WITHDRAWN, reason="a mistake", by=None, now=NOW)
    first = stopncii.fetch_hashes(page_size=3)
    set_entry_state([had], HashListEntry.State.WITHDRAWN, reason="a mistake", by=None, now=NOW)
    rest = stopncii.fetch_hashes(page_size=3, next_page=first.nextPageToken or "")
    records = first.hashRecords + rest.hashRecords
    assert (first.hasMoreRecords, rest.hasMoreRecords) == (True, False)
    assert [record.hashValue for record in records] == [*values[1:], values[1]], "what it never had is not named later"
    assert [record.hashStatus.value for record in records] == ["Active", "Active", "Active", "Withdrawn"]
    assert {record.signalType.value for record in records} == {"ImagePDQ", "VideoMD5"}
    assert rest.nextSetTimestamp == int(NOW.timestamp())
    assert sum(page.count for page in stopncii.fetch_hashes_iter()) == 2, "a newcomer need not forget what it never had"
    added = stopncii.fetch_hashes(start_timestamp=int(NOW.timestamp()))
    assert values[0] in {record.hashValue for record in added.hashRecords}


def test_stopncii_has_no_word_for_the_md5_of_a_picture(stopncii: StopNCIIAPI) -> None:
    video, image = own(1, "md5"), own(2, "md5")
    for value, media_type in ((video, HashListEntry.MediaType.VIDEO), (image, HashListEntry.MediaType.IMAGE)):
        HashListEntry.objects.filter(hashes__value=bytes.fromhex(value)).update(media_type=media_type)
    assert [record.hashValue for record in stopncii.fetch_hashes().hashRecords] == [video]


def test_nobody_is_told_to_act_on_what_is_disputed_or_too_few_agreed_on(ncmec: Any, stopncii: StopNCIIAPI) -> None:
    disputed, doubtful = (HashListEntry.objects.get(hashes__value=bytes.fromhex(own(number))) for number in (1, 2))
    set_entry_state([disputed], HashListEntry.State.DISPUTED, reason="who knows", by=None, now=NOW)
    set_acts_alone([doubtful], False, NOW)
    assert [update.deleted for page in ncmec.get_entries_iter(start_timestamp=0) for update in page.updates] == [
        True,
        True,
    ]
    assert [each.hashStatus.value for each in stopncii.fetch_hashes().hashRecords] == ["Received", "Received"]


def test_lists_are_read_with_a_key_that_may(address: str, key: MakeKey) -> None:
    with pytest.raises(requests.HTTPError, match="403"):
        StopNCIIAPI("any", key(Permission.SCAN_USE), base_url_override=address + "/stopncii/v1").fetch_hashes()
    nobody = httpx.get(address + "/hashsharing/v2/entries")
    assert (nobody.status_code, nobody.headers["Content-Type"]) == (401, "application/xml; charset=utf-8")
    basic = ("any", key(Permission.LIST_READ))
    for query in ("from=never", "start=x", "size=-1", "start=²"):
        assert httpx.get(f"{address}/hashsharing/v2/entries?{query}", auth=basic).status_code == 400
    for query in ("startTimestamp=x", "nextPageToken=-1", "nextPageToken=1-x", "pageSize=99999999999999999999"):
        assert httpx.get(f"{address}/stopncii/v1/FetchHashes?{query}", auth=basic).status_code == 400
