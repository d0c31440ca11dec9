"""Nothing of the archive goes that no policy names (sentence 2): wrong databases and wrong clocks."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.acceptance.system import System, holds_for, installed
from tests.acceptance.world import Web, list_of, sha256, still

FIRST, SECOND = 81, 82
SETTLED_S = 50.0
"""Within so long the fault took everything."""

CLOCK = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
static long ahead(void) { const char *s = getenv("WORLD_CLOCK_AHEAD_S"); return s ? atol(s) : 0; }
int clock_gettime(clockid_t id, struct timespec *at) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
    int rc = real(id, at);
    if (!rc && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) at->tv_sec += ahead();
    return rc;
}
int gettimeofday(struct timeval *at, void *zone) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    at->tv_sec = now.tv_sec; at->tv_usec = now.tv_nsec / 1000;
    return 0;
}
time_t time(time_t *at) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (at) *at = now.tv_sec;
    return now.tv_sec;
}
"""


@dataclass
class Archive:
    """An installation at rest, with what a backup of each part would hold."""

    system: System
    older: Path
    full: Path
    kept: Path
    names: list[str]

    def begin(self, database: Path | None) -> None:
        """Evidence whole, and this database, or none: as after a disk was mounted wrongly."""
        self.system.stop()
        self.system.wait_for_database_to_rest()
        for name in ("postgres", "index", "evidence"):
            shutil.rmtree(self.system.data / name, ignore_errors=True)
        shutil.copytree(self.kept, self.system.data / "evidence", copy_function=shutil.copy2)
        if database is not None:
            shutil.copytree(database, self.system.data / "postgres", copy_function=shutil.copy2)
        for folder in (self.system.data / "evidence", self.system.data / "postgres"):
            own(folder, self.system.uid)
        if database is not None:
            (self.system.data / "postgres").chmod(0o700)

    def there(self) -> list[str]:
        return [str(one.relative_to(self.system.data / "evidence")) for one in self.system.evidence()]

    def missing(self) -> list[str]:
        return sorted(set(self.names) - set(self.there()))


def own(folder: Path, uid: int | None) -> None:
    if uid is None or not folder.exists():
        return
    for one in (folder, *folder.rglob("*")):
        os.chown(one, uid, uid)


@pytest.fixture(scope="module")
def archive(web: Web) -> Iterator[Archive]:
    folder = Path(tempfile.mkdtemp(prefix="ow-"))
    with installed(
        folder, unprivileged=True, authorised_hotline=True, legal_authority="The Act on Helplines", retention_days=365
    ) as system:
        known = list_of(*(("sha256", sha256(still(last, n)), "") for last in (FIRST, SECOND) for n in range(5)))
        system.run("lists", "import", system.give("known.csv", known), "--list", "Police", "--supplier", "NCMEC")
        for last in (FIRST, SECOND):
            web.host(last).show(*(still(last, n) for n in range(5)))
        system.run("crawl", web.host(FIRST).url + "/")
        system.wait_for_database_to_rest()
        older = Path(shutil.copytree(system.data / "postgres", folder / "older", copy_function=shutil.copy2))
        system.run("crawl", web.host(SECOND).url + "/")
        system.wait_for_database_to_rest()
        full = Path(shutil.copytree(system.data / "postgres", folder / "full", copy_function=shutil.copy2))
        for file in system.evidence():  # as if archived a week ago: no grace for what is fresh
            os.utime(file, (time.time() - 7 * 86_400,) * 2)
        kept = Path(shutil.copytree(system.data / "evidence", folder / "kept", copy_function=shutil.copy2))
        names = [str(one.relative_to(system.data / "evidence")) for one in system.evidence()]
        assert len(names) == 2 * 10, names  # a capture of the transfer beside each picture
        yield Archive(system, older, full, kept, names)


def reported(system: System, said: str) -> bool:
    """Whether the operator is told of files that nobody knows: by `up`, by `doctor`, or in the logs."""
    _, doctor = system.doctor()
    words = said + json.dumps(doctor["checks"]) + system.logs()
    return any(
        word in words.lower()
        for word in ("unknown file", "files that", "no record", "not know", "orphan", "unrecorded")
    ) and ("evidence" in words.lower())


