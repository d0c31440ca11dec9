"""A database that was brought back to an earlier moment: nothing leaves, and what it names is looked for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pyrage
import pytest
from tests.databases import connected_to

from orbweaver.detect.evidence.keys import master_identities, write_identities
from orbweaver.detect.evidence.models import EvidenceObject
from orbweaver.detect.evidence.opening import forget_opener
from orbweaver.detect.evidence.stores import evidence_dir
from orbweaver.doors.workers.changes import carry_out_due
from orbweaver.follow.survivors import stops
from orbweaver.follow.survivors.models import Request, Stop
from orbweaver.follow.survivors.rules import Surety
from orbweaver.follow.survivors.services import Asked
from orbweaver.follow.survivors.services import ask as ask_for_removal
from orbweaver.notify.notices.sending.outbox import Sender
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.rules import Role
from orbweaver.people.audit.models import Event
from orbweaver.people.changes.models import Change
from orbweaver.people.changes.services import ask, refuse, told
from orbweaver.platform.clock import now
from orbweaver.platform.settings import PlatformSettings

from .conftest import Run, files, grow_old

pytestmark = pytest.mark.django_db(transaction=True)
Copy = Callable[[str], str]
DAY = dt.timedelta(days=1)


@pytest.fixture
def earlier(run: Run, copy_of_database: Copy, make_sighting: Callable[..., object]) -> str:
    """The database as it was when there were five objects: one more was archived since, and seen by a worker."""
    for number in range(5):
        make_sighting(b"picture %d" % number, now=now())
    assert run("upkeep").code == 0
    before = copy_of_database("earlier")
    make_sighting(b"picture of a day later", now=now())
    Event.objects.create(at=now(), actor_label="test", kind="a.deed", subject="")
    assert run("upkeep").code == 0
    grow_old()
    return before


def waits_for(url: str = "") -> list[str]:
    """Why a worker with that database sends nothing."""
    with connected_to(url):
        return [each.code for each in Sender(now).send_due().waiting_for]


def test_nothing_leaves_until_a_person_has_looked_and_resumes(earlier: str, run: Run) -> None:
    assert waits_for() == []
    assert waits_for(earlier) == ["notices.database_brought_back"]
    assert "orbweaver restored" in run("notices", "status", url=earlier).json["not_leaving"]
    said = run("restored", url=earlier)
    assert said.code == 0
    found = said.json
    assert {name: found[name] for name in ("kept", "newer", "missing", "keys_lost", "sending")} == {
        "kept": 5, "newer": 1, "missing": [], "keys_lost": [], "sending": "paused",
    }  # fmt: skip
    assert len(files()) == 6, "what is newer is kept"
    assert waits_for(earlier) == ["notices.paused"]
    assert run("doctor", url=earlier).checks()["archive"][0] == "ok"
    assert run("doctor", url=earlier).checks()["audit log"][0] == "ok"
    run("notices", "resume", url=earlier)
    assert waits_for(earlier) == []


def test_nor_does_anything_where_the_moment_was_before_a_worker_ever_ran(
    run: Run, copy_of_database: Copy, make_sighting: Callable[..., object]
) -> None:
    make_sighting(b"picture", now=now())
    before = copy_of_database("before")
    assert run("upkeep").code == 0
    assert waits_for() == []
    assert waits_for(before) == ["notices.database_brought_back"]
    assert run("restored", url=before).code == 0
    assert waits_for(before) == ["notices.paused"]


@pytest.mark.parametrize("said", [("restored",), ("evidence", "bind", "--yes")])
def test_a_change_that_was_refused_since_that_moment_takes_no_effect_and_is_told_anew(
    said: tuple[str, ...],
    run: Run,
    copy_of_database: Copy,
    make_sighting: Callable[..., object],
    make_person: Callable[..., User],
) -> None:
    make_sighting(b"picture", now=now())
    ada, bob = make_person("Ada", Role.ADMINISTRATOR), make_person("Bob")
    change = ask("role.granted", bob.public_id, "Bob", {"role": Role.ANALYST.value}, by=ada, now=now() - 2 * DAY)
    told(change, now() - DAY)
    assert run("upkeep").code == 0
    before = copy_of_database("before")
    refuse(change.public_id, by=ada, now=now())
    make_sighting(b"picture of a day later", now=now())
    assert run("upkeep").code == 0
    with connected_to(before):
        assert carry_out_due(now()) == 0
    assert run(*said, url=before).code == 0
    with connected_to(before):
        assert carry_out_due(now() + 2 * DAY) == 0
        assert Change.objects.get().told_at is None


@pytest.mark.parametrize("said", [("restored",), ("evidence", "bind", "--yes")])
def test_a_survivors_request_of_which_it_was_said_since_that_it_goes_on_does_not_stop_then(
    said: tuple[str, ...],
    run: Run,
    copy_of_database: Copy,
    make_sighting: Callable[..., object],
    make_person: Callable[..., User],
) -> None:
    make_sighting(b"picture", now=now())
    asked = Asked(Request.Capacity.CHILD, Request.Aim.TEXT, at_risk=False, words="It names me.")
    request, _ = ask_for_removal(asked, now() - 9 * DAY)
    stops.stop(request, Surety.WORDS, by=make_person("Sol"), now=now() - 9 * DAY)
    assert run("upkeep").code == 0
    before = copy_of_database("before")
    stops.go_on(request, now())
    make_sighting(b"picture of a day later", now=now())
    assert run("upkeep").code == 0
    with connected_to(before):
        assert stops.stop_due(now()) == 0
    assert run(*said, url=before).code == 0
    with connected_to(before):
        assert Stop.objects.get().stops_at - now() > 6 * DAY
        assert stops.stop_due(now()) == 0


def test_evidence_that_it_names_and_that_is_not_there_is_named(earlier: str, run: Run) -> None:
    first, second = EvidenceObject.objects.order_by("pk")[:2]
    (evidence_dir() / first.file_name).unlink()
    said = run("restored", url=earlier)
    assert (said.code, said.json["missing"]) == (4, [first.public_id])
    keys = PlatformSettings.current().keys_path
    before = master_identities(keys)
    write_identities(keys, [pyrage.x25519.Identity.generate()])
    forget_opener()
    try:
        said = run("restored", url=earlier)
    finally:
        write_identities(keys, before)
        forget_opener()
    assert said.code == 4
    assert len(said.json["keys_lost"]) == 5
    assert second.public_id in said.json["keys_lost"]
    assert run("restored", url=earlier).json["keys_lost"] == [], "it may be said again"


def test_a_database_that_is_bound_alone_sends_nothing_either(earlier: str, run: Run) -> None:
    run("evidence", "bind", "--yes", url=earlier)
    assert waits_for(earlier) == ["notices.paused"]
