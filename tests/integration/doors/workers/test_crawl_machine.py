"""A machine of a fleet: joined by a token over TCP, it crawls as its own role, is drained, and is let in no more."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import psycopg
import pytest
from django.db import connection
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from tests.integration.conftest import SetConfig

from orbweaver.assess.review.models import ReviewItem
from orbweaver.detect.crawl.models import CrawlWorker, FrontierUrl, Lead
from orbweaver.detect.crawl.services import add_lead
from orbweaver.detect.evidence.models import ObjectKey
from orbweaver.detect.hashlists.rules import EntryRow
from orbweaver.detect.hashlists.services import get_or_create_list
from orbweaver.detect.hashlists.writing import upsert_entries
from orbweaver.detect.matching.models import Sighting
from orbweaver.detect.matching.taking_up import take_up
from orbweaver.doors import fleet
from orbweaver.doors.cli.machines import show
from orbweaver.doors.database_roles import RIGHTS_LOCK
from orbweaver.doors.joining import Joined, _place, join
from orbweaver.errors import Conflict, InvalidInput, Unavailable
from orbweaver.fingerprints import pdq
from orbweaver.people.audit.models import Event
from orbweaver.people.machines import token as tokens
from orbweaver.people.machines.models import Machine
from orbweaver.people.machines.selectors import machines
from orbweaver.people.machines.services import drain, let_go
from orbweaver.people.machines.token import VALID, Token
from orbweaver.platform.clock import now, real_now
from orbweaver.platform.runtime.access import administrator_url
from orbweaver.platform.runtime.database import RESOLVED_DATABASE_URL
from orbweaver.platform.runtime.installation import free_port
from orbweaver.platform.runtime.signing_in import SIGN_IN_REFUSED
from orbweaver.platform.runtime.supervisor import Component
from orbweaver.platform.settings import PlatformSettings

from .conftest import WebSite, picture
from .stalling import line_to
from .test_crawl_kills import told, wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def database_url(own_database: str) -> str:
    """What joins has a role, which is given rights, and commands of the hotline give the audit log away."""
    return own_database


@pytest.fixture
def invited(
    database_url: str, set_config: SetConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Machine, Token]]:
    """A machine that may join, over TCP."""
    given = conninfo_to_dict(database_url)
    keys = Path(str(given["passfile"])).parent
    administrator = administrator_url(PlatformSettings(keys_dir=keys, database_url=None), database_url)
    with line_to(database_url) as line:
        by_tcp = f"postgresql://{given['user']}@127.0.0.1:{line.port}/{given['dbname']}?passfile={given['passfile']}"
        set_config(database_url=by_tcp, database_admin_url=administrator, keys_dir=tmp_path / "hotline-keys")
        monkeypatch.setenv(RESOLVED_DATABASE_URL, by_tcp)
        machine, text = fleet.invite("crawl", real_now(), label="test")
        yield machine, tokens.read(f"  {text}\n")
        for each in Machine.objects.filter(gone_at=None):
            fleet.revoke(each.public_id, real_now(), label="test")


def joined(token: Token, place: Path, resolve: Callable[[str], Any] = lambda _: "192.0.2.1") -> Joined:
    return join(token, place / "data", place / "keys", real_now(), resolve)


PROGRAM = [sys.executable, "-c", "from orbweaver.doors.cli import main; main()"]


def of_machine(settings: Path) -> dict[str, str]:
    """The environment of a machine's own commands."""
    return {name: each for name, each in os.environ.items() if not name.startswith("ORBWEAVER_")} | {
        "ORBWEAVER_CONFIG": str(settings),
        "ORBWEAVER_NETWORK_ALLOW": "127.0.0.1:*",
        "ORBWEAVER_CRAWL_HOST_DELAY_S": "0.01",
        "ORBWEAVER_DECODE_WORKERS": "1",
        "ORBWEAVER_AUTHORISED_HOTLINE": "true",
        "ORBWEAVER_LEGAL_AUTHORITY": "a test's own authority",
    }


def said(settings: Path, *words: str) -> tuple[int, str]:
    """The exit code of a machine's command, and what it said of its error, in one line."""
    done = subprocess.run([*PROGRAM, *words], env=of_machine(settings), capture_output=True, text=True, check=False)
    return done.returncode, " ".join(done.stderr.split())


