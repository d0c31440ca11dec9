"""Versions of tables of rules, to be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Max

from orbweaver.errors import InvalidInput
from orbweaver.people.rule_tables.messages import NO_SUCH_VERSION
from orbweaver.people.rule_tables.models import PackagedTable, TableVersion
from orbweaver.platform.rule_tables import Laid, Own, RuleTable


def newest() -> dict[str, TableVersion]:
    """Of each table that ever had one, the version of the hotline's own that was brought into force last."""
    rows = TableVersion.objects.filter(in_force_at__isnull=False).order_by("table", "-in_force_at", "-pk")
    return {each.table: each for each in rows.distinct("table")}


def own_in_force() -> dict[str, Own]:
    """What ``platform.rule_tables.adopt`` takes."""
    return {name: Own(Laid(each.laid), each.text) for name, each in newest().items()}


def came_into_force() -> tuple[int, int]:
    """How many versions ever did, and the highest number: the only question of whoever follows. None is taken back or
    removed. The newest alone would not do: of two to which people agree at once the one written last may be the older.
    """
    found = TableVersion.objects.filter(in_force_at__isnull=False).aggregate(n=Count("pk"), highest=Max("pk"))
    return found["n"], found["highest"] or 0


def proposals(table: str | None = None) -> list[TableVersion]:
    """What was imported and is not in force, newest first."""
    rows = TableVersion.objects.filter(in_force_at=None).order_by("-kept_at", "-pk")
    return list(rows.filter(table=table) if table is not None else rows)


def history(table: str) -> list[TableVersion]:
    """What was in force of the hotline's own, newest first."""
    rows = TableVersion.objects.filter(table=table, in_force_at__isnull=False)
    return list(rows.select_related("asked_by", "agreed_by").order_by("-in_force_at", "-pk"))


@dataclass(frozen=True)
class Named:
    """The texts that a name stands for: ours, the hotline's own, or both where rows are laid over ours."""

    packaged: str | None
    own: str | None


def named(table: RuleTable[Any], name: str) -> Named:
    """What a version said that a decision or figure names. Raises InvalidInput where it never was in force here."""
    first, _, second = name.partition("+")
    packaged = _packaged(table, first)
    rows = TableVersion.objects.filter(table=table.name, in_force_at__isnull=False).exclude(laid=Laid.PACKAGED)
    own = rows.filter(version=second or first).values_list("text", flat=True).first()
    if (own is None and (second or packaged is None)) or (second and packaged is None):
        raise InvalidInput(NO_SUCH_VERSION)
    return Named(packaged if second or own is None else None, own)


def _packaged(table: RuleTable[Any], version: str) -> str | None:
    if table.packaged[0].version == version:
        return table.packaged_text
    rows = PackagedTable.objects.filter(table=table.name, version=version).order_by("-met_at")
    return rows.values_list("text", flat=True).first()
