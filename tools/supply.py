#!/usr/bin/env python3
"""What Orbweaver is made of: a bill of materials, notices of third parties, known vulnerabilities, a release.

    tools/supply.py bill                 requirements/sbom.cdx.json (CycloneDX), docs/security/third-party.md, anew
    tools/supply.py advisories DATABASE  requirements/advisories.json, from a copy of OSV's database (a folder or zip of
                                         its records for PyPI): it travels by disk, and nothing is asked of the network
    tools/supply.py check                exit status 1 when a locked version is affected and nobody accepted that; says
                                         when the database is older than ``OLD_DAYS``
    tools/supply.py release [KEY]        dist/: wheels that come out bit for bit the same, bill, notices, SHA256SUMS;
                                         with the file of an SSH key its signature (``ssh-keygen -Y verify``)

Run by ``make lock``, ``make release`` and continuous integration, with the Python of ``.venv``.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, Final

from packaging.version import InvalidVersion, Version

TOP: Final = Path(__file__).resolve().parent.parent
LOCKED: Final = TOP / "requirements" / "runtime.txt"
BILL: Final = TOP / "requirements" / "sbom.cdx.json"
NOTICES: Final = TOP / "docs" / "security" / "third-party.md"
ADVISORIES: Final = TOP / "requirements" / "advisories.json"
ACCEPTED: Final = TOP / "requirements" / "accepted.toml"
OLD_DAYS: Final = 45
_PIN: Final = re.compile(
    r"^([A-Za-z0-9._-]+)==([^\s;\\]+)(?:\s*;\s*([^\\\n]+))?((?:[ \\\n]+--hash=sha256:[0-9a-f]{64})+)", re.M
)
_LIBRARY: Final = re.compile(r"^lib([A-Za-z0-9+_]+?)[-.]")
COPYLEFT: Final = {
    "x264": "GPL-2.0-or-later",
    "x265": "GPL-2.0-or-later",
    "heif": "LGPL-3.0-or-later",
    "de265": "LGPL-3.0-or-later",
    "avcodec": "LGPL-2.1-or-later, and GPL together with x264 and x265",
    "gnutls": "LGPL-2.1-or-later",
    "nettle": "LGPL-3.0-or-later or GPL-2.0-or-later",
    "hogweed": "LGPL-3.0-or-later or GPL-2.0-or-later",
    "gmp": "LGPL-3.0-or-later or GPL-2.0-or-later",
    "unistring": "LGPL-3.0-or-later or GPL-2.0-or-later",
    "asound": "LGPL-2.1-or-later",
    "quadmath": "LGPL-2.1-or-later",
    "gfortran": "GPL-3.0-or-later with the exception for runtime libraries",
}
"""Libraries inside wheels whose licence asks something of whoever hands them on."""


@dataclass(frozen=True, slots=True)
class Pin:
    """One locked package."""

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]

    @property
    def purl(self) -> str:
        """As bills of materials name it."""
        return f"pkg:pypi/{self.name}@{self.version}"


def pins(text: str) -> list[Pin]:
    """What a lock file pins, by name."""
    found = [
        Pin(normal(name), version, (marker or "").strip(), tuple(sorted(re.findall(r"[0-9a-f]{64}", hashes))))
        for name, version, marker, hashes in _PIN.findall(text)
    ]
    return sorted(found, key=lambda pin: (pin.name, pin.version))


def normal(name: str) -> str:
    """A package's name as PyPI compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


@dataclass(frozen=True, slots=True)
class Installed:
    """What is known of an installed package: its licence, and libraries that its wheel brings."""

    licence: str = "not installed here"
    libraries: tuple[str, ...] = field(default=())


def installed(pin: Pin) -> Installed:
    """From the environment that runs this."""
    try:
        found = distribution(pin.name)
    except PackageNotFoundError:
        return Installed()
    classifiers = [
        each.rpartition(" :: ")[2] for each in found.metadata.get_all("Classifier") or () if "License ::" in each
    ]
    said = (
        found.metadata.get("License-Expression") or next(iter(classifiers), "") or found.metadata.get("License") or ""
    )
    files = [Path(str(each)) for each in found.files or () if ".libs" in str(each.parent) and ".so" in each.name]
    named = (match for each in files if (match := _LIBRARY.match(each.name)))
    return Installed(" ".join(said.split())[:80] or "see its files", tuple(sorted({match[1] for match in named})))