def doctor(settings: Path) -> str:
    """What the machine's own check says of the database."""
    command, environment = [*PROGRAM, "doctor", "--json"], of_machine(settings)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    [found] = [check for check in json.loads(done.stdout)["checks"] if check["name"] == "database"]
    return f"{found['level']} {found['found']} {found['advice']}"


def signed_in(place: Path) -> psycopg.Connection:
    """As the machine's own role."""
    lines = dict(line.split(" = ") for line in (place / "data" / "machine.toml").read_text().splitlines())
    return psycopg.connect(json.loads(lines["database_url"]), autocommit=True)


def test_a_machine_gets_a_role_the_public_halves_of_keys_and_nothing_else(
    invited: tuple[Machine, Token], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fleet, "_of_this_version", set())
    machine, token = invited
    other, _ = fleet.invite("crawl", real_now(), label="test")
    done = joined(token, tmp_path)
    assert {check.name: check.level for check in done.checks} == dict.fromkeys(
        ("clock", "TLS", "version", "place", "storage", "name servers"), "ok"
    )
    assert {path.name for path in (tmp_path / "keys").iterdir()} == {
        "evidence-recipient",
        "copies-recipient",
        f"database-{machine.role}",
    }
    with signed_in(tmp_path) as session:
        assert session.execute("SELECT public_id FROM machines_machine").fetchall() == [(machine.public_id,)]
        session.execute("UPDATE machines_machine SET done = 7")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            session.execute("SELECT wrapped FROM evidence_objectkey")
    other.refresh_from_db()
    assert other.done == 0
    with pytest.raises(Unavailable, match="password authentication failed"):
        joined(token, tmp_path / "again")
    with pytest.raises(Conflict):
        joined(token, tmp_path)
    with psycopg.connect(
        str(PlatformSettings.current().database_admin_url)
    ) as session:  # as an earlier version gave it
        session.execute("GRANT SELECT ON accounts_user TO orbweaver_crawl")
    assert fleet.keep_machines(real_now()) == 2
    with signed_in(tmp_path) as session, pytest.raises(psycopg.errors.InsufficientPrivilege):
        session.execute("SELECT email FROM accounts_user")
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolvaliduntil = 'infinity' FROM pg_roles WHERE rolname = %s", [machine.role])
        assert cursor.fetchone() == (True,), "the hour was the token's alone"


def test_a_token_lapses_with_its_role_and_what_is_no_token_is_refused(
    invited: tuple[Machine, Token], tmp_path: Path
) -> None:
    _, token = invited
    with pytest.raises(InvalidInput):
        tokens.read(token.written()[:-9])
    later = real_now() + VALID * 2
    with pytest.raises(InvalidInput):
        join(token, tmp_path / "data", tmp_path / "keys", later)
    assert not (tmp_path / "keys").exists()
    assert fleet.keep_machines(later) == 2
    assert [each.state for each in machines(later)] == ["lapsed"]
    with pytest.raises(Unavailable):
        joined(token, tmp_path)
    assert not (tmp_path / "data" / "machine.toml").exists()


