"""Who hears of what stands in one table, and the program does as it says: nobody hears of anything past it."""

from __future__ import annotations

import ast
import datetime as dt
import functools
import importlib
import inspect
import os
import pkgutil
import subprocess
import sys
import typing
from dataclasses import dataclass, is_dataclass
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection, models, transaction

import orbweaver
from orbweaver.doors.due import Due, Found, Verb
from orbweaver.doors.duties import DUTIES, lanes
from orbweaver.doors.handovers import HEARD, TRIGGERS, WAY, By, Heard, Step, connect
from orbweaver.doors.workers.due import Worker
from orbweaver.platform.handover import HandOver, NotConnected, OutsideTransaction

SOURCE = Path(orbweaver.__file__).parent


@functools.cache
def modules() -> list[tuple[str, ast.Module]]:
    """Every module of the product, by its name below ``orbweaver``."""
    paths = sorted(SOURCE.rglob("*.py"))
    names = (".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__") for path in paths)
    return [(name, ast.parse(path.read_text(encoding="utf-8"))) for name, path in zip(names, paths, strict=True)]


def announced() -> set[tuple[str, str]]:
    """Name of a hand-over's variable and the module that announces it."""
    return {
        (node.func.value.id, name)
        for name, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "announce"
        and isinstance(node.func.value, ast.Name)
    }


def imported_by(node: ast.AST) -> list[str]:
    """What an import names, each with its whole path, whichever way it is written."""
    if isinstance(node, ast.Import):
        return [each.name for each in node.names]
    if isinstance(node, ast.ImportFrom):
        return [f"{node.module}.{each.name}" for each in node.names]
    return []


def is_of_signals(imported: str) -> bool:
    """``django.dispatch``, and each app's ``signals``."""
    return imported.startswith("django.dispatch") or (
        imported.startswith("django.") and "signals" in imported.split(".")
    )


def variable(hand_over: HandOver[typing.Any]) -> str:
    return hand_over.name.replace(" ", "_")


@dataclass(frozen=True)
class Said:
    """What a test announces."""

    word: str


@pytest.mark.django_db(transaction=True)
def test_what_is_announced_outside_a_transaction_is_refused() -> None:
    hand_over = HandOver("said", "A test says something.", Said)
    heard: list[Said] = []
    hand_over.connect(heard.append)
    with pytest.raises(OutsideTransaction, match="said"):
        hand_over.announce(Said("one"))
    with transaction.atomic():
        hand_over.announce(Said("two"))
    assert heard == [Said("two")]


@pytest.mark.django_db
def test_what_nobody_would_hear_is_refused() -> None:
    with pytest.raises(NotConnected, match="said"):
        HandOver("said", "A test says something.", Said).announce(Said("one"))


@pytest.mark.django_db
def test_consumers_hear_in_their_order_and_one_that_fails_keeps_the_others_from_it() -> None:
    def refuse(_: Said) -> None:
        raise ValueError("no room")

    hand_over, heard = HandOver("said", "A test says something.", Said), list[str]()
    hand_over.connect(lambda said: heard.append(f"first {said.word}"), refuse, lambda _: heard.append("third"))
    with pytest.raises(ValueError, match="no room"):
        hand_over.announce(Said("one"))
    assert heard == ["first one"]


def test_connecting_twice_tells_nobody_twice() -> None:
    before = {each.hand_over.name: each.hand_over.consumers for each in HEARD}
    connect()
    assert {each.hand_over.name: each.hand_over.consumers for each in HEARD} == before
    assert all(before.values())


def test_a_process_that_only_sets_django_up_has_every_hand_over_connected() -> None:
    program = (
        "import django, sys; django.setup()\n"
        "from orbweaver.doors.handovers import HEARD\n"
        "sys.exit(not all(each.hand_over.consumers for each in HEARD))"
    )
    assert subprocess.run([sys.executable, "-c", program], env=os.environ, check=False).returncode == 0


def test_every_hand_over_is_in_the_table_once() -> None:
    for found in pkgutil.walk_packages(orbweaver.__path__, "orbweaver."):
        if found.name.endswith(".handovers"):
            importlib.import_module(found.name)
    names = [each.hand_over.name for each in HEARD]
    assert len(set(names)) == len(names)
    loaded = [module for name, module in sys.modules.items() if name.startswith("orbweaver.")]
    ours = {each for module in loaded for each in vars(module).values() if type(each) is HandOver}
    assert ours == {each.hand_over for each in HEARD}


def test_who_announces_is_who_the_table_says() -> None:
    assert announced() == {(variable(each.hand_over), producer) for each in HEARD for producer in each.producers}