def bill(locked: Iterable[Pin]) -> dict[str, Any]:
    """A bill of materials (CycloneDX 1.6); the same locks give the same bytes: no date, no number of its own."""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "orbweaver", "bom-ref": "orbweaver"}},
        "components": [
            {
                "type": "library",
                "bom-ref": pin.purl + (f"#{hashlib.sha256(pin.marker.encode()).hexdigest()[:8]}" if pin.marker else ""),
                "name": pin.name,
                "version": pin.version,
                "purl": pin.purl,
                "hashes": [{"alg": "SHA-256", "content": each} for each in pin.hashes],
                **({"properties": [{"name": "marker", "value": pin.marker}]} if pin.marker else {}),
            }
            for pin in locked
        ],
    }


HEAD: Final = """# What comes from others

Written by `tools/supply.py bill`. What runs in production is what `requirements/runtime.txt` pins, by hashes; the same
as a bill of materials (CycloneDX) is `requirements/sbom.cdx.json`.

**What may be shipped.** Orbweaver's own wheel holds none of these packages: whoever installs it gets them from their
makers, and may run all of it. Whoever hands on an **image or a disk with the packages inside** hands on x264 and
x265, too, which are under the GPL: PyAV's wheel brings both, that of pillow-heif x265, and with them their FFmpeg and
libheif count as GPL. Then pass on their source as well (the wheels name the versions) with their licences; or leave
these wheels out of the image and let whoever runs it install them; or build PyAV and libheif without both: Orbweaver
decodes and never encodes, so it needs neither. Patents on H.264 and HEVC are a matter of their own in some countries.
Only what is needed to run is installed by `make install` and in the image; tests and benchmarks are not.

| package | version | licence, as it says | libraries in its wheel that ask for something |
| --- | --- | --- | --- |
"""


def notices(locked: Iterable[Pin]) -> str:
    """The page of third parties."""
    rows = []
    for pin in locked:
        found = installed(pin)
        asking = "; ".join(f"{each} ({COPYLEFT[each]})" for each in found.libraries if each in COPYLEFT)
        rows.append(f"| {pin.name} | {pin.version} | {found.licence.replace('|', '/')} | {asking} |\n")
    return HEAD + "".join(rows)


@dataclass(frozen=True, slots=True)
class Advisory:
    """A record of OSV, as far as it matters here."""

    id: str
    package: str
    summary: str
    versions: tuple[str, ...]
    ranges: tuple[tuple[str, str], ...]
    """From which version on, and the first that is mended ("": none)."""

    def affects(self, pin: Pin) -> bool:
        """Whether a pinned version is named, or lies in a range."""
        if pin.name != self.package:
            return False
        return pin.version in self.versions or any(_within(pin.version, *each) for each in self.ranges)


def _within(version: str, first: str, mended: str) -> bool:
    try:
        here = Version(version)
        return (first in ("", "0") or here >= Version(first)) and (not mended or here < Version(mended))
    except InvalidVersion:
        return True  # whoever cannot be compared is looked at by a person


def records(database: Path) -> Iterator[dict[str, Any]]:
    """The records of a copy of OSV's database: a zip, or a folder of JSON files."""
    if database.is_dir():
        for path in sorted(database.rglob("*.json")):
            yield json.loads(path.read_text(encoding="utf-8"))
        return
    with zipfile.ZipFile(database) as archive:
        for name in sorted(archive.namelist()):
            if name.endswith(".json"):
                yield json.loads(archive.read(name))


def advisories(found: Iterable[dict[str, Any]], names: set[str]) -> list[Advisory]:
    """Those about packages of these names that were not withdrawn, by identifier."""
    kept = []
    for record in found:
        if record.get("withdrawn"):
            continue
        for affected in record.get("affected", ()):
            package = affected.get("package", {})
            if package.get("ecosystem") == "PyPI" and normal(package.get("name", "")) in names:
                ranges = [_range(each) for each in affected.get("ranges", ()) if each.get("type") == "ECOSYSTEM"]
                versions = tuple(affected.get("versions", ())) if not ranges else ()
                kept.append(
                    Advisory(
                        record["id"], normal(package["name"]), record.get("summary", "")[:200], versions,
                        tuple(pair for pairs in ranges for pair in pairs),
                    )
                )  # fmt: skip
    return sorted(kept, key=lambda each: (each.id, each.package, each.ranges))


def _range(of: dict[str, Any]) -> list[tuple[str, str]]:
    pairs, first = [], ""
    for event in of.get("events", ()):
        if "introduced" in event:
            first = event["introduced"]
        elif "fixed" in event:
            pairs.append((first, event["fixed"]))
            first = ""
    return [*pairs, (first, "")] if first else pairs