@pytest.mark.sweep
def test_a_machine_crawls_with_its_rights_alone_is_drained_and_let_in_no_more(
    invited: tuple[Machine, Token], tmp_path: Path, make_site: Callable[..., WebSite]
) -> None:
    machine, token = invited
    settings = joined(token, tmp_path).settings
    site, known = make_site(), get_or_create_list("Known", "NCMEC", now())
    value = bytes.fromhex(pdq(picture(1))[0])
    upsert_entries(known, [EntryRow("pdq", value, "csam", "unidentified", "", "NCMEC", False)], now())
    site.page("/", "<h1>A page</h1><img src=/1.jpg><img src=/2.jpg><a href=/next>x</a>")
    site.page("/next", "<img src=/1.jpg>")
    for number in (1, 2):
        site.picture(f"/{number}.jpg", picture(number))
    add_lead(site.url("/"), source=Lead.Source.LIST, now=now())
    environment = of_machine(settings)
    refused = said(settings, "web", "--port", "0")
    assert (refused[0], "one part alone: crawl" in refused[1]) == (1, True)
    crawler = subprocess.Popen([*PROGRAM, "crawl-worker"], env=environment, stderr=subprocess.PIPE, text=True)
    try:
        wait_until(
            lambda: crawler.poll() is not None or FrontierUrl.objects.filter(state=FrontierUrl.State.DONE).count() == 4,
            60,
        )
        assert Sighting.objects.count() == 1
        assert ObjectKey.objects.exists()
        assert not ReviewItem.objects.exists(), "a machine opens nothing"
        assert take_up() == 1
        assert ReviewItem.objects.count() == 1
        wait_until(lambda: machines(real_now())[0].done >= 1, 30)
        assert [(each.id, each.state) for each in machines(real_now())] == [(machine.public_id, "alive")]
        fleet.revoke(machine.public_id, real_now(), label="test")
        with pytest.raises(psycopg.OperationalError):
            signed_in(tmp_path)
    finally:
        crawler.kill()
        words = crawler.communicate()[1]
    assert "permission denied" not in words


@pytest.mark.sweep
def test_a_machine_that_was_revoked_says_so_once_ends_when_told_and_may_leave(
    invited: tuple[Machine, Token], tmp_path: Path
) -> None:
    machine, token = invited
    settings, log, port = joined(token, tmp_path).settings, tmp_path / "log", free_port("127.0.0.1", 0)
    with log.open("w") as written:
        crawler = subprocess.Popen(
            [*PROGRAM, "crawl-worker", "--status-port", str(port)], env=of_machine(settings), stderr=written
        )
    try:
        wait_until(lambda: [each.state for each in machines(real_now())] == ["alive"], 60)
        assert told(port, "/healthz") == told(port, "/readyz") == "ok"
        assert doctor(settings).startswith("ok lets this machine sign in")
        fleet.revoke(machine.public_id, real_now(), label="test")
        wait_until(lambda: "it was revoked" in log.read_text(), 60)
        assert told(port, "/healthz") == told(port, "/readyz") == SIGN_IN_REFUSED
        crawler.send_signal(signal.SIGTERM)
        assert crawler.wait(timeout=Component.grace_s) == 0
    finally:
        crawler.kill()
        crawler.wait()
    assert log.read_text().count("it was revoked") == 1
    assert log.read_text().count("trying again") <= 3, "what its last sessions had begun"
    code, words = said(settings, "crawl-worker")
    assert (code, "it was revoked" in words, "orbweaver leave" in words) == (6, True, True), "systemd leaves it"
    assert "it was revoked" in doctor(settings)
    assert said(settings, "leave")[0] == 0
    assert not settings.exists()
    assert not (tmp_path / "keys" / f"database-{machine.role}").exists()


