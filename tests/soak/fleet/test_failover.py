"""A standby that lacks the last changes of lists is promoted, and new ones take their numbers: no ghosts, no gaps.

Without a synchronous standby what was committed last is lost; a machine's index may have seen it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.soak.fleet.machines import Hotline, environment
from tests.soak.fleet.servers import Servers

pytestmark = [pytest.mark.soak, pytest.mark.timeout(900)]
LOOK = """
import json, sys
from orbweaver.doors.cli.session import open_session
from orbweaver.fingerprints import Fingerprints
with open_session():
    from orbweaver.detect.matching.index import open_index
    index = open_index()
    found = {kind: sorted(index.find(kind, [bytes.fromhex(value)])) for kind, value in json.loads(sys.argv[1])}
    print(json.dumps({kind: bool(rows) for kind, rows in found.items()}))
"""
"""Whether the index of this data folder finds these hashes, each of another kind."""
LOST, KEPT, NEW, LATER = ("sha1", "a1" * 20), ("md5", "b2" * 16), ("sha256", "c3" * 32), ("pdq", "0f" * 32)


@pytest.fixture
def hotline() -> Iterator[Hotline]:
    with tempfile.TemporaryDirectory(prefix="ow-fleet-", ignore_cleanup_errors=True) as name:
        room = Path(name)
        room.chmod(0o711)
        servers = Servers(room, standby=True)
        try:
            with servers.primary.session("postgres") as session:  # it waits for no standby
                session.execute("ALTER SYSTEM SET synchronous_standby_names = ''")
                session.execute("SELECT pg_reload_conf()")
            yield Hotline(room, servers, {})
        finally:
            servers.stop()


def listed(hotline: Hotline, *hashes: tuple[str, str]) -> None:
    """These are on the list."""
    file = hotline.room / "list.csv"
    rows = [f"{kind},{value},csam,unidentified,,NCMEC,false" for kind, value in hashes]
    file.write_text("\n".join(["kind,value,classification,identified,series,source,baseline", *rows]) + "\n")
    hotline.run("lists", "import", str(file), "--list", "Known", "--supplier", "NCMEC")


def found(hotline: Hotline, *hashes: tuple[str, str]) -> Any:
    """Which of them the index finds, by kind."""
    command = [sys.executable, "-c", LOOK, json.dumps(hashes)]
    done = subprocess.run(
        command, env=environment(hotline.settings), capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_the_index_follows_the_history_of_the_standby_that_was_promoted(hotline: Hotline) -> None:
    servers = hotline.servers
    hotline.run("migrate")
    listed(hotline, KEPT)
    servers.standby.kill()
    listed(hotline, LOST)
    assert found(hotline, KEPT, LOST) == {"md5": True, "sha1": True}
    servers.primary.kill()
    servers.standby.start()
    servers.standby.promote()
    servers.primary, servers.standby = servers.standby, servers.primary
    listed(hotline, NEW)
    listed(hotline, LATER)
    [(lost,)] = servers.primary.ask("SELECT count(*) FROM hashlists_entryhash WHERE kind = 'sha1'")
    assert lost == 0, "the standby never had it"
    assert found(hotline, KEPT, LOST, NEW, LATER) == {"md5": True, "sha1": False, "sha256": True, "pdq": True}
