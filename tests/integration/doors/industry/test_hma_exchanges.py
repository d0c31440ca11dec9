"""Exchanges that fill a client's bank, set up as ROOST Coop sets them up with HMA: older versions and newer ones."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import httpx
import pytest

from orbweaver.detect.exchanges import for_banks
from orbweaver.detect.exchanges.credentials import unsealed
from orbweaver.detect.exchanges.pulling import pull, pull_due
from orbweaver.detect.exchanges.services import set_paused
from orbweaver.detect.hashlists.models import HashList, HashListEntry
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.accounts.services import create_api_key, create_organisation
from orbweaver.platform.config import forget

from .conftest import MakeKey, Running
from .test_exchange import own
from .things import NOW

pytestmark = pytest.mark.django_db(transaction=True)
BANK = "COOP_E7C89_FROM_NCMEC"
SCOPES = (Permission.SCAN_USE, Permission.LIST_READ, Permission.LIST_EDIT)


@pytest.fixture
def coop(address: str, key: MakeKey, monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    monkeypatch.setenv("ORBWEAVER_NETWORK_ALLOW", "127.0.0.1:*")
    forget()
    hosts = ["127.0.0.1", "127.0.0.2"]
    with httpx.Client(base_url=f"{address}/hma/{key(*SCOPES, url_hosts=hosts)}//", timeout=20) as client:
        yield client
    forget()


def set_up(coop: httpx.Client, address: str, **config: object) -> httpx.Response:
    said = {"bank": BANK, "api": "ncmec", "api_json": {"environment": address + "/hashsharing"} | config}
    return coop.post("/c/exchanges", json=said)


def test_a_bank_is_filled_by_an_exchange_with_the_clients_own_credentials(
    coop: httpx.Client, address: str, key: MakeKey, running: Running
) -> None:
    value = own(7)
    assert coop.get("/c/exchanges/apis").json() == ["ncmec", "stop_ncii"]
    assert coop.get("/c/exchanges/api/ncmec").json()["has_set_authentification"] is False
    kept = coop.post(
        "/c/exchanges/api/ncmec", json={"credential_json": {"user": "coop", "password": key(Permission.LIST_READ)}}
    )
    assert kept.json() == {"supports_authentification": True, "has_set_authentification": True}
    made = set_up(coop, address)
    assert (made.status_code, made.json()) == (201, {"message": "Created successfully"})
    assert set_up(coop, address).status_code == 403
    shown = coop.get(f"/c/exchange/{BANK}").json()
    assert (shown["api"], shown["enabled"], shown["credential_status"]["source"]) == ("ncmec", True, "exchange")
    assert "password" not in str(shown)
    before = coop.get(f"/c/exchange/{BANK}/status").json()
    assert (before["last_fetch_complete_ts"], before["fetched_items"], before["up_to_date"]) == (None, 0, False)
    exchange = for_banks.exchange_of(BANK)
    assert exchange is not None
    pull(exchange, NOW)
    after = coop.get(f"/c/exchange/{BANK}/status").json()
    assert (after["last_fetch_succeeded"], after["fetched_items"], after["up_to_date"]) == (True, 1, True)
    running.follow()
    found = coop.get("/m/lookup", params={"signal_type": "pdq", "signal": value}).json()
    assert found[BANK][0]["distance"] == "0"
    assert exchange.hash_list.allowed == HashList.Allowed.REVIEW
    assert coop.get("/c/exchanges").json() == [BANK]


def test_credentials_of_one_exchange_and_entries_of_some_members_alone(
    coop: httpx.Client, address: str, key: MakeKey
) -> None:
    own(8)
    assert set_up(coop, address, only_esp_ids=[999]).status_code == 201
    credentials = f"/c/exchange/{BANK}/credentials"
    assert coop.post(credentials, json={"credential_json": {"user": "coop"}}).status_code == 400
    given = {"user": "coop", "password": key(Permission.LIST_READ)}
    told = coop.post(credentials, json={"credential_json": given}).json()
    assert told == {"has_credentials": True, "source": "exchange"}
    exchange = for_banks.exchange_of(BANK)
    assert exchange is not None
    assert unsealed(exchange.credentials, exchange.address) == {"username": "coop", "password": given["password"]}
    pull(exchange, NOW)
    assert not exchange.hash_list.entries.exists()
    assert coop.get(f"/c/exchange/{BANK}").json()["only_esp_ids"] == [999]
    assert coop.put(f"/c/exchange/{BANK}", json={"enabled": False}).json()["enabled"] is False
    assert pull_due(NOW) == 0
    assert coop.put(f"/c/exchange/{BANK}", json={"enabled": True}).json()["enabled"] is True, "its own pause"
    exchange.refresh_from_db()
    set_paused(exchange, True, by=None, now=NOW)
    assert coop.put(f"/c/exchange/{BANK}", json={"enabled": False}).json()["enabled"] is False
    refused = coop.put(f"/c/exchange/{BANK}", json={"enabled": True})
    assert (refused.status_code, set(refused.json())) == (403, {"message"}), "that of the hotline"
    assert coop.get(f"/c/exchange/{BANK}").json()["enabled"] is False
    assert coop.post(credentials, json={"credential_json": {}}).json()["has_credentials"] is False


def test_deleting_ends_pulls_loses_nothing_and_frees_the_name(coop: httpx.Client, address: str, key: MakeKey) -> None:
    own(9)
    coop.post(
        "/c/exchanges/api/ncmec", json={"credential_json": {"user": "coop", "password": key(Permission.LIST_READ)}}
    )
    set_up(coop, address)
    first = for_banks.exchange_of(BANK)
    assert first is not None
    pull(first, NOW)
    assert coop.delete(f"/c/bank/{BANK}").is_success
    first.refresh_from_db()
    assert (first.paused, first.credentials) == (True, None)
    assert coop.get(f"/c/exchange/{BANK}").status_code == 404
    assert set_up(coop, address).status_code == 201
    second = for_banks.exchange_of(BANK)
    assert second is not None
    pull(second, NOW)
    states = {
        each.hash_list_id: each.state for each in HashListEntry.objects.filter(hash_list__supplier="Test hotline")
    }
    assert states == {first.hash_list_id: "withdrawn", second.hash_list_id: "active"}
    assert coop.delete(f"/c/exchange/{BANK}").json() == {"message": "Exchange deleted"}
    assert (coop.get(f"/c/exchange/{BANK}").status_code, coop.get(f"/c/bank/{BANK}").status_code) == (404, 200)


def test_what_the_hotline_paused_is_neither_deleted_nor_set_up_again(coop: httpx.Client, address: str) -> None:
    set_up(coop, address)
    exchange = for_banks.exchange_of(BANK)
    assert exchange is not None
    set_paused(exchange, True, by=None, now=NOW)
    said = {"bank": "ANOTHER", "api": "ncmec", "api_json": {"environment": address + "/hashsharing"}}
    elsewhere = {"user": "a", "password": "b", "base_url_override": address + "/elsewhere"}
    for refused in (
        coop.delete(f"/c/exchange/{BANK}"),
        coop.delete(f"/c/bank/{BANK}"),
        coop.post("/c/exchanges", json=said),
        coop.post("/c/exchanges", json=said | {"api_json": {"environment": address + "/x/../hashsharing"}}),
        coop.post(f"/c/exchange/{BANK}/credentials", json={"credential_json": elsewhere}),
    ):
        assert refused.status_code == 403
        assert "hotline paused" in refused.json()["message"]
    exchange.refresh_from_db()
    assert (exchange.paused, exchange.closed_at) == (True, None)
    assert not HashList.objects.filter(name="ANOTHER").exists()
    other = said | {"api_json": {"environment": address.replace("127.0.0.1", "127.0.0.2") + "/hashsharing"}}
    assert coop.post("/c/exchanges", json=other).status_code == 201
    moved = {"user": "a", "password": "b", "base_url_override": address + "/hashsharing"}
    refused = coop.post("/c/exchange/ANOTHER/credentials", json={"credential_json": moved})
    assert (refused.status_code, "hotline paused" in refused.json()["message"]) == (403, True)
    set_paused(exchange, False, by=None, now=NOW)
    assert coop.delete(f"/c/exchange/{BANK}").is_success


def test_a_client_sees_nothing_of_the_exchanges_of_others(coop: httpx.Client, address: str, now: dt.datetime) -> None:
    set_up(coop, address, only_esp_ids=[999])
    others = create_organisation(name="Another company", kind="industry", country="CA")
    token = create_api_key(others, "coop", list(SCOPES), now)
    with httpx.Client(base_url=f"{address}/hma/{token}//", timeout=20) as other:
        assert other.get("/c/exchanges").json() == []
        for path in (f"/c/exchange/{BANK}", f"/c/exchange/{BANK}/status"):
            answer = other.get(path)
            assert (answer.status_code, "999" in answer.text) == (404, False)
    assert coop.get("/c/exchanges").json() == [BANK]


def test_what_a_client_has_to_say_is_described_and_nobody_is_asked_that_its_key_does_not_allow(
    coop: httpx.Client, address: str, key: MakeKey
) -> None:
    described = coop.get("/c/exchanges/api/ncmec/schema").json()
    fields = {each["name"]: (each["type"], each["required"]) for each in described["config_schema"]["fields"]}
    assert fields == {"environment": ("enum", True), "only_esp_ids": ("set_of_number", False)}
    secrets = coop.get("/c/exchanges/api/stop_ncii/schema").json()["credentials_schema"]["fields"]
    assert {each["name"] for each in secrets if each["required"]} == {"subscription_key", "fetch_function_key"}
    for said, status in (
        ({"bank": BANK, "api": "ncmec", "api_json": {}}, 400),
        ({"bank": BANK, "api": "ncmec", "api_json": {"environment": 7}}, 400),
        ({"bank": BANK, "api": "none", "api_json": {}}, 400),
        ({"bank": BANK, "api": "ncmec", "api_json": {"environment": "https://elsewhere.example/x"}}, 403),
        ({"bank": "small", "api": "stop_ncii"}, 400),
        ({"api": "stop_ncii"}, 400),
    ):
        assert coop.post("/c/exchanges", json=said).status_code == status
    assert coop.post("/c/exchanges/api/none", json={}).status_code == 400
    assert coop.get("/c/exchange/NONE/status").status_code == 404
    assert coop.post("/c/exchange/NONE/credentials", json={"credential_json": {}}).status_code == 404
    assert coop.post("/c/exchanges", json={"bank": BANK, "api": "stop_ncii"}).status_code == 201
    elsewhere = {"subscription_key": "s", "fetch_function_key": "f", "base_url_override": "https://elsewhere.example"}
    answer = coop.post(f"/c/exchange/{BANK}/credentials", json={"credential_json": elsewhere})
    assert answer.status_code == 403
    reader = httpx.Client(base_url=f"{address}/hma/{key(Permission.LIST_READ)}//")
    with reader:
        assert reader.post("/c/exchanges", json={"bank": "OTHER", "api": "stop_ncii"}).status_code == 403