def test_a_stolen_machine_is_shut_out_whatever_it_owns_or_holds_locked(
    invited: tuple[Machine, Token], tmp_path: Path, database_url: str
) -> None:
    machine, token = invited
    joined(token, tmp_path)
    given = conninfo_to_dict(database_url)
    keys = Path(str(given["passfile"])).parent
    administrator = administrator_url(PlatformSettings(keys_dir=keys, database_url=None), database_url)
    assert administrator is not None
    with psycopg.connect(administrator, autocommit=True) as session:  # as one that it made before that was forbidden
        session.execute("DO $$ BEGIN PERFORM lo_create(4242); END $$")
        session.execute(sql.SQL("ALTER LARGE OBJECT 4242 OWNER TO {}").format(sql.Identifier(machine.role)))
    with signed_in(tmp_path) as locks, signed_in(tmp_path) as password:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            locks.execute("SELECT lo_create(0)")
        locks.execute("SELECT pg_advisory_lock(%s)", [RIGHTS_LOCK])
        locks.execute("BEGIN")
        locks.execute("UPDATE machines_machine SET done = 1")
        password.execute("BEGIN")
        password.execute(sql.SQL("ALTER ROLE {} PASSWORD 'another'").format(sql.Identifier(machine.role)))
        fleet.revoke(machine.public_id, real_now(), label="test")
        for session in (locks, password):
            with pytest.raises(psycopg.OperationalError):
                session.execute("SELECT 1")
    with pytest.raises(psycopg.OperationalError):
        signed_in(tmp_path)
    assert [each.state for each in machines(real_now())] == ["revoked"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_roles WHERE rolname = %s", [machine.role])
        assert cursor.rowcount == 0
    with pytest.raises(Conflict):
        fleet.revoke(machine.public_id, real_now(), label="test")


def test_revoking_again_ends_what_failed_and_a_machine_that_is_gone_stays_so(
    invited: tuple[Machine, Token], tmp_path: Path
) -> None:
    machine, token = invited
    joined(token, tmp_path)
    let_go(machine.public_id, Machine.Gone.REVOKED, real_now(), label="test")  # and then it failed
    with signed_in(tmp_path) as session, pytest.raises(psycopg.errors.RaiseException, match="stays so"):
        session.execute("UPDATE machines_machine SET gone_at = NULL, gone_because = ''")
    fleet.revoke(machine.public_id, real_now(), label="test")
    with pytest.raises(psycopg.OperationalError):
        signed_in(tmp_path)
    assert Event.objects.filter(kind="machine.revoked").count() == 1


def test_a_machine_that_is_drained_takes_nothing_new(invited: tuple[Machine, Token]) -> None:
    machine, _ = invited
    drain(machine.public_id, real_now(), label="test")
    Machine.objects.update(joined_at=real_now())
    assert [each.state for each in machines(real_now())] == ["draining"]
    drain(machine.public_id, real_now(), label="test", again=True)
    assert [each.state for each in machines(real_now())] == ["silent"]


LIES = (
    "seen_at = 'infinity'",
    "gone_because = 'revoked'",
    "joined_at = '4000-01-01 BC'",
    "done = -5, name = E'[/]\\x1b[2J'",
)
"""What a stolen machine may say of itself so that it is not listed, or looks gone while it goes on."""


def test_a_stolen_machine_that_lies_of_itself_is_listed_and_revoked_all_the_same(
    invited: tuple[Machine, Token], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machine, token = invited
    joined(token, tmp_path)
    for lie in LIES:
        with signed_in(tmp_path) as session, session.transaction():
            session.execute(f"UPDATE machines_machine SET {lie}")
            session.execute("UPDATE machines_machine SET seen_at = 'infinity'")
        [listed] = machines(real_now())
        assert (listed.state, listed.done) == ("alive", 0), lie
    show(Mock(invoked_subcommand=None), json_mode=False)
    shown = capsys.readouterr().out
    assert machine.public_id in shown.replace("\n", "")
    assert "\x1b[2J" not in shown
    with signed_in(tmp_path) as session:
        session.execute(
            "INSERT INTO crawl_crawlworker (name, started_at, alive_until) VALUES ('x', '-infinity', 'infinity')"
        )
        crawler = CrawlWorker.objects.get()
        assert crawler.alive_until < real_now() + VALID, "its leases are not held for ever"
        session.execute("UPDATE machines_machine SET gone_at = 'infinity', gone_because = 'lapsed'")
    assert [each.state for each in machines(real_now())] == ["left"]
    fleet.revoke(machine.public_id, real_now(), label="test")
    with pytest.raises(psycopg.OperationalError):
        signed_in(tmp_path)


def test_of_two_that_have_one_token_one_joins_and_no_session_of_the_other_stays(
    invited: tuple[Machine, Token], tmp_path: Path
) -> None:
    _, token = invited
    thief = psycopg.connect(make_conninfo(_place(token, {"sslmode": token.tls}), password=token.password))

    def meanwhile(_: str) -> str:
        if not (tmp_path / "one" / "data" / "machine.toml").exists():
            joined(token, tmp_path / "one")
        return "192.0.2.1"

    with pytest.raises((Conflict, Unavailable)):
        joined(token, tmp_path / "two", meanwhile)
    assert not (tmp_path / "two" / "data" / "machine.toml").exists()
    with pytest.raises(psycopg.OperationalError):
        thief.execute("SELECT 1")
    with signed_in(tmp_path / "one") as session:
        assert session.execute("SELECT joined_at IS NOT NULL FROM machines_machine").fetchall() == [(True,)]
