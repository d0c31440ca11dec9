"""The code of docs/industry/check-your-uploads.md, as it stands there."""

from __future__ import annotations

import asyncio
import hashlib
import importlib
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import httpx
import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.datastructures import MultiValueDict
from PIL import Image

from orbweaver.detect.hashlists import for_tests
from orbweaver.detect.hashlists.models import HashListEntry

from ...docs.walkthroughs import files_in
from .conftest import MakeKey, Running
from .things import NOW, pdq_of, picture

pytestmark = pytest.mark.django_db(transaction=True)
Listed = Callable[..., HashListEntry]
Load = Callable[[str], ModuleType]
PAGE = "docs/industry/check-your-uploads.md"
HEADINGS = ("Hash at home", "With curl", "In Python", "Django", "FastAPI")


@pytest.fixture
def load(running: Running, key: MakeKey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Load]:
    """Writes the page's files and imports one by its name."""
    for heading in HEADINGS:
        for name, text in files_in(PAGE, heading).items():
            (tmp_path / name).write_text(text)
    monkeypatch.setenv("ORBWEAVER_API", running.address)
    monkeypatch.setenv("ORBWEAVER_KEY", key())
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module
    names = {path.stem for path in tmp_path.glob("*.py")}
    if (checks := sys.modules.get("upload_check")) is not None:
        checks.client.close()
    for name in names & set(sys.modules):
        del sys.modules[name]


def test_django_takes_what_is_unknown_and_refuses_what_is_known(load: Load, listed: Listed) -> None:
    listed("sha256", hashlib.sha256(picture()).digest())
    not_known = load("validators").not_known

    class Upload(forms.Form):
        file = forms.FileField(validators=[not_known])

    def errors(body: bytes) -> list[str]:
        form = Upload(files=MultiValueDict({"file": [SimpleUploadedFile("a.jpg", body)]}))
        form.is_valid()
        return [each["code"] for each in json.loads(form.errors.as_json()).get("file", [])]

    assert errors(picture(seed=11)) == []
    assert errors(picture()) == ["refused"]
    assert errors(b"") == ["empty"]  # Django's own word


def test_fastapi_takes_what_is_unknown_and_refuses_what_is_known(
    load: Load, listed: Listed, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed("pdq", pdq_of(picture()))
    app = load("main").app

    def upload(body: bytes) -> int:
        async def post() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop.example") as browser:
                return await browser.post("/upload", files={"file": body})

        return asyncio.run(post()).status_code

    assert upload(picture(seed=11)) == 201
    assert upload(picture(60)) == 422
    assert upload(b"") == 201  # nothing to check, and no reason to try again
    monkeypatch.setitem(load("upload_check").client.headers, "Authorization", "Bearer owk_gone")
    assert upload(picture(60)) == 503


def test_hashes_made_at_home_find_what_is_known(load: Load, listed: Listed, tmp_path: Path) -> None:
    listed("pdq", pdq_of(picture()))
    known, other = tmp_path / "known.jpg", tmp_path / "other.jpg"
    known.write_bytes(picture(60))
    other.write_bytes(picture(seed=11))
    assert load("hash_at_home").known_among([other, known]) == [known]


def test_a_key_for_tests_finds_the_test_pictures_and_no_other_key_does(
    running: Running, load: Load, key: MakeKey, listed: Listed
) -> None:
    listed("sha256", hashlib.sha256(picture()).digest())
    for_tests.put_in_place(NOW)
    running.follow()
    checks, small = load("upload_check"), io.BytesIO()
    pictures = [httpx.get(f"{running.address}/api/v1/test-pictures/{name}").content for name in for_tests.PICTURES]
    with Image.open(io.BytesIO(pictures[1])) as picture_2:
        picture_2.resize((400, 300)).save(small, "JPEG")
    bodies = [pictures[0], small.getvalue(), picture()]
    assert [checks.verdict(body) for body in bodies] == ["pass", "pass", "stop"]
    for_a_test = key(is_test=True)
    checks.client.headers["Authorization"] = f"Bearer {for_a_test}"
    assert [checks.verdict(body) for body in bodies] == ["stop", "stop", "pass"]
    address, kind = f"{running.address}/v1/media/", {"Content-Type": "image/jpeg"}
    said = httpx.post(address, content=small.getvalue(), headers=kind, auth=("me", for_a_test)).json()
    [near] = said["near_match_details"]
    assert near["sha256_hex"] == hashlib.sha256(pictures[1]).hexdigest().upper()
    assert httpx.get(f"{running.address}/api/v1/test-pictures/../list.csv").status_code == 404


def test_a_picture_that_cannot_be_looked_into_waits_and_what_is_none_passes(load: Load) -> None:
    verdict = load("upload_check").verdict
    assert [verdict(b"\xff\xd8\xff\xe0 no picture"), verdict(b"a text"), verdict(picture())] == ["hold", "pass", "pass"]


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_scans_a_file(load: Load, listed: Listed, tmp_path: Path) -> None:
    listed("md5", hashlib.md5(picture()).digest())
    (tmp_path / "a.jpg").write_bytes(picture())
    ran = subprocess.run(["sh", "scan.sh", "a.jpg"], capture_output=True, check=True, timeout=60)
    assert json.loads(ran.stdout)["classification"] == "csam"
