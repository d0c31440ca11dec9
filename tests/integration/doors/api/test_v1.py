from __future__ import annotations

import datetime as dt
import hashlib
import io
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.test import Client
from PIL import Image

from orbweaver.detect.hashlists import for_tests
from orbweaver.detect.hashlists.models import HashList, HashListEntry
from orbweaver.detect.hashlists.rules import EntryRow, RowHash
from orbweaver.detect.hashlists.services import (
    add_own_entry,
    get_or_create_list,
    set_acts_alone,
    set_entry_state,
    set_terms,
)
from orbweaver.detect.hashlists.writing import upsert_entries
from orbweaver.detect.matching.models import ScanHits
from orbweaver.doors.api import scanning
from orbweaver.fingerprints import fingerprint
from orbweaver.people.accounts.models import KeyUsage, Organisation
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.accounts.services import create_api_key
from orbweaver.platform.clock import now as present

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
MakeKey = Callable[..., dict[str, str]]


@pytest.fixture
def key(organisation: Organisation) -> MakeKey:
    def make(scope: Permission, **more: Any) -> dict[str, str]:
        return {"Authorization": f"Bearer {create_api_key(organisation, 'test', [scope], NOW, **more)}"}

    return make


@pytest.fixture(autouse=True)
def own_index(set_config: Callable[..., None], tmp_path: Path) -> None:
    set_config(data_dir=tmp_path)
    scanning._index.cache_clear()


def picture(quality: int = 90) -> bytes:
    """A picture with structure at several scales, so that its PDQ quality is high."""
    image = Image.linear_gradient("L").resize((640, 480))
    for x in range(0, 640, 80):
        for y in range(0, 480, 60):
            shade = (x * 7 + y * 13) * 31 % 256
            image.paste(shade, (x, y, x + 40 + x % 37, y + 30 + y % 29))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


def listed(kind: str, value: bytes, classification: str = "csam", list_name: str = "Known") -> None:
    known = get_or_create_list(list_name, "NCMEC", NOW)
    upsert_entries(known, [EntryRow(kind, value, classification, "unidentified", "", "NCMEC", False)], NOW)


def pdq_of(body: bytes) -> bytes:
    found = fingerprint(body).pdq
    assert found is not None
    return found


def scan(client: Client, body: bytes, headers: dict[str, str]) -> dict[str, object]:
    answer = client.post("/api/v1/scan", body, content_type="image/jpeg", headers=headers)
    assert answer.status_code == 200, answer.content
    result: dict[str, object] = answer.json()
    return result


def test_an_exact_copy_a_near_copy_and_a_stranger_are_told_apart(client: Client, key: MakeKey) -> None:
    headers = key(Permission.SCAN_USE)
    listed("sha256", hashlib.sha256(picture(90)).digest())
    pdq = fingerprint(picture(90)).pdq
    assert pdq is not None
    listed("pdq", pdq)
    exact, near = scan(client, picture(90), headers), scan(client, picture(60), headers)
    stranger = scan(client, b"no picture at all", headers)
    assert (exact["match_type"], exact["classification"]) == ("exact", "csam")
    assert (near["match_type"], near["classification"]) == ("near", "csam")
    assert (stranger["match_type"], stranger["classification"]) == (None, "no-known-match")
    assert stranger["error"]


def test_a_frame_of_a_film_alone_is_a_possible_match_for_a_person_and_no_classification(
    client: Client, key: MakeKey
) -> None:
    pdq = fingerprint(picture(90)).pdq
    assert pdq is not None
    film = EntryRow("sha256", b"f" * 32, "csam", "unidentified", "", "Us", False, further=(RowHash("pdq", pdq, 0.0),))
    add_own_entry(film, None, "Us", NOW)
    headers = key(Permission.SCAN_USE)
    said = scan(client, picture(60), headers)
    assert (said["classification"], said["match_type"]) == ("no-known-match", "near")
    match = said["matches"][0]  # type: ignore[index]
    assert (match["is_frame"], match["classification"]) == (True, "csam")
    listed("pdq", pdq)
    scanning._index.cache_clear()
    said = scan(client, picture(60), headers)
    assert (said["classification"], said["match_type"]) == ("csam", "near"), "another list has it as a picture"