def age(today: dt.date, kept: dict[str, Any]) -> str:
    """What is to be said of the database's age; "" while it is fresh."""
    taken = dt.date.fromisoformat(kept["taken_on"]) if kept.get("taken_on") else None
    if taken is None:
        return "no database of vulnerabilities was ever taken in: tools/supply.py advisories DATABASE"
    days = (today - taken).days
    return f"the database of vulnerabilities is {days} days old" if days > OLD_DAYS else ""


def problems(today: dt.date, kept: dict[str, Any], accepted: dict[str, Any], locked: list[Pin]) -> list[str]:
    """Each locked version that is affected, which nobody accepted, or until a day that is past."""
    said = []
    for each in kept.get("advisories", ()):
        advisory = Advisory(
            each["id"], each["package"], each["summary"], tuple(each["versions"]), tuple(map(tuple, each["ranges"]))
        )
        until = accepted.get(advisory.id, {}).get("until")
        for pin in locked:
            if advisory.affects(pin) and (until is None or until < today):
                said.append(f"{pin.name} {pin.version}: {advisory.id} {advisory.summary}")
    return said


def check() -> int:
    """Say what is wrong; 1 where a locked version is affected. An old database is said, and is no failure: whoever
    works without a network cannot mend that."""
    kept = json.loads(ADVISORIES.read_text(encoding="utf-8"))
    accepted = tomllib.loads(ACCEPTED.read_text(encoding="utf-8"))
    today = dt.datetime.now(dt.UTC).date()
    said = problems(today, kept, accepted, pins(LOCKED.read_text(encoding="utf-8")))
    for each in filter(None, [age(today, kept), *said]):
        print(f"supply: {each}", file=sys.stderr)
    return int(bool(said))


def take_in(database: Path) -> None:
    """Keep what a copy of the database says of locked packages."""
    names = {pin.name for pin in pins(LOCKED.read_text(encoding="utf-8"))}
    found = advisories(records(database), names)
    taken = dt.datetime.fromtimestamp(database.stat().st_mtime, dt.UTC).date()
    rows = [
        {
            "id": each.id,
            "package": each.package,
            "summary": each.summary,
            "versions": each.versions,
            "ranges": each.ranges,
        }
        for each in found
    ]
    ADVISORIES.write_text(json.dumps({"taken_on": taken.isoformat(), "advisories": rows}, indent=1) + "\n")
    print(f"supply: {len(rows)} advisories about locked packages, as of {taken}")


def write_bill() -> None:
    """Write bill and notices anew."""
    locked = pins(LOCKED.read_text(encoding="utf-8"))
    BILL.write_text(json.dumps(bill(locked), indent=1, sort_keys=True) + "\n", encoding="utf-8")
    NOTICES.write_text(notices(locked), encoding="utf-8")
    print(f"supply: {len(locked)} packages")


def build_wheels(to: Path, moment: int) -> list[Path]:
    """The wheels of the product and of its trials; the same commit gives the same bytes."""
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(moment), "PYTHONHASHSEED": "0"}
    program = "import hatchling.build, sys; hatchling.build.build_wheel(sys.argv[1])"
    for place in (TOP, TOP / "trials"):
        subprocess.run([sys.executable, "-c", program, str(to)], cwd=place, env=environment, check=True)
    return sorted(to.glob("*.whl"))


def release(key: str | None, dist: Path = TOP / "dist") -> None:
    """All of a release in ``dist``, which is made anew."""
    shutil.rmtree(dist, ignore_errors=True)
    dist.mkdir()
    told = subprocess.run(["git", "log", "-1", "--format=%ct"], cwd=TOP, capture_output=True, text=True, check=True)
    build_wheels(dist, int(told.stdout))
    for path in (BILL, NOTICES, LOCKED, TOP / "LICENSE"):
        shutil.copy(path, dist / path.name)
    names = sorted(path.name for path in dist.iterdir())
    sums = "".join(f"{hashlib.sha256((dist / name).read_bytes()).hexdigest()}  {name}\n" for name in names)
    (dist / "SHA256SUMS").write_text(sums, encoding="utf-8")
    if key:
        sign = ["ssh-keygen", "-q", "-Y", "sign", "-f", key, "-n", "orbweaver-release", str(dist / "SHA256SUMS")]
        subprocess.run(sign, check=True)
    print(f"supply: {len(names)} files in dist, {'signed' if key else 'not signed: name the file of a key'}")


def main(arguments: list[str]) -> int:
    """Run one of the commands above."""
    match arguments:
        case ["bill"]:
            write_bill()
        case ["advisories", database]:
            take_in(Path(database))
        case ["check"]:
            return check()
        case ["release", *key]:
            release(key[0] if key else None)
        case _:
            sys.exit(__doc__)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
