"""One running hotline for the quick tests, with the world around it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.acceptance.crew import Crew
from tests.acceptance.system import System, installed
from tests.acceptance.world import Mail, Web, list_of, providers_table, sha256, still

AREA = f"{Path(__file__).parent}/"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if str(item.path).startswith(AREA):
            item.add_marker(pytest.mark.acceptance)
            item.add_marker(pytest.mark.soak)  # a running installation for most: `make soak`, or -m acceptance


@pytest.fixture(scope="session")
def web() -> Iterator[Web]:
    world = Web()
    yield world
    world.close()


@pytest.fixture
def room() -> Iterator[Path]:
    """A folder of one test's own, near the root: a socket's path may not be long."""
    folder = Path(tempfile.mkdtemp(prefix="ow-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def mail() -> Iterator[Mail]:
    folder = Path(tempfile.mkdtemp(prefix="ow-mail-"))
    server = Mail(folder)
    yield server
    server.close()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def hotline(mail: Mail) -> Iterator[System]:
    """The shared installation: authorised, with a mail server, in a hurry, under an account that is not root's.

    Its list knows every picture of the world by its bytes, and its registry every host as a provider of its own.
    """
    with installed(
        Path(tempfile.mkdtemp(prefix="ow-")),
        unprivileged=True,
        **mail.settings,
        authorised_hotline=True,
        legal_authority="The Act on Helplines, section 1",
        review_required_assessments=1,
        review_acts_alone_assessments=1,
        recheck_interval_minutes=0.03,
        recheck_confirm_minutes=0.02,
        notice_reminder_hours=0.003,
        public_reports_per_hour=0,
    ) as system:
        system.start()
        known = [(last, number) for last in range(11, 70) for number in range(4)]
        text = list_of(*(("sha256", sha256(still(last, number)), f"S{last}") for last, number in known))
        system.run("lists", "import", system.give("police.csv", text), "--list", "Police", "--supplier", "NCMEC")
        system.run("providers", "import", system.give("providers.csv", providers_table(range(11, 100))))
        yield system


@pytest.fixture(scope="session")
def crew(hotline: System, mail: Mail) -> Crew:
    staff = Crew(hotline, mail)
    staff.add("Ann", "analyst")
    staff.add("Max", "hotline_manager")
    return staff