def test_a_picture_in_a_border_is_a_possible_match_for_a_person_and_says_where_it_is(
    client: Client, key: MakeKey
) -> None:
    clouds = Image.fromarray(np.random.default_rng(1).integers(0, 255, (8, 10), np.uint8)).resize((640, 480))
    page = Image.new("L", (1280, 960), 255)
    page.paste(clouds, (320, 240))
    alone, held = io.BytesIO(), io.BytesIO()
    clouds.save(alone, "PNG")
    page.save(held, "PNG")
    listed("pdq", pdq_of(alone.getvalue()))
    said = scan(client, held.getvalue(), key(Permission.SCAN_USE))
    assert (said["classification"], said["match_type"]) == ("no-known-match", "near")
    match = said["matches"][0]  # type: ignore[index]
    assert (match["mark"], match["proof"], match["mirrored"]) == ("derived_copy", "pieces", False)
    assert np.allclose(match["query_quad"], [[0.25, 0.25], [0.75, 0.25], [0.75, 0.75], [0.25, 0.75]], atol=0.01)


def test_the_gravest_match_decides_and_known_bytes_are_called_exact(client: Client, key: MakeKey) -> None:
    body = picture(90)
    listed("sha256", hashlib.sha256(body).digest(), "other_harmful", "Others")
    near = bytes([pdq_of(body)[0] ^ 1]) + pdq_of(body)[1:]
    listed("pdq", near, "csam")
    listed("pdq", pdq_of(body), "csam_related", "Related")
    said = scan(client, body, key(Permission.SCAN_USE))
    assert (said["classification"], said["match_type"], said["needs_a_look"]) == ("csam", "exact", False)
    assert [each["classification"] for each in said["matches"]] == ["csam", "csam_related", "other_harmful"]  # type: ignore[attr-defined]


def test_a_disputed_entry_is_marked_and_steps_behind_one_that_is_not(client: Client, key: MakeKey) -> None:
    body, headers = picture(90), key(Permission.SCAN_USE)
    listed("pdq", pdq_of(body))
    entry = HashListEntry.objects.get()
    set_entry_state([entry], HashListEntry.State.DISPUTED, reason="a beach", by=None, now=NOW)
    said = scan(client, body, headers)
    assert (said["classification"], said["needs_a_look"]) == ("csam", True)
    assert [each["mark"] for each in said["matches"]] == ["disputed"]  # type: ignore[attr-defined]
    listed("sha256", hashlib.sha256(body).digest(), "csam_related", "Others")
    scanning._index.cache_clear()
    said = scan(client, body, headers)
    assert (said["classification"], said["needs_a_look"]) == ("csam_related", False)
    assert [each["mark"] for each in said["matches"]] == ["", "disputed"]  # type: ignore[attr-defined]
    assert said["graver_to_look_at"] == "csam", "both are said"


def test_a_match_of_a_list_for_review_is_never_to_be_acted_on_alone_and_an_expired_list_matches_nothing(
    client: Client, key: MakeKey
) -> None:
    body, headers = picture(90), key(Permission.SCAN_USE)
    listed("sha256", hashlib.sha256(body).digest())
    known = HashList.objects.get()
    set_terms(known, {"allowed": HashList.Allowed.REVIEW}, by=None, now=NOW)
    said = scan(client, body, headers)
    assert (said["classification"], said["needs_a_look"], said["graver_to_look_at"]) == ("csam", True, None)
    assert said["matches"][0]["mark"] == "review_only"  # type: ignore[index]
    set_terms(known, {"expires_on": present().date()}, by=None, now=NOW)
    assert scan(client, body, headers)["classification"] == "csam", "the last day counts"
    set_terms(known, {"expires_on": present().date() - dt.timedelta(days=1)}, by=None, now=NOW)
    said = scan(client, body, headers)
    assert (said["classification"], said["matches"]) == ("no-known-match", [])


