"""Our own calls on the API's port."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from tests.integration.conftest import SetConfig

from orbweaver.detect.hashlists.models import HashList, HashListEntry
from orbweaver.detect.hashlists.services import set_entry_state, set_terms
from orbweaver.detect.matching.models import ScanHits
from orbweaver.people.accounts.models import ApiKey, KeyUsage, Organisation
from orbweaver.people.accounts.rules import Permission
from orbweaver.platform.clock import now as present

from .conftest import MakeKey, Running
from .things import NOW, film, pdq_of, picture, put_on_list

pytestmark = pytest.mark.django_db(transaction=True)
Listed = Callable[..., HashListEntry]


@pytest.fixture(scope="module")
def clip() -> bytes:
    return film(300)


def test_a_scan_says_what_is_hit_and_where_it_comes_from(browse: httpx.Client, listed: Listed) -> None:
    entry = listed("sha256", hashlib.sha256(picture()).digest(), "a1")
    said = browse.post("/api/v1/scan", content=picture()).json()
    assert (said["classification"], said["match_type"], said["needs_a_look"]) == ("a1", "exact", False)
    (match,) = said["matches"]
    assert (match["entry"], match["list_name"], match["source"], match["mark"]) == (
        entry.public_id,
        "Known",
        "NCMEC",
        "",
    )
    assert said["sha256"] == hashlib.sha256(picture()).hexdigest()


def test_a_body_in_chunks_is_scanned_whole(browse: httpx.Client, listed: Listed) -> None:
    listed("sha256", hashlib.sha256(picture()).digest())
    chunks = [picture()[start : start + 1000] for start in range(0, len(picture()), 1000)]
    assert browse.post("/api/v1/scan", content=iter(chunks)).json()["classification"] == "csam"


def test_hashes_made_at_home_are_told_apart_in_their_order(
    browse: httpx.Client, running: Running, listed: Listed
) -> None:
    entry = listed("pdq", pdq_of(picture()))
    set_entry_state([entry], HashListEntry.State.DISPUTED, reason="looks wrong", by=None, now=NOW)
    running.follow()
    hashes = [bytes(range(32)).hex(), pdq_of(picture(60)).hex(), pdq_of(picture()).hex()]
    said = browse.post("/api/v1/scan/hashes", json={"hashes": hashes}).json()
    assert [each["classification"] for each in said["results"]] == ["no-known-match", "csam", "csam"]
    assert [each["needs_a_look"] for each in said["results"]] == [False, True, True]
    assert said["results"][2]["matches"][0]["mark"] == "disputed"
    digest = hashlib.md5(picture()).hexdigest()
    listed("md5", bytes.fromhex(digest))
    exact = browse.post("/api/v1/scan/hashes", json={"kind": "md5", "hashes": [digest]}).json()["results"][0]
    assert (exact["match_type"], exact["classification"]) == ("exact", "csam")


def test_ten_thousand_hashes_are_answered_at_once_and_no_more(browse: httpx.Client) -> None:
    hashes = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(10_000)]
    answer = browse.post("/api/v1/scan/hashes", json={"hashes": hashes})
    assert len(answer.json()["results"]) == 10_000
    more = browse.post("/api/v1/scan/hashes", json={"hashes": [*hashes, hashes[0]]})
    assert (more.status_code, more.json()["code"]) == (400, "too_many_hashes")


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/api/v1/scan", b"", 400, "empty"),
        ("/api/v1/scan/hashes", b"[", 400, "not_json"),
        ("/api/v1/scan/hashes", b"[]", 400, "not_json"),
        ("/api/v1/scan/hashes", b'{"hashes": "x"}', 400, "not_json"),
        ("/api/v1/scan/hashes", b'{"hashes": [1]}', 400, "not_a_hash"),
        ("/api/v1/scan/hashes", b'{"hashes": ["zz"]}', 400, "not_a_hash"),
        ("/api/v1/scan/hashes", b'{"kind": "none", "hashes": []}', 400, "fingerprints.unknown_kind"),
        ("/api/v1/scan/hashes", b"[" * 100_000, 400, "not_json"),
        ("/api/v1/scan/url", b'{"url": 7}', 400, "not_json"),
        ("/api/v1/scan/url", b'{"url": "file:///etc/passwd"}', 400, None),
        ("/api/v1/scan/url", b'{"url": "https://example.com/a.jpg"}', 403, "host_not_allowed"),
        ("/api/v1/nothing", b"x", 404, "no_such_call"),
    ],
)
def test_what_is_wrong_is_a_problem_with_a_code(
    browse: httpx.Client, path: str, body: bytes, status: int, code: str | None
) -> None:
    answer = browse.post(path, content=body)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["type"], problem["status"]) == ("about:blank", status)
    assert problem["code"] == code or code is None


def test_a_key_is_asked_for_and_its_scope_looked_at(address: str, key: MakeKey) -> None:
    nobody = httpx.post(f"{address}/api/v1/scan", content=b"x")
    assert (nobody.status_code, nobody.json()["code"]) == (401, "key_needed")
    assert nobody.headers["WWW-Authenticate"].startswith("Basic")
    other = {"Authorization": f"Bearer {key(Permission.REPORT_SUBMIT)}"}
    assert httpx.post(f"{address}/api/v1/scan", content=b"x", headers=other).status_code == 403
    past = {"Authorization": f"Bearer {key(expires_at=present() - dt.timedelta(seconds=1))}"}
    assert httpx.post(f"{address}/api/v1/scan", content=b"x", headers=past).status_code == 401
    wrong = httpx.get(f"{address}/api/v1/scan")
    assert (wrong.status_code, wrong.headers["Allow"]) == (405, "POST")


def test_a_revoked_key_stops_working_within_a_second(browse: httpx.Client) -> None:
    assert browse.post("/api/v1/scan", content=b"x").status_code == 200
    ApiKey.objects.update(revoked_at=NOW)
    deadline = present() + dt.timedelta(seconds=1.5)
    while browse.post("/api/v1/scan", content=b"x").status_code == 200:
        assert present() < deadline


def test_the_agreements_end_is_met_on_a_connection_that_stays_open(
    browse: httpx.Client, organisation: Organisation
) -> None:
    """The body is under way as it ends: who asks is looked at before, so this one is answered, and none after it."""

    def slowly() -> Iterator[bytes]:
        yield b"x"
        assert organisation.agreements.update(ended_at=present(), ended_because="over") > 0
        time.sleep(1.1)
        yield b"x"

    before = browse.post("/api/v1/scan", content=b"x")
    under_way = browse.post("/api/v1/scan", content=slowly())
    after = [
        browse.post("/api/v1/scan", content=b"x"),
        browse.get("/api/v1/entries"),
        browse.get("/exchange/v1/entries"),
    ]
    assert (before.status_code, under_way.status_code) == (200, 200)
    assert [each.status_code for each in after] == [401, 401, 401]
    assert after[0].json()["code"] == "key_needed", "as for a key that never was"


def test_who_asks_too_fast_is_told_when_to_ask_again(address: str, key: MakeKey) -> None:
    slow = {"Authorization": f"Bearer {key(scans_per_minute=12)}"}
    answers = [httpx.post(f"{address}/api/v1/scan", content=b"x", headers=slow) for _ in range(3)]
    assert [each.status_code for each in answers] == [200, 200, 429]
    assert answers[0].headers["RateLimit"].startswith('"scan";r=1;t=')
    assert answers[0].headers["RateLimit-Policy"] == '"scan";q=2;w=10'
    assert 1 <= int(answers[2].headers["Retry-After"]) <= 10


def test_the_description_is_of_openapi_and_needs_no_key(address: str) -> None:
    document = httpx.get(f"{address}/api/v1/openapi.json").json()
    assert document["openapi"] == "3.1.0"
    assert set(document["paths"]) == {
        "/scan", "/scan/url", "/scan/hashes", "/jobs", "/jobs/{id}", "/entries", "/test-pictures/{name}",
    }  # fmt: skip
    references = json.dumps(document).count('"$ref"')
    assert references > 0
    assert all(name in document["components"]["schemas"] for name in ("Match", "Scan", "Problem"))


def test_what_a_key_asks_is_counted_for_its_page(address: str, key: MakeKey, running: Running) -> None:
    slow = {"Authorization": f"Bearer {key(scans_per_minute=12)}"}
    for _ in range(3):
        httpx.post(f"{address}/api/v1/scan", content=b"x", headers=slow)
    asyncio.run_coroutine_threadsafe(running.port.shared.usage.write(), running.loop).result(20)
    used = KeyUsage.objects.get()
    assert (used.door, used.requests, used.scans, used.matched, used.refused) == ("ours", 3, 2, 0, 1)


def test_a_quota_ends_for_the_day_whatever_the_rate(address: str, key: MakeKey) -> None:
    mine = {"Authorization": f"Bearer {key(scans_per_day=3, scans_per_month=1000)}"}
    answers = [httpx.post(f"{address}/api/v1/scan", content=b"x", headers=mine) for _ in range(5)]
    assert [each.status_code for each in answers] == [200, 200, 200, 429, 429]
    assert answers[3].json()["code"] == "quota_used"
    assert answers[3].headers["RateLimit"].startswith('"day";r=0;t=')
    assert answers[3].headers["RateLimit-Policy"].endswith(', "day";q=3, "month";q=1000')
    assert 1 <= int(answers[3].headers["Retry-After"]) <= 86_400


def test_scans_that_find_an_entry_are_counted_by_the_hour_and_those_of_tests_are_not(
    address: str, key: MakeKey, listed: Listed, running: Running
) -> None:
    entry = listed("sha256", hashlib.sha256(picture()).digest())
    headers = [{"Authorization": f"Bearer {key(is_test=is_test)}"} for is_test in (False, False, True)]
    for each in headers:
        httpx.post(f"{address}/api/v1/scan", content=picture(), headers=each)
    hashes = {"kind": "sha256", "hashes": [hashlib.sha256(picture()).hexdigest()] * 2}
    httpx.post(f"{address}/api/v1/scan/hashes", json=hashes, headers=headers[0])
    asyncio.run_coroutine_threadsafe(running.port.shared.usage.write(), running.loop).result(20)
    found = [(each.entry_id, each.organisation, each.count) for each in ScanHits.objects.all()]
    assert found == [(entry.pk, "Test hotline", 3)], "two files and a hash, which counts once however often it is sent"


def test_a_video_is_a_job_with_progress_that_its_client_alone_may_ask_after(
    address: str, key: MakeKey, browse: httpx.Client, listed: Listed, clip: bytes
) -> None:
    entry = listed("sha256", hashlib.sha256(clip).digest())
    made = browse.post("/api/v1/jobs", content=clip)
    assert (made.status_code, made.json()["state"]) == (202, "running")
    place, seen = made.headers["Location"], [made.json()]
    other = {"Authorization": f"Bearer {key()}"}
    assert httpx.get(address + place, headers=other).json()["code"] == "no_such_job"
    deadline = present() + dt.timedelta(seconds=60)
    while seen[-1]["state"] != "done":
        assert present() < deadline
        time.sleep(0.1)
        seen.append(browse.get(place).json())
    shares = [each["progress"] for each in seen]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    result = seen[-1]["result"]
    assert (result["classification"], result["matches"][0]["entry"]) == ("csam", entry.public_id)


def test_no_more_jobs_wait_than_there_is_room_for(browse: httpx.Client, clip: bytes) -> None:
    answers = [browse.post("/api/v1/jobs", content=clip) for _ in range(12)]
    refused = [each for each in answers if each.status_code != 202]
    assert {(each.status_code, each.json()["code"], each.headers["Retry-After"]) for each in refused} == {
        (503, "busy", "30")
    }


def test_entries_are_listed_since_a_cursor_with_what_was_withdrawn(address: str, key: MakeKey, listed: Listed) -> None:
    entries = [listed("md5", bytes([number]) * 16, "a1") for number in range(3)]
    put_on_list("md5", b"x" * 16, name="Of others")
    known = entries[0].hash_list
    set_terms(known, {"terms": "May go on", "doors": [HashList.Door.EXCHANGE]}, by=None, now=NOW)
    headers = {"Authorization": f"Bearer {key(Permission.LIST_READ)}"}

    def page(after: int, limit: int) -> dict[str, Any]:
        asked = {"after": after, "limit": limit}
        return dict(httpx.get(f"{address}/api/v1/entries", params=asked, headers=headers).json())

    first = page(0, 2)
    assert (first["has_more"], [each["entry"] for each in first["entries"]]) == (
        True, [each.public_id for each in entries[:2]],
    )  # fmt: skip
    assert first["entries"][0]["hashes"] == [{"kind": "md5", "value": "00" * 16, "time_s": None}]
    rest = page(first["next"], 2)
    assert ([each["entry"] for each in rest["entries"]], rest["has_more"]) == ([entries[2].public_id], False)
    assert page(rest["next"], 2) == {"entries": [], "next": rest["next"], "has_more": False}
    set_entry_state([entries[0]], HashListEntry.State.WITHDRAWN, reason="wrong", by=None, now=NOW)
    (changed,) = page(rest["next"], 2)["entries"]
    assert (changed["entry"], changed["state"]) == (entries[0].public_id, "withdrawn")
    assert httpx.get(f"{address}/api/v1/entries", headers={"Authorization": f"Bearer {key()}"}).status_code == 403
    assert httpx.get(f"{address}/api/v1/entries?after=x", headers=headers).json()["code"] == "parameter_unusable"


def test_a_key_works_from_its_networks_alone(address: str, key: MakeKey) -> None:
    ours, others = key(networks=["127.0.0.0/8"]), key(networks=["192.0.2.0/24", "2001:db8::/32"])
    with httpx.Client(base_url=address, timeout=20) as client:
        asked = [
            client.post("/api/v1/scan/hashes", json={}, headers={"Authorization": f"Bearer {each}"}).status_code
            for each in (ours, others)
        ]
    assert asked[0] != 403
    assert asked[1] == 403


def test_who_comes_through_a_proxy_chooses_no_network(address: str, key: MakeKey, set_config: SetConfig) -> None:
    """Some proxies add a line of their own below the one that a caller sent."""
    set_config(behind_proxy=True)
    token = f"Bearer {key(networks=['192.0.2.0/24'])}"
    for said in (["203.0.113.7"], ["192.0.2.1", "203.0.113.7"], ["192.0.2.1, 203.0.113.7"]):
        headers = [("Authorization", token), *(("X-Forwarded-For", each) for each in said)]
        assert httpx.post(f"{address}/api/v1/scan/hashes", json={}, headers=headers).status_code == 403
    headers = [("Authorization", token), ("X-Forwarded-For", "203.0.113.7"), ("X-Forwarded-For", "192.0.2.1")]
    assert httpx.post(f"{address}/api/v1/scan/hashes", json={}, headers=headers).status_code != 403
