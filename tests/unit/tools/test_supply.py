"""What Orbweaver is made of is written down, known vulnerabilities are found, its wheel comes out the same twice."""

from __future__ import annotations

import datetime as dt
import hashlib
import importlib.util
import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

TOP = Path(__file__).parents[3]
TODAY = dt.date(2026, 11, 28)


@pytest.fixture(name="supply", scope="module")
def load_supply() -> ModuleType:
    spec = importlib.util.spec_from_file_location("supply_script", TOP / "tools" / "supply.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def locked(name: str) -> str:
    return (TOP / "requirements" / name).read_text(encoding="utf-8")


def test_the_bill_of_materials_names_what_is_locked(supply: ModuleType) -> None:
    pins = supply.pins(locked("runtime.txt"))
    assert len(pins) == len([line for line in locked("runtime.txt").splitlines() if line[:1].strip()])
    assert all(pin.hashes for pin in pins)
    written = json.loads(supply.BILL.read_text(encoding="utf-8"))
    assert written == supply.bill(pins), "run tools/supply.py bill"
    page = supply.NOTICES.read_text(encoding="utf-8")
    assert all(f"| {pin.name} | {pin.version} |" in page for pin in pins), "run tools/supply.py bill"
    assert "x264" in page
    assert "x265" in page


def test_nothing_of_tests_and_benchmarks_is_installed_in_production(supply: ModuleType) -> None:
    runs = {pin.name for pin in supply.pins(locked("runtime.txt"))}
    assert not runs & {
        *("pytest", "hypothesis", "mypy", "ruff", "moto", "schemathesis", "playwright", "scrapy", "faiss-cpu"),
        *("import-linter", "aiosmtpd", "flask", "fastapi", "hatchling", "pdqhash", "threatexchange", "deptry"),
    }
    image = (TOP / "deploy" / "container" / "Dockerfile").read_text(encoding="utf-8")
    assert "--require-hashes -r requirements/runtime.txt" in image
    assert "dev.txt" not in image
    assert "make install" in (TOP / "docs" / "operators" / "install.md").read_text(encoding="utf-8")


def record(number: str, events: list[dict[str, str]], **more: Any) -> dict[str, Any]:
    package = {"ecosystem": "PyPI", "name": "Some_Package"}
    affected = {"package": package, "ranges": [{"type": "ECOSYSTEM", "events": events}], "versions": ["0.0.1"]}
    return {"id": number, "summary": "It opens.", "affected": [affected], **more}


def test_known_vulnerabilities_are_found_in_a_copy_that_travels(supply: ModuleType, tmp_path: Path) -> None:
    database = tmp_path / "all.zip"
    with zipfile.ZipFile(database, "w") as archive:
        for each in (
            record("PYSEC-1", [{"introduced": "0"}, {"fixed": "2.0"}]),
            record("PYSEC-2", [{"introduced": "2.1"}]),
            record("PYSEC-3", [{"introduced": "0"}], withdrawn="2026-01-01T00:00:00Z"),
        ):
            archive.writestr(f"{each['id']}.json", json.dumps(each))
    found = supply.advisories(supply.records(database), {"some-package"})
    assert [each.id for each in found] == ["PYSEC-1", "PYSEC-2"]
    assert supply.advisories(supply.records(database), {"another"}) == []
    rows = [
        {"id": e.id, "package": e.package, "summary": e.summary, "versions": e.versions, "ranges": e.ranges}
        for e in found
    ]
    kept = json.loads(json.dumps({"taken_on": "2026-11-20", "advisories": rows}))

    def said(version: str, **accepted: dt.date) -> list[str]:
        pin = supply.Pin("some-package", version, "", ())
        taken = {name.replace("_", "-"): {"until": until} for name, until in accepted.items()}
        problems: list[str] = supply.problems(TODAY, kept, taken, [pin])
        return problems

    assert said("1.9") == ["some-package 1.9: PYSEC-1 It opens."]
    assert said("2.0") == said("2.0.5") == []
    assert said("2.1") == ["some-package 2.1: PYSEC-2 It opens."]
    assert said("2.1", PYSEC_2=TODAY) == []
    assert said("2.1", PYSEC_2=TODAY - dt.timedelta(days=1)) != []
    assert supply.age(TODAY, kept) == ""
    assert "99 days old" in supply.age(TODAY + dt.timedelta(days=91), kept)
    assert "ever" in supply.age(TODAY, {"taken_on": None})


@pytest.mark.sweep
def test_the_wheels_come_out_bit_for_bit_the_same(supply: ModuleType, tmp_path: Path) -> None:
    digests = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        wheels = supply.build_wheels(tmp_path / name, 1_790_000_000)
        digests.append({each.name: hashlib.sha256(each.read_bytes()).hexdigest() for each in wheels})
    assert len(digests[0]) == 2
    assert digests[0] == digests[1]


@pytest.mark.sweep
@pytest.mark.skipif(not shutil.which("ssh-keygen"), reason="needs ssh-keygen")
def test_a_signed_release_is_verified_without_us_and_one_that_was_changed_is_not(
    supply: ModuleType, tmp_path: Path
) -> None:
    """As ``docs/operators/upgrade.md`` says it."""
    key, dist, signers = tmp_path / "key", tmp_path / "dist", tmp_path / "signers"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    kind, public, *_ = key.with_suffix(".pub").read_text().split()
    signers.write_text(f"release@orbweaver.example {kind} {public}\n")
    supply.release(str(key), dist)

    def verifies(sums: bytes) -> bool:
        who = ["-f", str(signers), "-I", "release@orbweaver.example", "-n", "orbweaver-release"]
        command = ["ssh-keygen", "-Y", "verify", *who, "-s", str(dist / "SHA256SUMS.sig")]
        return subprocess.run(command, input=sums, capture_output=True, check=False).returncode == 0

    sums = (dist / "SHA256SUMS").read_bytes()
    assert verifies(sums)
    assert not verifies(sums.replace(b"a", b"b", 1))
    named = {name: digest for digest, _, name in (line.partition("  ") for line in sums.decode().splitlines())}
    assert {each.name for each in dist.iterdir()} == {*named, "SHA256SUMS", "SHA256SUMS.sig"}
    assert all(hashlib.sha256((dist / name).read_bytes()).hexdigest() == digest for name, digest in named.items())
    signers.write_text(signers.read_text().replace("release@", "somebody@"))
    assert not verifies(sums)
