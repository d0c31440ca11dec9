"""Backups and restores killed at any moment, with evidence archived in between: nothing that a backup said is lost."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from orbweaver.platform.backup.manifest import names, objects_of, read_manifest
from orbweaver.platform.backup.storage import FolderStorage

KILLS = 200
RESTORED_EVERY = 20
SEED = 20261127

ARCHIVE = """
from orbweaver.doors.cli.session import open_session
with open_session():
    from orbweaver.detect.evidence.models import EvidenceObject
    from orbweaver.detect.evidence.services import store
    from orbweaver.platform.clock import now
    before = EvidenceObject.objects.count()
    for number in range(before, before + 5):
        store(b"archived %d" % number, kind=EvidenceObject.Kind.MEDIA, mime="image/png", now=now())
    print(EvidenceObject.objects.count())
"""
OPEN = """
from orbweaver.doors.cli.session import open_session
with open_session():
    from orbweaver.detect.evidence.models import EvidenceObject
    from orbweaver.detect.evidence.services import read
    from orbweaver.notify.notices.services import is_paused
    from orbweaver.people.audit.selectors import first_broken_event
    assert is_paused()
    assert first_broken_event() is None
    found = [read(each) for each in EvidenceObject.objects.all()]
    assert len(set(found)) == len(found), "something is there twice"
    print(len(found))
"""


@pytest.fixture
def room() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="orbweaver-kills-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


def environment(folder: Path) -> dict[str, str]:
    folder.mkdir(mode=0o711)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ORBWEAVER_", "DJANGO_"))}
    ours = {
        "DATA_DIR": str(folder / "data"),
        "KEYS_DIR": str(folder / "keys"),
        "AUTHORISED_HOTLINE": "true",
        "LEGAL_AUTHORITY": "a test's own authority",
        "HOTLINE_NAME": "Test Hotline",
        "HOTLINE_DOMAIN": "test-hotline.example",
        "HOTLINE_CONTACT": "notices@test-hotline.example",
    }
    return kept | {f"ORBWEAVER_{name}": value for name, value in ours.items()}


def run(env: dict[str, str], *command: str) -> str:
    done = subprocess.run((sys.executable, *command), env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}: {done.stdout}\n{done.stderr}"
    return done.stdout


def timed(env: dict[str, str], *command: str) -> float:
    """Seconds that a command takes, as busy as the machine is now."""
    began = time.monotonic()
    run(env, "-m", "orbweaver", *command)
    return time.monotonic() - began


def written(folder: Path) -> set[tuple[str, int]]:
    """What lies there, in files and parts of files."""
    return {(str(each), each.stat().st_size) for each in folder.rglob("*") if each.is_file()}


def killed(env: dict[str, str], after_s: float, *command: str) -> bool:
    """Whether it was killed before it ended; everything that it started goes with it."""
    argv = (sys.executable, "-m", "orbweaver", *command)
    with subprocess.Popen(
        argv, env=env, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(after_s)
            return False
        os.killpg(process.pid, signal.SIGKILL)
    return True


@pytest.mark.soak
def test_backups_and_restores_killed_at_any_moment_lose_nothing(room: Path, soak_figures: Callable[..., None]) -> None:
    """Moments are shares of the time that a whole one takes: by seconds, all fell before anything was written."""
    chance = random.Random(SEED)
    env, storage = environment(room / "running"), FolderStorage(room / "backup")
    making = ("backup", str(storage.folder), "--keys", str(room / "keys"))
    kills = halfway = restores = restores_killed = 0
    promised: dict[str, set[str]] = {}
    began = time.monotonic()
    run(env, "-c", ARCHIVE)
    whole_s = timed(env, *making)
    for number in range(1, KILLS + 1):
        archived = int(run(env, "-c", ARCHIVE))
        before = written(storage.folder)
        cut = killed(env, chance.uniform(0.3, 1.0) * whole_s, *making)
        kills, halfway = kills + cut, halfway + (cut and written(storage.folder) != before)
        for name in names(storage):
            objects = set(objects_of(storage, read_manifest(storage, name)))
            assert promised.setdefault(name, objects) == objects
            sizes = storage.sizes("objects")
            assert {f"objects/{each}" for each in objects} <= sizes.keys()
        assert promised.keys() == set(names(storage)), "a backup that was whole is not there"
        if number % RESTORED_EVERY:
            continue
        whole_s = timed(env, *making)
        run(env, "-m", "orbweaver", "backup", "verify", str(storage.folder))
        there = environment(room / f"restored-{number}")
        restoring = ("restore", str(storage.folder), "--keys", str(room / "keys"))
        longest = 3 * whole_s
        while killed(there, chance.uniform(1.0, longest), *restoring):
            restores_killed += 1
            longest *= 1.2  # on a machine that is busy none ever came to its end
        assert int(run(there, "-c", OPEN)) == archived
        restores += 1
        whole = len(names(storage))
        soak_figures(  # after each restore: what was seen stands there, whenever the campaign ends
            kills=kills,
            kills_while_something_was_written=halfway,
            backups_whole=whole,
            restores=restores,
            restores_killed=restores_killed,
            lost=0,
            seconds=round(time.monotonic() - began),
        )
    assert halfway > 0, "no kill met a backup at its work"
