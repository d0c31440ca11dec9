"""What docs/operators/backup.md tells an operator to type, typed: every shell command of it, word for word.

A sweep; a sample of what backups promise is in `test_backup.py` of the room.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

pytestmark = pytest.mark.sweep
PAGE = Path(__file__).parents[3] / "docs" / "operators" / "backup.md"
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
TOUCHED_BY_RESTORING = {"audit_event", "notices_sendingswitch", "evidence_archive"}
"""Tables to which the backup and the restore themselves add rows."""

FILL = """
import datetime as dt
from orbweaver.doors.cli.session import open_session
with open_session():
    from orbweaver.people.accounts.services import create_organisation
    from orbweaver.people.audit.services import record, seal_events
    from orbweaver.detect.evidence.models import EvidenceObject
    from orbweaver.detect.evidence.services import store
    from orbweaver.detect.intake.services import submit_report
    from orbweaver.platform.clock import now
    for number in range(20):
        stored = store(b"what was archived %d" % number, kind=EvidenceObject.Kind.MEDIA, mime="image/png", now=now())
        record("evidence.stored", stored.public_id, details={"number": number}, at=now())
    create_organisation(name="A hotline", kind="hotline", country="CA", vetted_on=dt.date(2026, 1, 1),
                        agreement_ends_on=dt.date(2027, 12, 31))
    submit_report("https://a.example/page", source="public", comment="d'une personne \\u2026", now=now())
    seal_events()
"""
LOOK = """
import json
from orbweaver.doors.cli.session import open_session
with open_session(migrate=False):
    from django.db import connection
    from orbweaver.people.audit.models import Event
    from orbweaver.people.audit.selectors import first_broken_event
    from orbweaver.detect.evidence.models import EvidenceObject
    from orbweaver.detect.evidence.services import read
    with connection.cursor() as cursor:
        names = connection.introspection.table_names(cursor)
        counts = {}
        for name in names:
            cursor.execute(f'SELECT count(*) FROM "{name}"')
            counts[name] = cursor.fetchone()[0]
        cursor.execute("SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal")
        triggers = cursor.fetchone()[0]
        cursor.execute("SELECT count(*) FROM pg_constraint")
        constraints = cursor.fetchone()[0]
        cursor.execute("SELECT count(*) FROM pg_indexes WHERE schemaname = 'public'")
        indexes = cursor.fetchone()[0]
        refused = ""
        try:
            cursor.execute("DELETE FROM audit_event")
        except Exception as error:
            refused = str(error)
    print(json.dumps({
        "counts": counts, "triggers": triggers, "constraints": constraints, "indexes": indexes, "refused": refused,
        "opened": sorted(read(each).decode() for each in EvidenceObject.objects.all()),
        "broken": str(first_broken_event() or ""), "sealed": Event.objects.filter(position__isnull=False).count(),
    }))
