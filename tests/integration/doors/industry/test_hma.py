"""The HMA door, called as ROOST Coop's client does: an address that ends in a slash, so paths begin ``//``."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterator

import httpx
import pytest

from orbweaver.detect.hashlists.models import HashListEntry
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.accounts.services import create_api_key, create_organisation

from .conftest import MakeKey, Running, Site
from .things import pdq_of, picture

pytestmark = pytest.mark.django_db(transaction=True)
Listed = Callable[..., HashListEntry]
BANK = "COOP_E7C89_HARMFUL"


@pytest.fixture
def coop(address: str, key: MakeKey) -> Iterator[httpx.Client]:
    """A client with the key in the path, as its setting for the address allows no other place."""
    scopes = (Permission.SCAN_USE, Permission.LIST_READ, Permission.LIST_EDIT)
    with httpx.Client(base_url=f"{address}/hma/{key(*scopes, url_hosts=['127.0.0.1'])}//", timeout=20) as client:
        yield client


@pytest.fixture
def bank(coop: httpx.Client) -> str:
    made = coop.post("/c/banks", json={"name": BANK, "enabled_ratio": "1"})
    assert (made.status_code, made.json()) == (201, {"name": BANK, "matching_enabled_ratio": 1.0})
    return BANK


def add(coop: httpx.Client, body: bytes, **fields: str) -> httpx.Response:
    return coop.post(f"/c/bank/{BANK}/content", files={"photo": ("a.jpg", body, "image/jpeg")}, data=fields)


def matches(coop: httpx.Client, running: Running, body: bytes) -> object:
    running.follow()
    return coop.get("/m/lookup", params={"signal_type": "pdq", "signal": pdq_of(body).hex()}).json()


def test_content_is_added_found_and_removed(coop: httpx.Client, bank: str, running: Running) -> None:
    added = add(coop, picture(), content_id="c1", metadata='{"case": 7}', note="from a report")
    assert added.status_code == 200
    number = added.json()["id"]
    assert added.json() == {"id": number, "signals": {"pdq": pdq_of(picture()).hex()}}
    (row,) = matches(coop, running, picture(60))[bank]  # type: ignore[index]
    assert (row["bank_content_id"], row["distance"].isdigit()) == (number, True)
    raw = coop.get("/m/raw_lookup", params={"signal_type": "pdq", "signal": pdq_of(picture()).hex()}).json()
    assert raw == {"matches": [number]}
    shown = coop.get(f"/c/bank/{bank}/content/{number}", params={"include_signals": "true", "include_metadata": "true"})
    assert shown.json()["signals"] == {"pdq": pdq_of(picture()).hex()}
    assert shown.json()["metadata"] == {"content_id": "c1", "json": {"case": 7}}
    assert shown.json()["note"] == "from a report"
    assert coop.delete(f"/c/bank/{bank}/content/{number}").json() == {"deleted": 1}
    assert matches(coop, running, picture()) == {}
    assert coop.get(f"/c/bank/{bank}/content/{number}").status_code == 404


def test_an_uploaded_picture_is_looked_up_by_type_and_bank(coop: httpx.Client, bank: str, running: Running) -> None:
    add(coop, picture())
    running.follow()
    found = coop.post("/m/lookup", files={"photo": ("b.jpg", picture(70), "image/jpeg")}).json()
    assert list(found) == ["pdq"]
    assert list(found["pdq"]) == [bank]
    strange = coop.post("/m/lookup", files={"photo": ("b.jpg", picture(70, seed=11), "image/jpeg")}).json()
    assert strange == {"pdq": {}}


def test_a_file_is_hashed_from_an_upload_or_from_an_address(coop: httpx.Client, site: Site) -> None:
    expected = {"pdq": pdq_of(picture()).hex()}
    assert coop.post("/h/hash", files={"photo": ("a.jpg", picture(), "image/jpeg")}).json() == expected
    assert coop.get("/h/hash", params={"url": site.serve("/a.jpg", picture())}).json() == expected
    video = coop.post("/h/hash", files={"video": ("a.mp4", b"no film", "video/mp4")}).json()
    assert video == {"video_md5": hashlib.md5(b"no film").hexdigest()}
    assert coop.get("/h/hash", params={"url": "https://example.com/a.jpg"}).status_code == 403
    assert coop.get("/h/hash").json() == {"message": "The parameter url is missing."}


def test_content_at_an_address_is_added_with_a_note(coop: httpx.Client, bank: str, site: Site) -> None:
    url = site.serve("/a.jpg", picture())
    added = coop.post(
        f"/c/bank/{bank}/content", params={"url": url}, json={"metadata": {"content_id": "x"}, "note": "n"}
    )
    assert added.json()["signals"] == {"pdq": pdq_of(picture()).hex()}


def test_every_call_of_the_newer_client_is_answered_as_it_reads_it(
    coop: httpx.Client, bank: str, site: Site, running: Running
) -> None:
    """ROOST Coop of 2026, request by request: a free name, renaming in place, exchanges, metadata in the query."""
    assert coop.get("/c/bank/COOP_E7C89_RENAMED").status_code == 404
    assert coop.get(f"/c/exchange/{bank}").status_code == 404
    assert coop.get(f"/c/bank/{bank}", headers={"Content-Type": "application/json"}).status_code == 200
    query = {"url": site.serve("/a.jpg", picture()), "content_id": "c1", "content_uri": "u", "metadata": '{"case": 7}'}
    number = coop.post(f"/c/bank/{bank}/content", params=query).json()["id"]
    shown = coop.get(f"/c/bank/{bank}/content/{number}", params={"include_metadata": "true"}).json()
    assert shown["metadata"] == {"content_id": "c1", "content_uri": "u", "json": {"case": 7}}
    assert shown["original_media_uri"] == "u"
    renamed = coop.put(f"/c/bank/{bank}", json={"name": "COOP_E7C89_RENAMED", "enabled_ratio": 1})
    assert renamed.json() == {"name": "COOP_E7C89_RENAMED", "matching_enabled_ratio": 1.0}
    assert coop.post("/c/banks", json={"name": "COOP_E7C89_THIRD", "enabled_ratio": "1"}).status_code == 201
    assert coop.put("/c/bank/COOP_E7C89_THIRD", json={"name": "COOP_E7C89_RENAMED"}).status_code == 403
    assert list(matches(coop, running, picture())) == ["COOP_E7C89_RENAMED"]  # type: ignore[call-overload]
    for path in ("/c/exchange/COOP_E7C89_RENAMED", "/c/bank/COOP_E7C89_RENAMED"):
        assert coop.delete(path).is_success
    assert matches(coop, running, picture()) == {}


def test_renaming_as_that_client_does_it_loses_nothing(coop: httpx.Client, bank: str, running: Running) -> None:
    """It makes a new bank and deletes the old one: what was in it stays on record, withdrawn."""
    add(coop, picture())
    assert coop.post("/c/banks", json={"name": "COOP_E7C89_OTHER", "enabled_ratio": "0.5"}).status_code == 201
    assert coop.delete(f"/c/bank/{bank}").json() == {"message": "Done"}
    assert coop.get(f"/c/bank/{bank}").status_code == 404
    assert [each["name"] for each in coop.get("/c/banks").json()] == ["COOP_E7C89_OTHER"]
    assert matches(coop, running, picture()) == {}
    entry = HashListEntry.objects.get(hash_list__name=bank)
    assert entry.state == HashListEntry.State.WITHDRAWN
    assert coop.post("/c/banks", json={"name": bank}).status_code == 201
    assert add(coop, picture()).json()["id"] == entry.pk
    assert bank in matches(coop, running, picture())  # type: ignore[operator]


def test_what_is_disabled_is_not_seen_until_its_time(coop: httpx.Client, bank: str, running: Running) -> None:
    number = add(coop, picture()).json()["id"]
    assert coop.put(f"/c/bank/{bank}/content/{number}", json={"disable_until_ts": 0}).status_code == 200
    assert matches(coop, running, picture()) == {}
    assert coop.put(f"/c/bank/{bank}/content/{number}", json={"disable_until_ts": 1}).status_code == 200
    assert bank in matches(coop, running, picture())  # type: ignore[operator]
    assert coop.put(f"/c/bank/{bank}", json={"enabled_ratio": 0}).json()["matching_enabled_ratio"] == 0
    assert matches(coop, running, picture()) == {}


def test_lists_of_others_are_found_and_not_changed(coop: httpx.Client, running: Running, listed: Listed) -> None:
    listed("pdq", pdq_of(picture()), "csam", "NCMEC_INDUSTRY")
    assert "NCMEC_INDUSTRY" in matches(coop, running, picture())  # type: ignore[operator]
    refused = coop.post("/c/banks", json={"name": "NCMEC_INDUSTRY"})
    assert refused.status_code == 403
    assert set(refused.json()) == {"message"}


def test_what_is_in_a_bank_is_shown_to_whom_it_belongs_alone(
    coop: httpx.Client, bank: str, address: str, now: dt.datetime
) -> None:
    number = add(coop, picture(), content_uri="https://coop.example/u/1.jpg", note="our case 77").json()["id"]
    others = create_organisation(name="Another company", kind="industry", country="CA")
    mine = {"Authorization": f"Bearer {create_api_key(others, 'read', [Permission.LIST_READ], now)}"}
    with httpx.Client(base_url=f"{address}/hma/", headers=mine, timeout=20) as other:
        assert [each["name"] for each in other.get("c/banks").json()] == [bank]
        refused = other.get(f"c/bank/{bank}/content/{number}?include_signals=1&include_metadata=1")
    assert (refused.status_code, set(refused.json())) == (403, {"message"})


def test_what_a_company_puts_into_its_bank_lets_no_filter_of_others_act(
    coop: httpx.Client, bank: str, running: Running, address: str, key: MakeKey
) -> None:
    assert add(coop, picture()).status_code == 200
    running.follow()
    said = httpx.post(
        f"{address}/api/v1/scan", content=picture(), auth=("any", key(Permission.SCAN_USE)), timeout=20
    ).json()
    assert {match["mark"] for match in said["matches"] if match["list_name"] == bank} == {"review_only"}
    assert said["needs_a_look"] is True


def test_hashes_are_added_and_compared(coop: httpx.Client, bank: str, running: Running) -> None:
    one, other = pdq_of(picture()).hex(), pdq_of(picture(60)).hex()
    assert coop.post(f"/c/bank/{bank}/signal", json={"pdq": one, "note": "by hand"}).status_code == 200
    assert bank in matches(coop, running, picture())  # type: ignore[operator]
    assert coop.post("/m/compare", json={"pdq": [one, one]}).json() == {"pdq": [True, {"distance": 0}]}
    assert coop.post("/m/compare", json={"pdq": [one, other]}).json()["pdq"][0] is True
    odd: list[object] = [[], "x", ["x", "y"], [one, one, one]]
    wrongs = [{"pdq": each} for each in odd] + [{"none": [one, one]}]
    for wrong in wrongs:
        assert coop.post("/m/compare", json=wrong).status_code == 400


def test_what_is_wrong_is_said_as_hma_says_it(coop: httpx.Client, bank: str) -> None:
    assert coop.post("/c/banks", json={"name": bank}).status_code == 403
    assert coop.post("/c/banks", json={"name": "small letters"}).status_code == 400
    assert coop.post("/c/banks", json={}).json()[0]["type"] == "missing"
    assert coop.get("/m/lookup", params={"signal_type": "pdq", "signal": ""}).status_code == 400
    assert coop.get("/m/raw_lookup", params={"signal_type": "none", "signal": "x"}).status_code == 400
    assert (
        coop.post("/m/lookup", content=b"--x", headers={"Content-Type": "multipart/form-data; boundary=x"}).status_code
        == 400
    )
    assert coop.get("/c/exchange/NONE").status_code == 404
    assert coop.get(f"/c/bank/{bank}/content/²").status_code == 404
    for odd in (
        {"pdq": pdq_of(picture()).hex(), "note": "\0"},
        {"pdq": pdq_of(picture()).hex(), "metadata": {"a": "\0"}},
    ):
        assert coop.post(f"/c/bank/{bank}/signal", json=odd).status_code == 400
    assert coop.get("/c/bank/%00").status_code in (400, 404)
    assert coop.get("/nowhere").json() == {"message": "There is no such call here."}


def test_who_is_in_a_trusted_network_needs_no_key_and_others_do(address: str, key: MakeKey) -> None:
    stranger = httpx.get(f"{address}/hma/c/banks")
    assert (stranger.status_code, set(stranger.json())) == (401, {"message"})
    inside = httpx.HTTPTransport(local_address="127.0.0.2")
    with httpx.Client(base_url=f"{address}/hma/", transport=inside) as client:
        assert client.get("/c/banks").json() == []
        assert client.post("/c/banks", json={"name": "OPEN_TO_US"}).status_code == 201
    with httpx.Client(base_url=f"{address}/hma/{key(Permission.SCAN_USE)}/") as client:
        assert client.get("/m/lookup", params={"signal_type": "pdq", "signal": "0f" * 32}).json() == {}
        assert client.get("/c/banks").status_code == 403


def test_the_index_says_how_it_is(coop: httpx.Client, running: Running, listed: Listed) -> None:
    listed("pdq", pdq_of(picture()))
    assert coop.get("/status").text == "I-AM-ALIVE"
    assert coop.get("/status/live").text == "I-AM-ALIVE"
    assert coop.get("/m/index/status", params={"signal_type": "pdq"}).json()["pdq"]["present"] is True
    assert {each["name"] for each in coop.get("/c/signal_type").json()} >= {"pdq", "video_md5"}
