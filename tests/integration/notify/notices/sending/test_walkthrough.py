"""The channel of docs/developers/plug-ins.md, taken from the page as it stands there, installed and used."""

from __future__ import annotations

import atexit
import datetime as dt
import importlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.settings_given import settings_given

from orbweaver.errors import ConfigurationError
from orbweaver.notify.notices.models import Notice, OutboxMessage
from orbweaver.notify.notices.sending.channels import CHANNELS, load_plug_ins
from orbweaver.notify.notices.sending.trial import try_channel
from orbweaver.notify.notices.services import issue_notices, send_due
from orbweaver.notify.providers import channel_kinds
from orbweaver.notify.providers.errors import ProviderInvalid
from orbweaver.notify.providers.services import add_contact, add_provider
from orbweaver.platform import config
from orbweaver.platform.config import check
from orbweaver.platform.runtime.doctor import settings

from ....docs.walkthroughs import files_in

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)


FILES = files_in("docs/developers/plug-ins.md", "A notice channel")
PACKAGE = Path(tempfile.mkdtemp(prefix="orbweaver-walkthrough-"))
atexit.register(shutil.rmtree, PACKAGE, ignore_errors=True)
for _name, _text in FILES.items():
    (PACKAGE / _name).write_text(_text)
sys.path.insert(0, str(PACKAGE))
_known = dict(config._groups)
TestFolder = importlib.import_module("test_orbweaver_folder").TestFolder
"""The page's own tests: they inherit what all channels must keep, and run here."""
OF_THE_PACKAGE = {name: group for name, group in config._groups.items() if name not in _known}
for _name in OF_THE_PACKAGE:
    del config._groups[_name]  # other tests of this process run without the package


@pytest.fixture(autouse=True, scope="module")
def its_settings() -> Iterator[None]:
    config._groups.update(OF_THE_PACKAGE)
    config.forget()
    yield
    for name in OF_THE_PACKAGE:
        del config._groups[name]
    config.forget()


@pytest.fixture
def installed() -> Iterator[None]:
    """What an installer does: it builds the package and lays its module and its entry points beside the others."""
    hatchling = Path(sys.executable).with_name("hatchling")
    subprocess.run([hatchling, "build", "-t", "wheel"], cwd=PACKAGE, check=True, capture_output=True, timeout=120)
    (wheel,) = (PACKAGE / "dist").iterdir()
    with zipfile.ZipFile(wheel) as file:
        assert [name for name in file.namelist() if "/" not in name] == ["orbweaver_folder.py"]
        file.extractall(PACKAGE)
    (made,) = PACKAGE.glob("*.dist-info")
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


def test_its_setting_is_read_listed_and_refused_like_any_other(installed: None, db: None, tmp_path: Path) -> None:
    folder = tmp_path / "notices"
    folder.mkdir()
    with settings_given(folder_suffix=".msg"):
        try_channel("folder", str(folder), NOW)
        [listed] = [each for each in settings() if each["name"] == "ORBWEAVER_FOLDER_SUFFIX"]
    assert [path.suffix for path in folder.iterdir()] == [".msg"]
    assert (listed["value"], listed["source"]) == (".msg", "environment")
    file = tmp_path / "orbweaver.toml"
    file.write_text("folder_suffix = 4\nfolder_sufix = '.msg'\n")
    with settings_given(config=file), pytest.raises(ConfigurationError) as refused:
        check()
    assert "ORBWEAVER_FOLDER_SUFFIX: " in str(refused.value)
    assert "ORBWEAVER_FOLDER_SUFIX: there is no such setting" in str(refused.value)


def test_people_are_told_what_its_address_is(installed: None, db: None) -> None:
    provider = add_provider("Host", now=NOW, domains=["host.example"])
    with pytest.raises(ProviderInvalid, match=r"folder \(Folder, with its whole path: /srv/notices/example\)"):
        add_contact(provider, "/srv", now=NOW, channel="floder")
    with pytest.raises(ProviderInvalid, match="whole path"):
        add_contact(provider, "srv", now=NOW, channel="folder")