"""


class Machine:
    """A folder with an installation in it, and the two media that backups go to."""

    def __init__(self, folder: Path, media: Path) -> None:
        folder.mkdir(mode=0o711)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ORBWEAVER_")}
        self.env = {
            **kept,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "ORBWEAVER_DATA_DIR": str(folder / "data"),
            "ORBWEAVER_KEYS_DIR": str(folder / "keys"),
            "ORBWEAVER_AUTHORISED_HOTLINE": "true",
            "ORBWEAVER_LEGAL_AUTHORITY": "a test's own authority",
            "ORBWEAVER_HOTLINE_NAME": "Test Hotline",
            "ORBWEAVER_HOTLINE_DOMAIN": "test-hotline.example",
            "ORBWEAVER_HOTLINE_CONTACT": "notices@test-hotline.example",
            "BACKUP": str(media / "backup"),
            "OFFLINE": str(media / "offline"),
        }

    def run(self, *command: str, codes: tuple[int, ...] = (0,)) -> str:
        done = subprocess.run(command, env=self.env, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode in codes, f"{command}: {done.stdout}\n{done.stderr}"
        return done.stdout

    def type_in(self, block: str) -> str:
        return self.run("sh", "-eu", "-c", block)

    def look(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.run(sys.executable, "-c", LOOK))
        return found

    def scan(self, folder: Path) -> list[list[dict[str, Any]]]:
        lines = self.run("orbweaver", "scan", "--json", str(folder), codes=(0, 5)).splitlines()
        return [json.loads(line)["matches"] for line in lines]

    @contextmanager
    def up(self) -> Iterator[None]:
        """The installation, running meanwhile."""
        command = ("orbweaver", "up", "--only", "web", "--port", "0", "--json")
        process = subprocess.Popen(command, env=self.env, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        try:
            assert any(json.loads(line)["event"] == "ready" for line in process.stdout)
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)


@pytest.fixture
def room() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="orbweaver-backup-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


def test_the_page_typed_word_for_word_brings_everything_back(room: Path) -> None:
    backup, verify, restore = BLOCKS
    pictures = room / "pictures"
    pictures.mkdir()
    picture = Image.linear_gradient("L").resize((320, 240))
    for step in range(12):
        picture.paste(step * 61 % 256, (step * 25, step * 17, step * 25 + 60, step * 17 + 50))
    picture.save(pictures / "known.png")
    before, after = Machine(room / "before", room / "media"), Machine(room / "after", room / "media")

    (known,) = before.run("orbweaver", "fingerprint", "--json", str(pictures / "known.png")).splitlines()
    prints = json.loads(known)
    listed = room / "list.csv"
    listed.write_text(f"kind,value,classification\npdq,{prints['pdq']},csam\nsha256,{prints['sha256']},csam\n")
    with before.up():
        before.run("orbweaver", "lists", "import", str(listed))
        before.run(sys.executable, "-c", FILL)
        matches = before.scan(pictures)
        assert [len(each) for each in matches] == [2]
        there = before.look()
        before.type_in(backup)
        before.type_in(verify)

    after.type_in(restore)
    with after.up():
        back = after.look()
        assert after.scan(pictures) == matches
    counts, were = back.pop("counts"), there.pop("counts")
    assert counts.keys() == were.keys()
    assert {name for name, rows in counts.items() if rows != were[name]} <= TOUCHED_BY_RESTORING
    assert back == there
    assert len(back["opened"]) == 20
    assert back["sealed"] > 20
    assert "permission denied for table audit_event" in back["refused"]


@pytest.fixture(scope="module")
def dumped() -> Iterator[tuple[Machine, Path]]:
    """An installation with tables and nothing more, and a dump of it."""
    with tempfile.TemporaryDirectory(prefix="orbweaver-dump-") as folder:
        room = Path(folder)
        room.chmod(0o711)
        machine, dump = Machine(room / "one", room), room / "dump"
        machine.run("orbweaver", "migrate")
        machine.run("orbweaver", "database", "dump", str(dump))
        yield machine, dump


def test_a_database_with_anything_in_it_takes_no_dump(dumped: tuple[Machine, Path]) -> None:
    machine, dump = dumped
    done = subprocess.run(("orbweaver", "database", "load", dump), env=machine.env, capture_output=True, check=False)
    assert (done.returncode, b"conflict" in done.stderr) == (1, True)


def test_a_dump_that_is_cut_off_leaves_the_database_empty_and_can_be_repeated(
    dumped: tuple[Machine, Path], room: Path
) -> None:
    _, dump = dumped
    two, half = Machine(room / "two", room), room / "half"
    assert dump.stat().st_mode & 0o077 == 0
    whole = dump.read_bytes()
    half.write_bytes(whole[: len(whole) * 9 // 10])
    done = subprocess.run(("orbweaver", "database", "load", half), env=two.env, capture_output=True, check=False)
    assert (done.returncode, b"unavailable" in done.stderr) == (1, True)
    two.run("orbweaver", "database", "load", str(dump))
