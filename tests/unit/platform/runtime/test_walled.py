"""How processes that are handed what they read and nothing else are started, ended and spoken of."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from orbweaver.platform.runtime import walled
from orbweaver.platform.runtime.walled import WalledProcess

MODULE = "shown"
SHOW = """
import json, os, sys
said = dict(cwd=os.getcwd(), leads=os.getsid(0) == os.getpid(), names=sorted(os.environ), words=sys.argv[1:])
print(json.dumps(said), flush=True)
sys.stderr.write("nobody reads it")
sys.stdin.read()
"""


@pytest.fixture
def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WalledProcess]:
    (tmp_path / f"{MODULE}.py").write_text(SHOW)
    for name in walled.KEPT_ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("ORBWEAVER_DATABASE_URL", "postgresql://somebody:secret@somewhere/")
    process = WalledProcess(MODULE, "one", "two")
    yield process
    process.close()


def test_it_gets_its_words_and_nothing_of_ours(started: WalledProcess) -> None:
    said = json.loads(started.answers.readline())
    names = [name for name in said["names"] if not name.startswith("LC_")]
    assert said == {"cwd": "/", "leads": True, "names": said["names"], "words": ["one", "two"]}
    assert names == ["PYTHONPATH"]


def test_it_ends_with_its_owner_and_is_nothing_of_a_fork(started: WalledProcess) -> None:
    child = os.fork()
    if child == 0:
        started.close()
        os._exit(started.is_ours or started.is_alive())
    assert os.waitpid(child, 0)[1] == 0
    assert started.is_ours
    assert started.is_alive()
    started.close()
    assert not started.is_alive()
    started.close()


def test_it_ends_with_the_program_that_forgot_it(started: WalledProcess, tmp_path: Path) -> None:
    code = (
        "from orbweaver.platform.runtime.walled import WalledProcess\n"
        f"kept = WalledProcess({MODULE!r})\nkept.answers.readline()\nprint(kept.process.pid)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *filter(None, sys.path)])}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert not done.stderr
    assert not Path(f"/proc/{done.stdout.strip()}").exists()


def test_absence_is_said_once_until_it_is_over(caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(3):
        walled.say_absent(MODULE, "nothing is shown")
    assert caplog.messages == ["shown does not come up: nothing is shown. Run: orbweaver doctor"]
    walled.say_present(MODULE)
    walled.say_present(MODULE)
    walled.say_absent(MODULE, "nothing is shown")
    assert caplog.messages[1:] == ["shown comes up again", caplog.messages[0]]
    walled.say_present(MODULE)


def test_what_a_person_types_shows_why() -> None:
    _, _, command = walled.why_absent("orbweaver.no_such_module", "/some/keys").partition("user: ")
    assert command.startswith(f"{sys.executable} -P -m orbweaver.no_such_module /some/keys $$")
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert "No module named orbweaver.no_such_module" in done.stderr
