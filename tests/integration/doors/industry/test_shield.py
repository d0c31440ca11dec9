"""The Shield door, judged by the SDK that its clients use, unchanged."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import importlib
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from orbweaver.detect.hashlists.models import HashListEntry
from orbweaver.detect.hashlists.services import set_entry_state

from .conftest import MakeKey, Site
from .things import NOW, held, pdq_of, picture

pytestmark = pytest.mark.django_db(transaction=True)
Listed = Callable[..., HashListEntry]


@pytest.fixture(scope="module")
def sdk(address: str) -> Iterator[ModuleType]:
    """The SDK; it reads the address that it talks to when it is imported."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ARACHNID_SHIELD_URL", address + "/")
        for name in [name for name in sys.modules if name.startswith("arachnid_shield_sdk")]:
            patch.delitem(sys.modules, name)
        yield importlib.import_module("arachnid_shield_sdk")
    for name in [name for name in sys.modules if name.startswith("arachnid_shield_sdk")]:
        del sys.modules[name]


@pytest.fixture
def client_with(sdk: ModuleType) -> Iterator[Callable[[str], Any]]:
    """Makes clients of the SDK, whose connections nobody else closes."""
    made: list[Any] = []

    def make(password: str) -> Any:
        made.append(sdk.ArachnidShield(username="upload-filter", password=password))
        return made[-1]

    yield make
    for each in made:
        each._ArachnidShield__client.close()


@pytest.fixture
def shield(client_with: Callable[[str], Any], key: MakeKey) -> Any:
    return client_with(key(url_hosts=["127.0.0.1"]))


def scan(sdk: ModuleType, shield: Any, body: bytes) -> Any:
    return shield.scan_media_from_bytes_with_config(sdk.ScanMediaFromBytes(contents=body, mime_type="image/jpeg"))


def test_an_unknown_picture_has_its_size_and_digests_and_no_match(sdk: ModuleType, shield: Any) -> None:
    body = picture()
    scanned = scan(sdk, shield, body)
    assert not scanned.matches_known_media
    assert scanned.match_type is None
    assert scanned.classification == sdk.MediaClassification.NoKnownMatch
    assert scanned.near_match_details == []
    assert scanned.size_bytes == len(body)
    assert scanned.sha1_base32 == base64.b32encode(hashlib.sha1(body).digest()).decode()
    assert scanned.sha256_hex == hashlib.sha256(body).hexdigest().upper()


def test_a_file_is_scanned_from_its_path(shield: Any, tmp_path: Path) -> None:
    path = tmp_path / "upload.jpg"
    path.write_bytes(picture())
    assert shield.scan_media_from_file(path).size_bytes == path.stat().st_size


def test_the_same_bytes_are_an_exact_match(sdk: ModuleType, shield: Any, listed: Listed) -> None:
    listed("sha256", hashlib.sha256(picture()).digest(), "a1")
    scanned = scan(sdk, shield, picture())
    assert scanned.matches_known_media
    assert scanned.match_type == sdk.MatchType.Exact
    assert scanned.classification == sdk.MediaClassification.CSAM


def test_a_near_match_names_the_known_picture_by_whole_digests(sdk: ModuleType, shield: Any, listed: Listed) -> None:
    known = held(picture(90))
    listed("pdq", pdq_of(picture(90)), "csam_related")
    scanned = scan(sdk, shield, picture(60))
    assert scanned.match_type == sdk.MatchType.Near
    assert scanned.classification == sdk.MediaClassification.HarmfulAbusiveMaterial
    (detail,) = scanned.near_match_details
    assert detail.sha1_base32 == base64.b32encode(known.sha1).decode()
    assert detail.sha256_hex == bytes(known.sha256).hex().upper()
    assert (detail.timestamp, detail.classification) == (0.0, "harmful-abusive-material")


def test_a_near_match_with_a_list_of_hashes_alone_leaves_the_list_of_digests_empty(
    sdk: ModuleType, shield: Any, listed: Listed
) -> None:
    listed("pdq", pdq_of(picture(90)))
    scanned = scan(sdk, shield, picture(60))
    assert (scanned.match_type, scanned.near_match_details) == (sdk.MatchType.Near, [])


def test_requests_of_the_typescript_sdk_are_answered_as_it_reads_them(
    address: str, key: MakeKey, listed: Listed, site: Site
) -> None:
    """As it sends them through axios, seen on the wire: what it takes for data and, of an error, its ``detail``."""
    listed("sha256", hashlib.sha256(picture()).digest())
    axios = {"Accept": "application/json, text/plain, */*", "User-Agent": "axios/1.21.1"}
    as_json = {"Content-Type": "application/json; charset=utf-8"}
    auth = ("upload-filter", key(url_hosts=["127.0.0.1"]))
    with httpx.Client(base_url=address, headers=axios, auth=auth, timeout=20) as client:
        for kind in ("image/jpeg", "application/octet-stream"):
            said = client.post("/v1/media/", content=picture(), headers={"Content-Type": kind}).json()
            assert (said["classification"], said["match_type"], said["near_match_details"]) == ("csam", "exact", [])
        url = client.post("/v1/url/", json={"url": site.serve("/a.jpg", picture())}, headers=as_json).json()
        assert url["classification"] == "csam"
        text = base64.b64encode(bytes(range(32))).decode()
        hashes = client.post("/v1/pdq/", json={"hashes": [text]}, headers=as_json).json()["scanned_hashes"]
        assert hashes == {text: {"classification": "no-known-match", "match_type": None, "near_match_details": None}}
        elsewhere = client.post("/v1/url/", json={"url": "https://example.com/a.jpg"}, headers=as_json)
        assert elsewhere.json() == {"detail": "Hostname not authorized for this user"}
        odd = client.post("/v1/pdq/", json={"hashes": ["zz"]}, headers=as_json)
        assert (odd.status_code, odd.json()) == (400, {"detail": "invalid pdq hash"})
        wrong = client.post("/v1/media/", content=picture(), auth=("upload-filter", "no"))
        assert wrong.json() == {"detail": "Please supply your API username and password in the Authorization header"}


