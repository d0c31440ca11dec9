"""What every test shares: settings of its own, and one real PostgreSQL for the session, started when first needed.

`make test` shares the files out among five processes (pytest-xdist), each with a server of its own.

Settings of the person who runs the tests are put aside before anything reads them. Django is told its settings here
and not in pyproject.toml, because pytest-django would then load them before this file is read.
"""

from __future__ import annotations

import atexit
import gc
import importlib.util
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
import pytest_django

if TYPE_CHECKING:
    from tests.emptying import Emptying
    from tests.shared_sessions import Sessions

gc.disable()  # until all tests are collected: nearly all that is loaded until then stays to the end

if "DJANGO_SETTINGS_MODULE" in os.environ and "PYTEST_XDIST_WORKER" not in os.environ:
    raise pytest.UsageError("Unset DJANGO_SETTINGS_MODULE: the tests bring their own settings.")
for _name in [name for name in os.environ if name.startswith(("ORBWEAVER_", "PG"))]:
    del os.environ[_name]

_room = Path(tempfile.mkdtemp(prefix="orbweaver-tests-"))
_room.chmod(0o711)  # PostgreSQL's own account passes through when the tests run as root
atexit.register(shutil.rmtree, _room, ignore_errors=True)
os.environ["ORBWEAVER_DATA_DIR"] = str(_room / "data")
os.environ["ORBWEAVER_KEYS_DIR"] = str(_room / "keys")
os.environ["ORBWEAVER_HOTLINE_NAME"] = "Test Hotline"
os.environ["ORBWEAVER_HOTLINE_DOMAIN"] = "test-hotline.example"
os.environ["ORBWEAVER_HOTLINE_CONTACT"] = "notices@test-hotline.example"
os.environ["DJANGO_SETTINGS_MODULE"] = "orbweaver.platform.django_settings"
# Before numpy is loaded: its threads wait for each other in a busy loop, and the other test processes want the cores.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# No property is about time: a busy machine must not make one fail.
hypothesis.settings.register_profile("sample", deadline=None, max_examples=30)
hypothesis.settings.register_profile("whole", deadline=None)  # `make sweep` and `make coverage` (ADR 36)
hypothesis.settings.load_profile("sample")

from django.conf import settings  # noqa: E402 - after the environment

assert settings.DATABASES  # loaded now, so that pytest-django finds them configured

from django.contrib.auth.hashers import Argon2PasswordHasher  # noqa: E402 - after the settings

# A fifth of a second of a processor for each password, on purpose: a thousand people of tests do without. It stays
# Argon2, and who checks such a password reads its cost from it, so programs that tests start take it as well.
Argon2PasswordHasher.time_cost, Argon2PasswordHasher.memory_cost, Argon2PasswordHasher.parallelism = 1, 8, 1


@pytest.fixture(scope="session")
def database_server() -> Iterator[str]:
    """The URL of a PostgreSQL server's empty database; the server is the embedded one, without fsync."""
    from orbweaver.platform.runtime.postgres import EmbeddedPostgres

    with EmbeddedPostgres(_room / "server", fast=True) as server:
        yield server.url


@pytest.fixture(scope="session")
def django_db_setup(
    database_server: str, emptying: Emptying, django_db_blocker: pytest_django.DjangoDbBlocker
) -> Iterator[Sessions]:
    """Point Django at the session's server, and make the tables there as a new installation makes them.

    What one thread of this process is done with in the database, the next one uses.
    """
    from django.db import connections
    from psycopg.conninfo import conninfo_to_dict
    from tests.shared_sessions import shared_sessions

    from orbweaver.platform.runtime.migrate import migrate_if_needed

    address = conninfo_to_dict(database_server)
    connections.settings["default"].update(
        NAME=address["dbname"],
        USER=address["user"],
        HOST=address["host"],
        PORT=str(address["port"]),
        PASSWORD="",
        OPTIONS=connections.settings["default"]["OPTIONS"] | {"passfile": address["passfile"]},
    )
    with shared_sessions() as sessions:
        with django_db_blocker.unblock():
            migrate_if_needed()
        emptying.note_standing(str(address["dbname"]))
        yield sessions