def test_the_verdict_of_too_few_analysts_is_marked(client: Client, key: MakeKey) -> None:
    body, headers = picture(90), key(Permission.SCAN_USE)
    row = EntryRow("sha256", hashlib.sha256(body).digest(), "csam", "unidentified", "", "Us", False)
    add_own_entry(row, None, "Us", NOW)
    said = scan(client, body, headers)
    assert (said["needs_a_look"], said["matches"][0]["mark"]) == (True, "needs_a_look")  # type: ignore[index]
    set_acts_alone(HashListEntry.objects.all(), True, NOW)
    said = scan(client, body, headers)
    assert (said["needs_a_look"], said["matches"][0]["mark"]) == (False, "")  # type: ignore[index]


def test_a_list_that_has_just_come_is_merged_by_whoever_scans(
    client: Client, key: MakeKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanning, "TIDY_S", 0.0)
    known = get_or_create_list("Large", "NCMEC", NOW)
    hashes = (hashlib.sha256(str(number).encode()).digest() for number in range(5_000))
    rows = [EntryRow("pdq", value, "csam", "unidentified", "", "NCMEC", False) for value in hashes]
    upsert_entries(known, rows, NOW)
    scan(client, b"no picture", key(Permission.SCAN_USE))
    for thread in threading.enumerate():
        if thread.name == "index-merge":
            thread.join()
    assert not scanning._index().needs_merge


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer nonsense"}])
def test_nothing_without_a_key(client: Client, headers: dict[str, str]) -> None:
    assert client.post("/api/v1/scan", b"x", content_type="image/png", headers=headers).status_code == 401


def test_a_key_opens_only_what_its_scopes_say(client: Client, key: MakeKey) -> None:
    headers = key(Permission.REPORT_SUBMIT)
    assert client.post("/api/v1/scan", b"x", content_type="image/png", headers=headers).status_code == 401


def test_a_key_makes_so_many_reports_and_hears_what_is_left(client: Client, key: MakeKey) -> None:
    headers = key(Permission.REPORT_SUBMIT, scans_per_minute=12)
    said = {"url": "https://example.org/a"}
    answers = [client.post("/api/v1/reports", said, "application/json", headers=headers) for _ in range(3)]
    assert [each.status_code for each in answers] == [201, 201, 429]
    assert {each.headers["RateLimit-Policy"] for each in answers} == {'"report";q=2;w=10'}
    assert [each.headers["RateLimit"].split(";")[1] for each in answers] == ["r=1", "r=0", "r=0"]
    seconds = int(answers[2].headers["Retry-After"])
    assert 1 <= seconds <= 10
    assert (answers[2].json()["code"], answers[2].headers["Content-Type"]) == (
        "too_many_reports", "application/problem+json"
    )  # fmt: skip
    other = key(Permission.REPORT_SUBMIT)
    answer = client.post("/api/v1/reports", said, "application/json", headers=other)
    assert (answer.status_code, answer.headers["RateLimit-Policy"]) == (201, '"report";q=100;w=10'), "each key its own"


def test_a_partner_reports_and_follows(client: Client, key: MakeKey) -> None:
    headers = key(Permission.REPORT_SUBMIT)
    made = client.post("/api/v1/reports", {"url": "https://example.org/a"}, "application/json", headers=headers)
    assert made.status_code == 201
    read = client.get(f"/api/v1/reports/{made.json()['id']}", headers=headers)
    assert read.json()["state"] == "received"
    assert client.get("/api/v1/reports/rep_none", headers=headers).status_code == 404
    refused = client.post("/api/v1/reports", {"url": "nonsense"}, "application/json", headers=headers)
    assert refused.status_code == 400
    assert refused.json()["code"] == "invalid_url"


