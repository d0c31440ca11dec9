"""The Shield door, judged by the SDK for TypeScript itself, unchanged, under Node.

It is in no registry of packages, so whoever has its source names the folder: ``SHIELD_SDK_TYPESCRIPT=FOLDER``, of a
checkout in which ``npm install`` and ``npm run build`` have run.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orbweaver.detect.hashlists.models import HashListEntry

from .conftest import MakeKey, Site
from .things import held, pdq_of, picture

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.soak]
CALLER = Path(__file__).with_name("shield_typescript.cjs")
NO_KEY = "Please supply your API username and password in the Authorization header"
Ask = Callable[..., list[Any]]


@pytest.fixture
def ask(address: str) -> Ask:
    """Has the SDK make calls with a password, and returns what it gave for each."""
    sdk, node = os.environ.get("SHIELD_SDK_TYPESCRIPT"), shutil.which("node")
    if not sdk or not node:
        pytest.skip("SHIELD_SDK_TYPESCRIPT names no SDK, or there is no node: the SDK for TypeScript was NOT tried.")

    folder = str(Path(sdk).resolve())

    def run(password: str, *calls: tuple[object, ...]) -> list[Any]:
        asked = {"sdk": folder, "address": address, "password": password, "calls": calls}
        command = [node, str(CALLER)]
        said: list[Any] = json.loads(subprocess.check_output(command, input=json.dumps(asked), text=True, timeout=60))
        return said

    return run


def in_text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def test_bytes_files_and_addresses_are_scanned(
    ask: Ask, key: MakeKey, listed: Callable[..., HashListEntry], site: Site, tmp_path: Path
) -> None:
    listed("sha256", hashlib.sha256(picture()).digest())
    path = tmp_path / "upload.jpg"
    path.write_bytes(picture(seed=11))
    said = ask(
        key(url_hosts=["127.0.0.1"]),
        ("scanMediaFromBytes", in_text(picture()), "image/jpeg"),
        ("scanMediaFromFile", str(path)),
        ("scanMediaFromUrl", site.serve("/a.jpg", picture())),
    )
    assert [each["status"] for each in said] == ["ok"] * 3
    given, read, fetched = (each["data"] for each in said)
    assert (given["classification"], given["match_type"], given["is_match"]) == ("csam", "exact", True)
    assert (read["classification"], read["is_match"], read["size_bytes"]) == (
        "no-known-match",
        False,
        path.stat().st_size,
    )
    assert fetched["sha256_hex"] == hashlib.sha256(picture()).hexdigest().upper()


def test_near_matches_and_batches_of_hashes(ask: Ask, key: MakeKey, listed: Callable[..., HashListEntry]) -> None:
    known = held(picture(90))
    listed("pdq", pdq_of(picture(90)), "csam_related")
    texts = [in_text(pdq_of(picture(90))), in_text(bytes(range(32)))]
    near, hashes = ask(key(), ("scanMediaFromBytes", in_text(picture(60)), "image/jpeg"), ("scanPdqHashes", texts))
    (detail,) = near["data"]["near_match_details"]
    assert (near["data"]["match_type"], detail["sha256_hex"]) == ("near", bytes(known.sha256).hex().upper())
    scanned = hashes["data"]["scanned_hashes"]
    assert [scanned[text]["classification"] for text in texts] == ["harmful-abusive-material", "no-known-match"]


def test_what_is_wrong_comes_in_words(ask: Ask, key: MakeKey) -> None:
    assert ask("no", ("scanMediaFromBytes", in_text(picture()), "image/jpeg")) == [{"status": "err", "data": NO_KEY}]
    assert ask(key(), ("scanMediaFromUrl", "https://example.com/a.jpg"), ("scanPdqHashes", ["zz"])) == [
        {"status": "err", "data": "Hostname not authorized for this user"},
        {"status": "err", "data": "invalid pdq hash"},
    ]