@pytest.fixture
def own_sessions(django_db_setup: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sessions of the database that end when whoever uses one gives it up, as they do outside of tests."""
    monkeypatch.setattr(django_db_setup, "give", lambda *_: False)


@pytest.fixture(scope="module")
def module_db(django_db_setup: None, django_db_blocker: pytest_django.DjangoDbBlocker) -> Iterator[None]:
    """A transaction around all tests of a file: what a fixture of the module writes is there for each of them.

    It is made once and taken back at the end. What a test writes (``db``) is taken back before, as ever.
    """
    from django.db import transaction

    with django_db_blocker.unblock(), transaction.atomic():
        around = transaction.get_connection().atomic_blocks[-1]
        around._from_testcase = True  # as the transaction of one test: what must be the outermost may begin within
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="session", autouse=True)
def emptying() -> Iterator[Emptying]:
    """Empty, between transactional tests, the tables that hold something, past triggers that refuse it.

    Django truncates all of some hundred tables and fills its own anew: half a second for each such test. It also ends
    the session of each, and a new one has to learn all tables and triggers again: it is put back to its beginning.
    """
    from django.core.management.commands import flush
    from django.db import connections
    from django.db.backends.postgresql.operations import DatabaseOperations
    from django.test import TransactionTestCase
    from tests.emptying import KEPT, WRITTEN_MEANWHILE, Emptying
    from tests.shared_sessions import AS_NEW

    empty = Emptying(_room / "server" / "keys")

    def sql_flush(self: DatabaseOperations, style: Any, tables: Sequence[str], **options: Any) -> list[str]:
        quote = self.quote_name
        quoted = [quote(table) for table in tables if table not in KEPT]
        database = str(self.connection.settings_dict["NAME"])
        filled = empty.filled(database, sorted(quoted))
        if not filled:
            return []
        others = [name for name in map(quote, WRITTEN_MEANWHILE) if name in quoted]
        empty(database, [f"DELETE FROM {name}" for name in [*filled, *others]])
        return []

    def kept_after(_test: TransactionTestCase) -> bool:
        for connection in connections.all(initialized_only=True):
            if connection.connection is None:
                continue
            with connection.cursor() as cursor:
                cursor.execute(AS_NEW)
        return False

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_should_reload_connections", kept_after)
        patch.setattr(DatabaseOperations, "sql_flush", sql_flush)
        patch.setattr(flush, "emit_post_migrate_signal", lambda *_, **__: None)
        yield empty
    connections.close_all()
    empty.close()


@pytest.fixture(scope="module", autouse=True)
def _as_it_stood(emptying: Emptying) -> Iterator[None]:
    """Refuse a file that leaves an owner, a right, a role or a database behind: its tests need one of their own
    (``own_database``), else later ones of the same process fail, by chance."""
    yield
    from django.db import connections

    if left := emptying.left_behind(str(connections.settings["default"]["NAME"])):
        pytest.fail(f"left behind in the database: {', '.join(left)}")


PASSED_ON = {"ORBWEAVER_RESOLVED_DATABASE_URL", "ORBWEAVER_CLIENTS_LOCK"}
"""What a process tells those that it starts; no setting, and kept by whoever holds the server."""


def _settings_given() -> dict[str, str]:
    # the names alone first: asked twice for each of thousands of tests, and a value costs as much as a name
    return {name: os.environ[name] for name in os.environ if name.startswith("ORBWEAVER_") and name not in PASSED_ON}


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


_given_before = pytest.StashKey[dict[str, str]]()


@pytest.fixture(autouse=True)
def _settings_at_the_start(request: pytest.FixtureRequest) -> None:
    """Which settings fixtures of the module and the session give."""
    request.node.stash[_given_before] = _settings_given()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """Refuse a test that leaves a setting behind: it would rule a later one of the same process, by chance.

    What the audit log of its database left in the data folder goes: the next test's log, from 1, is another.
    """
    yield
    for left_in_data in (_room / "data").glob("audit-*"):
        _remove(left_in_data)
    if _given_before not in item.stash:  # skipped before it began
        return
    before, left = item.stash[_given_before], _settings_given()
    if wrong := {name for name, value in left.items() if before.get(name) != value}:
        for name in wrong:
            os.environ.pop(name)
        os.environ.update({name: before[name] for name in wrong & before.keys()})
        pytest.fail(f"settings left behind: {sorted(wrong)}")


@pytest.fixture(scope="session")
def database_url(django_db_setup: None, database_server: str) -> str:
    """The URL of the migrated test database, for processes that a test starts (transactional tests only)."""
    return database_server


@pytest.fixture(scope="session")
def code() -> ModuleType:
    """What writes the reference pages of the docs, which reads addresses, settings and commands from the code."""
    path = Path(__file__).parents[1] / "tools" / "reference.py"
    spec = importlib.util.spec_from_file_location("reference", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def soak_figures(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Writes what a campaign measured: ``soak_figures(rounds=40, lost=0)`` makes ``build/soak/<test's name>.json``."""

    def write(**figures: object) -> None:
        folder = request.config.rootpath / "build" / "soak"
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"test": request.node.nodeid, **figures}, indent=2, default=str)
        (folder / f"{request.node.name}.json").write_text(text + "\n")

    return write


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    """Mark cases beyond a sample before marks choose; put the files in order once pytest-django has had its say."""
    from tests.ordering import in_turns
    from tests.sweeps import mark_swept

    mark_swept(items)
    for item in items:
        if isinstance(item, pytest.Function) and hypothesis.is_hypothesis_test(item.obj):
            item.add_marker(pytest.mark.property)
    yield
    items[:] = in_turns(items)


def pytest_collection_finish() -> None:
    """What is loaded by now stays to the end: the garbage collector need not walk through it again and again."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()
