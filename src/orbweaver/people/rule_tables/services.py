"""Verbs on versions of tables: keep a proposal, bring one into force, follow what others brought. One transaction each.

Who may agree is not known here (``people.changes``, ``doors.changing``).
"""

from __future__ import annotations

import datetime as dt
import re
import threading
from collections.abc import Iterable
from typing import Any, Final

from django.db import connection, transaction

from orbweaver.errors import Conflict, InvalidInput
from orbweaver.people.accounts.models import User
from orbweaver.people.audit.services import record
from orbweaver.people.rule_tables.messages import (
    BROUGHT_ALREADY,
    IN_FORCE_ALREADY,
    NAME_TAKEN,
    NAMED_LIKE_OURS,
    NOTHING_DIFFERS,
    REASON_UNUSABLE,
)
from orbweaver.people.rule_tables.models import PackagedTable, TableVersion
from orbweaver.people.rule_tables.selectors import came_into_force, own_in_force
from orbweaver.platform.rule_tables import Laid, Own, RuleTable, adopt, digest_of, hidden_sign, split

COMMAND: Final = "command line"
LIKE_OURS: Final = re.compile(r"\d{4}-\d{2}(\.\d+|[a-z])?|\d+|file-[0-9a-f]{8}")
"""How versions that come with the program are named, and rows of a machine's file: an update of ours could bring the
same name for another text."""

MOST_REASON: Final = 500
"""Characters of why a version is to hold."""

_followed: tuple[int, int] | None = None
"""What had come into force when this process last looked."""
_following = threading.Lock()
"""Of two threads that look at once the slower would bring back what it read before the other."""


@transaction.atomic
def keep(
    table: RuleTable[Any], text: str, laid: Laid, reason: str, *, by: User | None, now: dt.datetime
) -> TableVersion:
    """Keep a version that somebody may ask for; ``by`` None: a command did. Raises TableUnusable, InvalidInput; then
    nothing is kept.
    """
    made = table.check(Own(laid, text))
    if laid is Laid.WHOLE and LIKE_OURS.fullmatch(made.head.version):
        raise InvalidInput(NAMED_LIKE_OURS.of(version=made.head.version))
    if Own(laid, text) == table.own or (table.own is None and made.body == table.packaged[1]):
        raise InvalidInput(NOTHING_DIFFERS)
    _expect_free(table, made.head.version, text)
    return _kept(
        by,
        table=table.name,
        version=made.head.version,
        laid=laid.value,
        text=text,
        sha256=digest_of(text),
        as_of=made.head.as_of,
        source=made.head.source,
        owner=made.head.owner,
        reason=_checked(reason),
        kept_at=now,
    )


@transaction.atomic
def keep_packaged(table: RuleTable[Any], reason: str, *, by: User | None, now: dt.datetime) -> TableVersion:
    """Keep the proposal that what comes with the program holds again. Raises InvalidInput: it does."""
    if table.own is None:
        raise InvalidInput(IN_FORCE_ALREADY)
    head, _ = table.packaged
    return _kept(
        by,
        table=table.name,
        version=head.version,
        laid=Laid.PACKAGED.value,
        sha256=digest_of(table.packaged_text),
        reason=_checked(reason),
        kept_at=now,
    )


@transaction.atomic
def bring_into_force(
    table: RuleTable[Any], public_id: str, *, asked_by: User, agreed_by: User | None, now: dt.datetime
) -> TableVersion:
    """Have a proposal hold from now on: what was decided before keeps the version that it names.

    Raises:
        TableUnusable: this program cannot read it (any more).
        InvalidInput: its name is taken by another text.
        Conflict: it is or was in force.
    """
    _take_turn(table)
    version = TableVersion.objects.select_for_update(of=("self",)).get(public_id=public_id)
    if version.in_force_at is not None:
        raise Conflict(BROUGHT_ALREADY)
    if version.laid != Laid.PACKAGED:
        table.check(Own(Laid(version.laid), version.text))
        _expect_free(table, version.version, version.text)
    version.asked_by, version.agreed_by, version.in_force_at = asked_by, agreed_by, _after_all(table, now)
    version.save(update_fields=["asked_by", "agreed_by", "in_force_at"])
    transaction.on_commit(_follow_here)
    return version


def _take_turn(table: RuleTable[Any]) -> None:
    """Of one table one version at a time comes into force, until the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('rule table'), hashtext(%s))", [table.name])


def _after_all(table: RuleTable[Any], now: dt.datetime) -> dt.datetime:
    """Now, or just after the version that came into force last where a clock ran ahead then: the last word holds."""
    rows = TableVersion.objects.filter(table=table.name, in_force_at__gte=now).order_by("-in_force_at")
    last = rows.values_list("in_force_at", flat=True).first()
    return now if last is None else last + dt.timedelta(microseconds=1)


def _kept(by: User | None, **values: Any) -> TableVersion:
    version = TableVersion.objects.create(kept_by=by.public_id if by is not None else COMMAND, **values)
    details = {"table": version.table, "version": version.version, "laid": version.laid, "digest": version.sha256}
    record(
        "rule_table.kept",
        version.public_id,
        actor=by,
        label=COMMAND if by is None else "",
        details=details,
        at=version.kept_at,
    )
    return version


def _checked(reason: str) -> str:
    """As whoever agrees is to read it: there, whole, and without signs that nobody sees."""
    reason = reason.strip()
    if not 0 < len(reason) <= MOST_REASON or hidden_sign(reason):
        raise InvalidInput(REASON_UNUSABLE.of(most=MOST_REASON))
    return reason


def _expect_free(table: RuleTable[Any], version: str, text: str) -> None:
    """A name means one text for good: raises InvalidInput where it means another one."""
    held = TableVersion.objects.filter(table=table.name, version=version, in_force_at__isnull=False)
    met = PackagedTable.objects.filter(table=table.name, version=version)
    texts = {*held.exclude(laid=Laid.PACKAGED).values_list("text", flat=True), *met.values_list("text", flat=True)}
    if table.packaged[0].version == version:
        texts.add(table.packaged_text)
    if texts - {text}:
        raise InvalidInput(NAME_TAKEN.of(version=version))
    if texts:
        raise InvalidInput(BROUGHT_ALREADY)


def follow() -> int:
    """Let the newest versions count in this process, where others than before are in force; 1 if so. One small
    question otherwise.
    """
    global _followed  # noqa: PLW0603 - of the process, as what is adopted is
    with _following:
        found = came_into_force()
        if found == _followed:
            return 0
        adopt(own_in_force())
        _followed = found
        return 1


def _follow_here() -> None:
    follow()


def take_up() -> None:
    """Follow when a process begins; nothing where the database is older than this table."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [TableVersion._meta.db_table])
        if not cursor.fetchone()[0]:
            return
    follow()


def note_packaged(tables: Iterable[RuleTable[Any]], now: dt.datetime) -> int:
    """Keep the texts that come with this program, where they are not kept yet; how many."""
    known = set(PackagedTable.objects.values_list("table", "sha256"))
    digests = {table: digest_of(table.packaged_text) for table in tables}
    missing = [  # read only then: a worker asks in each of its rounds
        PackagedTable(
            table=table.name,
            version=split(table.packaged_text)[0].version,
            sha256=sha256,
            text=table.packaged_text,
            met_at=now,
        )
        for table, sha256 in digests.items()
        if (table.name, sha256) not in known
    ]
    PackagedTable.objects.bulk_create(missing, ignore_conflicts=True)
    return len(missing)