def test_a_withdrawn_entry_matches_nothing_within_a_second(sdk: ModuleType, shield: Any, listed: Listed) -> None:
    entry = listed("sha256", hashlib.sha256(picture()).digest())
    assert scan(sdk, shield, picture()).matches_known_media
    set_entry_state([entry], HashListEntry.State.WITHDRAWN, reason="a mistake", by=None, now=NOW)
    began = time.monotonic()
    while scan(sdk, shield, picture()).matches_known_media:
        assert time.monotonic() - began < 1


def test_a_batch_of_hashes_is_told_apart(sdk: ModuleType, shield: Any, listed: Listed) -> None:
    held(picture(90))
    known, alone = pdq_of(picture(90)), pdq_of(picture(90, seed=11))
    listed("pdq", known)
    listed("pdq", alone, "other_harmful")
    texts = [base64.b64encode(each).decode() for each in (known, alone, bytes(range(32)))]
    scanned = shield.scan_pdq_hashes(sdk.ScanMediaFromPdq(hashes=texts)).scanned_hashes
    assert list(scanned) == texts
    assert [each.classification for each in scanned.values()] == ["csam", "harmful-abusive-material", "no-known-match"]
    assert [each.match_type for each in scanned.values()] == [sdk.MatchType.Near, sdk.MatchType.Near, None]
    assert scanned[texts[0]].near_match_details.sha256_hex == hashlib.sha256(picture(90)).hexdigest().upper()
    assert scanned[texts[1]].near_match_details is None


def test_who_brings_no_good_key_is_asked_for_one_in_the_words_of_the_api(
    sdk: ModuleType, client_with: Callable[[str], Any], key: MakeKey
) -> None:
    for password in ("", "wrong", "owk_deadbeef_wrong", key() + "x"):
        stranger = client_with(password)
        with pytest.raises(
            sdk.ArachnidShieldException,
            match="Please supply your API username and password in the Authorization header",
        ):
            scan(sdk, stranger, picture())


def test_addresses_are_scanned_of_hosts_that_the_key_allows(
    sdk: ModuleType, shield: Any, site: Site, listed: Listed
) -> None:
    listed("sha256", hashlib.sha256(picture()).digest())
    assert shield.scan_media_from_url(site.serve("/a.jpg", picture())).classification == "csam"
    with pytest.raises(sdk.ArachnidShieldException, match="Hostname not authorized for this user"):
        shield.scan_media_from_url("https://example.com")


def test_a_redirect_to_another_host_is_not_followed(sdk: ModuleType, shield: Any, site: Site) -> None:
    site.serve("/a.jpg", picture())
    for led in (site.address.replace("127.0.0.1", "localhost") + "/a.jpg", "http://169.254.169.254/latest/"):
        with pytest.raises(sdk.ArachnidShieldException, match="redirect"):
            shield.scan_media_from_url(site.redirect("/led", led))
    assert shield.scan_media_from_url(site.redirect("/own", site.address + "/a.jpg")).size_bytes == len(picture())


def test_the_asynchronous_client_is_served_likewise(sdk: ModuleType, key: MakeKey, listed: Listed) -> None:
    listed("md5", hashlib.md5(picture()).digest())
    password = key()

    async def scans() -> list[Any]:
        shield = sdk.ArachnidShieldAsync(username="", password=password)
        bodies = [picture(), picture(60), b"no picture", picture()]
        try:
            return await asyncio.gather(*(shield.scan_media_from_bytes(body, "image/jpeg") for body in bodies))
        finally:
            await shield._ArachnidShieldAsync__client.aclose()

    found = asyncio.run(scans())
    assert [each.classification for each in found] == ["csam", "no-known-match", "no-known-match", "csam"]


def test_hashes_that_are_none_are_refused(browse: httpx.Client) -> None:
    for given in (["ff" * 32], ["AAAA"], ["é"]):
        answer = browse.post("/v1/pdq", json={"hashes": given})
        assert (answer.status_code, answer.json()) == (400, {"detail": "invalid pdq hash"})
    wrong: list[object] = [{"hashes": "AAAA"}, {"hashes": [1]}, {}, []]
    for body in wrong:
        assert browse.post("/v1/pdq/", json=body).status_code == 400
    assert browse.post("/v1/pdq/", json={"hashes": []}).json() == {"scanned_hashes": {}}
