"""Pulls killed with -9 at random moments, from a supplier that fails as real ones do: at the end all is there, once.

A kill in the midst of one page is a test of every run; this is the campaign.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.detect.exchanges.exchange_conformance import NOW, digest
from tests.integration.detect.exchanges.faulty import faulty
from tests.integration.detect.exchanges.suppliers import NcmecSupplier, One

from orbweaver.detect.exchanges import services
from orbweaver.detect.exchanges.models import Exchange, Pull
from orbweaver.detect.hashlists.models import EntryHash, HashListEntry
from orbweaver.platform.config import forget

pytestmark = [pytest.mark.soak, pytest.mark.django_db(transaction=True), pytest.mark.timeout(3600)]
ENTRIES = 20_000
KILLS = int(os.environ.get("KILLS", "60"))
SEED = 20261127
LONGEST_S = 3.0


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The data of the installation, whose keys this process writes to as well."""
    monkeypatch.setenv("ORBWEAVER_DATA_DIR", str(tmp_path / "data"))
    forget()
    yield tmp_path / "data"
    monkeypatch.undo()
    forget()


def test_after_any_number_of_kills_all_is_there_once(database_url: str, folder: Path) -> None:
    chance = random.Random(SEED)
    supplier = NcmecSupplier(size=50)
    supplier.entries = [One(f"n{number}", number % 500, digest(number)) for number in range(ENTRIES)]
    gone = set(range(0, ENTRIES, 40))
    supplier.entries += [One(f"n{number}", 550, gone=True) for number in gone]
    chance.shuffle(supplier.entries)
    env = os.environ | {
        "ORBWEAVER_DATABASE_URL": database_url,
        "ORBWEAVER_DATA_DIR": str(folder),
        "ORBWEAVER_NETWORK_ALLOW": "127.0.0.1:*",
    }
    with faulty(supplier.answer) as host:
        services.add_exchange(
            "NCMEC",
            protocol="ncmec",
            address=host.address,
            supplier="NCMEC",
            list_name="NCMEC",
            every_minutes=60,
            secrets={"username": "user", "password": "pass"},
            by=None,
            now=NOW,
        )
        command = [sys.executable, "-P", "-m", "orbweaver", "exchanges", "pull", "NCMEC", "--json"]
        kills = done = 0
        while Exchange.objects.get().pulled_at is None:
            host.faults = chance.choices([None, 500, "cut", "half"], [12, 1, 1, 1], k=40)
            with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
                try:
                    process.wait(chance.uniform(1.0, LONGEST_S) if kills < KILLS else None)
                    done += 1
                except subprocess.TimeoutExpired:
                    process.kill()
                    kills += 1
        pages = len(host.requests)
    standing = EntryHash.objects.exclude(entry__state=HashListEntry.State.WITHDRAWN)
    assert {bytes(each).hex() for each in standing.values_list("value", flat=True)} == {
        digest(number) for number in set(range(ENTRIES)) - gone
    }
    assert HashListEntry.objects.exclude(state=HashListEntry.State.WITHDRAWN).count() == ENTRIES - len(gone)
    assert not Pull.objects.filter(ended_at=None).exists()
    assert kills > 0
    figures = {"kills": kills, "other_ends": done, "entries": ENTRIES, "requests": pages, "at": time.time()}
    Path("build/soak").mkdir(parents=True, exist_ok=True)
    Path("build/soak/exchange_kills.json").write_text(json.dumps(figures) + "\n", encoding="utf-8")
