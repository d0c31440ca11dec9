"""Machines are brought up to date one by one: code of before a migration goes on over the tables of after it.

What the migrations say is looked at here; `make sweep` plays each of them on PostgreSQL and has the former code's rows
put in (`tests/soak/runtime/test_former_code.py`).
"""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.db import models
from django.db.migrations import (
    AddConstraint,
    AddField,
    AlterField,
    AlterModelTable,
    AlterUniqueTogether,
    CreateModel,
    DeleteModel,
    Migration,
    RemoveConstraint,
    RemoveField,
    RenameField,
    RenameModel,
)
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ModelState, ProjectState
from django.db.models import Field
from django.db.models.fields import NOT_PROVIDED

KINDS_OF_BREAKS = (
    AlterModelTable,
    AlterUniqueTogether,
    DeleteModel,
    RemoveConstraint,
    RemoveField,
    RenameField,
    RenameModel,
)
"""A name that the former code uses is no more, or the key of one of its upserts."""
OF_BEFORE = {
    "accounts.0008_agreements_alone",
    "exchanges.0002_exchanges_of_banks",
    "exchanges.0003_exchange_paused_by",
    "linking.0002_position",
    "matching.0003_totakeup_not_before",
    "matching.0004_scanhits_organisation",
    "notices.0003_concluding",
    "police.0005_urgent_after_told",
    "police.0006_orders",
    "survivors.0003_words_to_the_end",
    "transparency.0003_addresses",
}
"""Migrations from before this test, which nothing may change any more: over these all machines stop (the last is of
29 November 2026)."""


def breaks(migration: Migration, before: ProjectState) -> list[str]:
    """What it does to tables of before it that the former code could not live with."""
    state, found = before.clone(), []
    for operation in migration.operations:
        key = migration.app_label, getattr(operation, "model_name", getattr(operation, "name", "")).lower()
        if key in before.models and not _is_additive(operation, before.models[key], state.models[key]):
            found.append(operation.describe())
        operation.state_forwards(migration.app_label, state)
    return found


def _is_additive(operation: Operation, former: ModelState, model: ModelState) -> bool:
    if isinstance(operation, AddField):
        return operation.field.many_to_many or _fills_itself(operation.field)
    if isinstance(operation, AlterField):
        return _takes_the_same(model.fields[operation.name], operation.field)
    if isinstance(operation, AddConstraint):
        new = [name for name in getattr(operation.constraint, "fields", ()) if name not in former.fields]
        return any(model.fields[name].null for name in new)  # what is unknown is never equal
    return not isinstance(operation, KINDS_OF_BREAKS)


def _fills_itself(field: Field[Any, Any]) -> bool:
    return field.null or field.db_default is not NOT_PROVIDED


def _takes_the_same(former: Field[Any, Any], field: Field[Any, Any]) -> bool:
    same = former.get_internal_type() == field.get_internal_type() and former.db_column == field.db_column
    wider = field.max_length is None or (former.max_length is not None and field.max_length >= former.max_length)
    return same and wider and (field.null or not former.null) and (former.unique or not field.unique)


def test_former_code_goes_on_over_the_tables_of_every_migration() -> None:
    loader, state, found = MigrationLoader(None), ProjectState(), set()
    own = {each.label for each in apps.get_app_configs() if each.name.startswith("orbweaver.")}
    plan = dict.fromkeys(
        node for leaf in sorted(loader.graph.leaf_nodes()) for node in loader.graph.forwards_plan(leaf)
    )
    for app, name in plan:
        migration = loader.graph.nodes[app, name]
        if app in own and breaks(migration, state):
            found.add(f"{app}.{name}")
        state = migration.mutate_state(state, preserve=False)
    assert len(plan) > 100
    assert found == OF_BEFORE


def migration_of(*operations: Operation) -> Migration:
    class Planted(Migration):
        pass

    Planted.operations = operations
    return Planted("0002_planted", "crawl")


@pytest.fixture
def before() -> ProjectState:
    state = ProjectState()
    fields: list[tuple[str, Field[Any, Any]]] = [
        ("id", models.BigAutoField(primary_key=True)),
        ("host", models.CharField(max_length=100)),
        ("due_at", models.DateTimeField(null=True)),
    ]
    CreateModel("Site", fields).state_forwards("crawl", state)
    return state


@pytest.mark.parametrize(
    "operation",
    [
        AddField("site", "kind", models.CharField(max_length=10, default="")),
        AlterField("site", "due_at", models.DateTimeField()),
        AlterField("site", "host", models.CharField(max_length=50)),
        AlterField("site", "host", models.CharField(max_length=100, unique=True)),
        AlterField("site", "host", models.BinaryField(max_length=100)),
        AddConstraint("site", models.UniqueConstraint(fields=["host"], name="once")),
        AddConstraint("site", models.CheckConstraint(condition=models.Q(host="x"), name="only")),
        RemoveField("site", "host"),
        RenameField("site", "host", "name"),
        RenameModel("Site", "Host"),
        DeleteModel("Site"),
    ],
)
def test_what_the_former_code_could_not_live_with_is_seen(before: ProjectState, operation: Operation) -> None:
    assert breaks(migration_of(operation), before) == [operation.describe()]


def test_what_it_does_not_notice_is_let_pass(before: ProjectState) -> None:
    migration = migration_of(
        AddField("site", "kind", models.CharField(max_length=10, default="", db_default="")),
        AddField("site", "seen_at", models.DateTimeField(null=True)),
        AlterField("site", "host", models.CharField(max_length=200)),
        AddConstraint("site", models.UniqueConstraint(fields=["host", "seen_at"], name="once")),
        CreateModel("Page", [("id", models.BigAutoField(primary_key=True))]),
        AddField("page", "host", models.CharField(max_length=10)),
    )
    assert breaks(migration, before) == []