def test_one_start_with_an_empty_database_keeps_all_and_says_so(archive: Archive) -> None:
    archive.begin(None)
    system = archive.system
    system.start()
    kept = holds_for(lambda: not archive.missing(), seconds=SETTLED_S, pause=1)
    said = system.said
    assert kept, f"{len(archive.missing())} of {len(archive.names)} files of evidence are gone"
    assert reported(system, said), said + json.dumps(system.doctor()[1]["checks"])
    system.stop()


@pytest.mark.soak
def test_a_start_with_an_older_database_keeps_what_came_since(archive: Archive) -> None:
    archive.begin(archive.older)
    archive.system.start()
    kept = holds_for(lambda: not archive.missing(), seconds=SETTLED_S, pause=1)
    assert kept, f"{len(archive.missing())} of {len(archive.names)} files of evidence are gone"
    assert reported(archive.system, archive.system.said)
    archive.system.stop()


@pytest.mark.soak
def test_a_mistyped_database_of_another_server_keeps_all(archive: Archive, room: Path) -> None:
    """The database of the staging machine in the settings of the real one."""
    archive.begin(archive.full)
    staging = System(room, unprivileged=True)
    try:
        staging.start("--only", "worker")
        url = staging.doctor()[1]["database"]["url"]
        done = archive.system.start(database_url=url)
        kept = holds_for(lambda: not archive.missing(), seconds=SETTLED_S, pause=1)
        assert done.up is not None
        assert kept, f"{len(archive.missing())} of {len(archive.names)} files of evidence are gone"
        assert reported(archive.system, archive.system.said)
    finally:
        archive.system.stop()
        staging.throw_away()


@pytest.fixture(scope="module")
def clock_ahead(archive: Archive) -> Path:
    """A library that puts the whole installation, its database too, years ahead."""
    if shutil.which("gcc") is None:
        pytest.skip("needs gcc to make a wrong clock")
    source, library = archive.system.give("clock.c", CLOCK), archive.system.room / "clock.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    return library


@pytest.mark.soak
@pytest.mark.parametrize("years", [3, 40])
def test_a_clock_that_is_years_ahead_erases_nothing(archive: Archive, clock_ahead: Path, years: int) -> None:
    """A board whose battery died, or a typing error with `date`; the right time is back an hour later."""
    archive.begin(archive.full)
    system = archive.system
    wrong = {"LD_PRELOAD": str(clock_ahead), "WORLD_CLOCK_AHEAD_S": str(years * 365 * 86_400)}
    system.start(environment=wrong)
    kept = holds_for(lambda: not archive.missing(), seconds=SETTLED_S, pause=1)
    gone = archive.missing()
    system.stop()
    assert kept, f"{len(gone)} of {len(archive.names)} files of evidence are gone"
    system.start()
    assert holds_for(lambda: not archive.missing(), seconds=20), "gone after the clock was right again"
    system.stop()


def test_the_programs_own_clock_years_ahead_erases_nothing(archive: Archive) -> None:
    """The clock's settings, left over from a demonstration: domain time runs away within minutes."""
    archive.begin(archive.full)
    system = archive.system
    for _ in range(2):
        system.command("worker", "--once", changes={"clock_speed": 1, "clock_epoch": "2036-01-01T00:00:00+00:00"})
        system.command("worker", "--once", changes={"clock_speed": 0, "clock_epoch": "2036-01-01T00:00:00+00:00"})
    assert not archive.missing(), f"{len(archive.missing())} of {len(archive.names)} files of evidence are gone"


def test_files_that_nobody_knows_are_kept(archive: Archive) -> None:
    """A colleague's copy, an editor's leftover, a file of a later version: kept, by `worker --once` too."""
    archive.begin(archive.full)
    system = archive.system
    strange = [system.data / "evidence" / name for name in ("be/README.txt", "00/feedfacefeedfacefeedfacefeedface.age")]
    for file in strange:
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(b"not yours")
        os.utime(file, (time.time() - 90 * 86_400,) * 2)
    own(system.data / "evidence", system.uid)
    for _ in range(2):
        system.command("worker", "--once")
    assert all(file.exists() for file in strange)
    assert not archive.missing()
