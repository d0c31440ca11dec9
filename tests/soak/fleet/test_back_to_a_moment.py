"""docs/operators/point-in-time.md typed word for word, on a real server with a real pgBackRest.

Needs Debian's ``pgbackrest``; without it, it is skipped, loudly.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.soak.fleet.conftest import Post, by_mail
from tests.soak.fleet.history import PROGRAM, Remembered
from tests.soak.fleet.machines import ROOT, Hotline, environment
from tests.soak.fleet.servers import Servers
from tests.soak.fleet.test_failover import KEPT, LATER, LOST, NEW, found, listed

pytestmark = [
    pytest.mark.soak,
    pytest.mark.timeout(900),
    pytest.mark.skipif(PROGRAM is None, reason="pgbackrest is not here: apt-get install pgbackrest"),
]
PAGE = ROOT / "docs" / "operators" / "point-in-time.md"
SET_UP, BRING_BACK, LOOK = re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
HOTLINE = {"authorised_hotline": "true", "legal_authority": "a test's own authority"}
ARCHIVE = """
import sys
from orbweaver.doors.cli.session import open_session
with open_session():
    from orbweaver.detect.evidence.models import EvidenceObject
    from orbweaver.detect.evidence.services import store
    from orbweaver.people.audit.services import record
    from orbweaver.platform.clock import now
    for number in range(int(sys.argv[1])):
        stored = store(b"what was archived", kind=EvidenceObject.Kind.MEDIA, mime="image/png", now=now())
        record("evidence.stored", stored.public_id, at=now())
"""
OPEN = """
import json
from orbweaver.doors.cli.session import open_session
with open_session():
    from orbweaver.detect.evidence.models import EvidenceObject
    from orbweaver.detect.evidence.services import read
    print(json.dumps([read(each).decode() for each in EvidenceObject.objects.all()]))
"""
MESSAGES = """
import sys
from orbweaver.doors.cli.session import open_session
with open_session():
    from tests.soak.notices.test_outbox_kills import fill_outbox
    fill_outbox(int(sys.argv[1]))
"""


@pytest.fixture
def history(room: Path) -> Iterator[Remembered]:
    made = Remembered(room)
    try:
        yield made
    finally:
        made.server.kill()


class Alone(Servers):
    """One server without a standby."""

    def __init__(self, history: Remembered) -> None:
        self.primary = self.standby = history.server
        self.all = (history.server,)  # type: ignore[assignment]


@pytest.fixture
def hotline(room: Path, history: Remembered, post: Post) -> Hotline:
    made = Hotline(room, Alone(history), {**by_mail(post), **HOTLINE})
    made.run("migrate")
    return made


def python(hotline: Hotline, program: str, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program, *words],
        env=environment(hotline.settings), capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def checks(hotline: Hotline) -> dict[str, Any]:
    """What `orbweaver doctor` finds, whatever else is wrong."""
    command = [sys.executable, "-m", "orbweaver", "doctor", "--json"]
    done = subprocess.run(
        command, env=environment(hotline.settings), capture_output=True, text=True, timeout=300, check=False
    )
    return {each["name"]: each for each in json.loads(done.stdout)["checks"]}


def files(hotline: Hotline) -> set[str]:
    return {path.name for path in (hotline.room / "hotline" / "data" / "evidence").rglob("*.age")}


def test_a_server_comes_back_to_a_moment_and_evidence_keys_index_and_sending_with_it(
    hotline: Hotline, history: Remembered, post: Post
) -> None:
    history.type_in(SET_UP)
    python(hotline, ARCHIVE, "5")
    listed(hotline, KEPT)
    python(hotline, MESSAGES, "3")
    moment = history.moment()
    hotline.run("worker", "--once")
    assert sum(post.arrived.values()) == 3
    python(hotline, ARCHIVE, "4")
    listed(hotline, LOST)
    hotline.run("worker", "--once")
    assert found(hotline, KEPT, LOST) == {"md5": True, "sha1": True}
    before = files(hotline)
    assert len(before) == 9

    history.archive()
    history.stop()
    history.type_in(BRING_BACK, MOMENT=moment)
    history.start()

    assert history.server.ask("SELECT count(*) FROM evidence_evidenceobject") == [(5,)]
    hotline.run("worker", "--once")
    assert sum(post.arrived.values()) == 3, "what left after the moment does not leave again by itself"

    said = json.loads(hotline.run(*LOOK.split()[1:], "--json"))
    assert {name: said[name] for name in ("kept", "newer", "missing", "keys_lost", "index", "sending")} == {
        "kept": 5, "newer": 4, "missing": [], "keys_lost": [], "index": 1, "sending": "paused",
    }  # fmt: skip
    assert json.loads(python(hotline, OPEN)) == ["what was archived"] * 5
    looked_at = checks(hotline)
    assert looked_at["archive"]["level"] == looked_at["audit log"]["level"] == "ok"
    assert looked_at["unknown files"]["found"].startswith("4 ")
    hotline.run("worker", "--once")
    assert sum(post.arrived.values()) == 3
    assert files(hotline) == before, "nothing was erased"

    listed(hotline, NEW)
    listed(hotline, LATER)
    assert found(hotline, KEPT, LOST, NEW, LATER) == {"md5": True, "sha1": False, "sha256": True, "pdq": True}
    hotline.run("notices", "resume")
    hotline.run("worker", "--once")
    assert sum(post.arrived.values()) == 6, "a person has said so"