@pytest.mark.parametrize("heard", HEARD, ids=lambda heard: heard.hand_over.name)
def test_a_consumer_takes_the_message_that_is_handed_over(heard: Heard) -> None:
    assert is_dataclass(heard.hand_over.message)
    assert typing.cast("typing.Any", heard.hand_over.message).__dataclass_params__.frozen
    assert heard.consumers
    for each in heard.consumers:
        [parameter] = inspect.signature(each.verb.function).parameters.values()
        assert parameter.annotation == heard.hand_over.message.__name__
        assert set(each.later) <= {duty.name for duty in DUTIES}


@pytest.mark.parametrize(
    "line",
    [
        "from django.db.models.signals import post_save",
        "from django.db.models import signals",
        "from django.contrib.auth.signals import user_logged_in",
        "from django.core import signals as core",
        "import django.db.models.signals",
        "from django.dispatch.dispatcher import Signal",
        "from django import dispatch",
    ],
)
def test_a_signal_is_found_whichever_way_it_is_imported(line: str) -> None:
    (node,) = ast.parse(line).body
    assert any(map(is_of_signals, imported_by(node)))


def test_nothing_is_handed_over_past_the_table() -> None:
    """No signal of Django's own, neither made nor listened to; what runs after a commit is named here."""
    wrong, after_commit = [], set()
    for name, tree in modules():
        for node in ast.walk(tree):
            wrong += [(name, imported) for imported in imported_by(node) if is_of_signals(imported)]
            if isinstance(node, ast.Attribute) and node.attr == "on_commit":
                after_commit.add(name)
    assert wrong == [
        ("platform.runtime.limits", "django.db.backends.signals.connection_created")
    ]  # limits of a session
    files = {
        "detect.evidence.archive",
        "detect.evidence.erasing",
        "detect.evidence.rotating",
        "follow.survivors.age_proofs",
    }
    settings_of_this_process = {"people.policy.services", "people.rule_tables.services"}
    lines_of_logs = {"platform.steps"}
    assert after_commit == files | settings_of_this_process | lines_of_logs  # which no rollback undoes


@pytest.mark.parametrize("due", DUTIES, ids=lambda due: due.name)
def test_a_duty_is_a_function_that_is_given_no_more_than_it_names(due: Due) -> None:
    required = [
        each.name
        for each in inspect.signature(due.verb.function).parameters.values()
        if each.default is inspect.Parameter.empty
    ]
    own = due.name in Worker()._own(None, None, None)  # type: ignore[arg-type]
    assert own or set(required) <= {"now", "config"}
    hints = typing.get_type_hints(due.verb.function)
    assert own or all(
        hints[name]
        is {
            "now": dt.datetime,
        }[name]
        for name in required
    )
    assert own or hints["return"] is int


def test_the_worker_does_what_the_table_says_in_its_lanes() -> None:
    assert len({due.name for due in DUTIES}) == len(DUTIES)
    done = {lane.name: [(duty.name, duty.every_s) for duty in lane.duties] for lane in Worker()._lanes()}
    assert done == {name: [(due.name, due.every_s) for due in duties] for name, duties in lanes().items()}


@pytest.mark.parametrize("due", DUTIES, ids=lambda due: due.name)
def test_what_is_due_is_found_by_a_row_a_state_or_a_time(due: Due) -> None:
    found, where = due.waits.found, due.waits.where
    if found is Found.ELSEWHERE:
        return
    model = apps.get_model(where)
    if found is Found.ROW:
        return
    field = model._meta.get_field(due.waits.field)
    if found is Found.STATE:
        assert not field.null
        assert field.choices
    if found is Found.TIME:
        assert isinstance(field, models.DateField)  # or of one with its time
    if found is Found.EMPTY:
        assert field.null
        assert due.waits.why


@pytest.mark.django_db
def test_the_triggers_of_the_database_are_those_of_the_table() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal")
        there = cursor.fetchall()
    assert sorted(there) == sorted((name, each.table) for each in TRIGGERS for name in each.names())


@pytest.mark.parametrize("step", WAY, ids=lambda step: f"{step.start} to {step.end}")
def test_every_step_of_the_way_is_a_function_or_in_the_tables(step: Step) -> None:
    if isinstance(step.what, Verb):
        assert callable(step.what.function)
        return
    there = {
        By.HEARD: {each.hand_over.name for each in HEARD},
        By.LATER: {each.name for each in DUTIES},
        By.TRIGGER: {each.table for each in TRIGGERS},
    }
    assert step.what in there[step.by]


def test_the_way_leads_from_a_lead_to_the_figures_past_everything_that_is_announced() -> None:
    reached, before = {"lead"}, set[str]()
    while reached != before:
        before = set(reached)
        reached |= {step.end for step in WAY if step.start in before}
    assert reached == {place for step in WAY for place in (step.start, step.end)} - {"report", "list"}
    assert {step.what for step in WAY if step.by is By.HEARD} == {each.hand_over.name for each in HEARD}
    counted = {each.table for each in TRIGGERS if each.name.startswith("transparency")}
    assert {step.what for step in WAY if step.by is By.TRIGGER} == counted