def test_a_body_above_the_limit_is_refused(client: Client, key: MakeKey, set_config: Callable[..., None]) -> None:
    set_config(crawl_max_bytes=1000)
    headers = key(Permission.SCAN_USE)
    answer = client.post("/api/v1/scan", b"x" * 1001, content_type="image/png", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_a_key_for_tests_finds_the_test_pictures_alone_and_a_quota_ends(
    client: Client, organisation: Organisation, key: MakeKey
) -> None:
    for_tests.put_in_place(NOW)
    body = for_tests.PICTURES["test-1.jpg"].read_bytes()
    assert scan(client, body, key(Permission.SCAN_USE))["classification"] == "no-known-match"
    text = create_api_key(organisation, "try", [Permission.SCAN_USE], NOW, is_test=True, scans_per_day=1)
    headers = {"Authorization": f"Bearer {text}"}
    assert scan(client, body, headers)["classification"] == "csam"
    assert not ScanHits.objects.exists(), "what tests find says nothing of an entry"
    refused = client.post("/api/v1/scan", body, content_type="image/jpeg", headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (429, "quota_used")
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert 1 <= int(refused.headers["Retry-After"]) <= 86_400
    used = KeyUsage.objects.get(key__is_test=True)
    assert (used.door, used.requests, used.scans, used.matched, used.refused) == ("pages", 2, 1, 1, 1)


def test_a_key_works_from_its_networks_alone_behind_our_proxy_too(
    client: Client, key: MakeKey, set_config: Any
) -> None:
    bound = key(Permission.REPORT_SUBMIT, networks=["192.0.2.0/24"])

    def asked(peer: str, **forwarded: str) -> int:
        answer = client.get("/api/v1/reports/rep_1", headers=bound, REMOTE_ADDR=peer, **forwarded)  # type: ignore[arg-type]
        return answer.status_code

    assert asked("192.0.2.7") == 404
    assert asked("::ffff:192.0.2.7") == 404
    assert asked("198.51.100.7") == 401
    assert asked("198.51.100.7", HTTP_X_FORWARDED_FOR="192.0.2.7") == 401
    set_config(behind_proxy=True)
    assert asked("127.0.0.1", HTTP_X_FORWARDED_FOR="198.51.100.7, 192.0.2.7") == 404
    assert asked("127.0.0.1", HTTP_X_FORWARDED_FOR="192.0.2.7, 198.51.100.7") == 401


STRANGE = {
    "deep": b'{"url": ' + b"[" * 500_000,
    "deep and whole": b'{"url": ' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    "deep as may be": b'{"action": 1, "report": {"xarf": {"a":' + b"[" * 900 + b"]" * 900 + b"}}}",
    "objects as deep": b'{"action": 1, "report": {"xarf": ' + b'{"Report": ' * 900 + b"1" + b"}" * 902,
    "reported digits": b'{"report": {"xarf": {"Version": %s, "Report": {"SourceIp": %s}}}}' % ((b"9" * 4_000,) * 2),
    "digits": b'{"url": %s, "comment": %s, "words": [{"said": %s}]}' % ((b"9" * 1_000_000,) * 3),
    "beyond numbers": b'{"url": 1e999, "comment": NaN, "words": [{"said": -1e999}], "action": Infinity}',
    "a text": b'{"url": "' + b"a" * 1_900_000 + b'", "words": "' + b"a" * 100_000 + b'"}',
    "objects": b'{"url": [{}' + b",{}" * 600_000 + b"]}",
    "a name": b'{"' + b"a" * 1_900_000 + b'": 1}',
    "more than two megabytes": b'{"url": "' + b"a" * 2_200_000 + b'"}',
    "half a character": b'{"url": "\\ud800", "comment": "\\ud800", "words": [{"said": "\\ud800"}]}',
    "NUL": b'{"url": "http://a.example/\\u0000", "comment": "\\u0000", "words": [{"said": "\\u0000"}]}',
}


@pytest.mark.parametrize("body", STRANGE.values(), ids=STRANGE)
@pytest.mark.parametrize(
    ("path", "scope"),
    [
        ("/api/v1/reports", Permission.REPORT_SUBMIT),
        ("/api/v1/police/words", Permission.SERIES_IDENTIFY),
        ("/abuse-signal/v1/abuse", Permission.NOTICE_ANSWER),
        ("/abuse-signal/v1/notices/not_none/answers", Permission.NOTICE_ANSWER),
    ],
)
def test_a_body_of_which_one_value_has_no_end_is_refused_and_is_no_error_of_ours(
    client: Client, key: MakeKey, path: str, scope: Permission, body: bytes
) -> None:
    answer = client.post(path, body, content_type="application/json", headers=key(scope))
    assert 400 <= answer.status_code < 500, answer.content[:200]
    assert len(answer.content) < 10_000
