"""The channel of docs/developers/plug-ins.md, taken from the page as it stands there, installed and used."""

from __future__ import annotations

import atexit
import datetime as dt
import importlib
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from orbweaver.notify.notices.models import Notice, OutboxMessage
from orbweaver.notify.notices.sending.channels import CHANNELS, load_plug_ins
from orbweaver.notify.notices.sending.trial import try_channel
from orbweaver.notify.notices.services import issue_notices, send_due
from orbweaver.notify.providers import channel_kinds
from orbweaver.notify.providers.services import add_contact, add_provider

from ....docs.walkthroughs import files_in

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)


FILES = files_in("docs/developers/plug-ins.md", "A notice channel")
PACKAGE = Path(tempfile.mkdtemp(prefix="orbweaver-walkthrough-"))
atexit.register(shutil.rmtree, PACKAGE, ignore_errors=True)
for _name, _text in FILES.items():
    (PACKAGE / _name).write_text(_text)
sys.path.insert(0, str(PACKAGE))
TestFolder = importlib.import_module("test_orbweaver_folder").TestFolder
"""The page's own tests: they inherit what all channels must keep, and run here."""


@pytest.fixture
def installed() -> Iterator[None]:
    """What an installer makes of the package: its entry points beside it."""
    project = tomllib.loads(FILES["pyproject.toml"])["project"]
    made = PACKAGE / f"orbweaver_folder-{project['version']}.dist-info"
    made.mkdir(exist_ok=True)
    (made / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    lines = [
        f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in points.items())
        for group, points in project["entry-points"].items()
    ]
    (made / "entry_points.txt").write_text("\n".join(lines))
    importlib.invalidate_caches()
    load_plug_ins()
    yield
    shutil.rmtree(made)
    CHANNELS.pop("folder", None)
    channel_kinds._KINDS.pop("folder", None)


def test_a_channel_is_at_most_five_files() -> None:
    assert len(FILES) <= 5
    assert sorted(FILES) == ["orbweaver_folder.py", "pyproject.toml", "test_orbweaver_folder.py"]


def test_one_notice_goes_through_it_once(installed: None, world: Any, hotline: None, tmp_path: Path) -> None:
    folder = tmp_path / "notices"
    folder.mkdir()
    provider = add_provider("Host", now=NOW, domains=["host.example"])
    contact = add_contact(provider, str(folder), now=NOW, channel="folder")
    assert contact.get_channel_display() == "Folder on disk"
    world.verdict("https://host.example/1.png")
    issue_notices(NOW)
    assert [send_due(lambda: NOW).sent for _ in range(2)] == [1, 0]
    [written] = folder.iterdir()
    message = OutboxMessage.objects.get(notice=Notice.objects.get())
    assert (message.state, message.channel) == ("sent", "folder")
    assert written.read_bytes() == bytes(message.raw)


def test_status_and_the_test_message_know_it(installed: None, db: None, tmp_path: Path) -> None:
    from orbweaver.notify.notices.selectors import sending_now

    assert (sending_now().channels["folder"], sending_now().after_a_crash["folder"]) == ("", "repeat")
    try_channel("folder", str(tmp_path), NOW)
    assert len(list(tmp_path.glob("*.eml"))) == 1
