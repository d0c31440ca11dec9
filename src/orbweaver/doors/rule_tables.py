"""All tables of rules, in one table: who may change which, and by whose words, stands in ``changing``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from orbweaver.account_for.transparency.responses import CHART
from orbweaver.detect.crawl.kinds import COVER, KINDS
from orbweaver.detect.crawl.queries import QUERIES
from orbweaver.errors import InvalidInput
from orbweaver.follow.conduct.commerce import COMMERCE
from orbweaver.follow.conduct.rules import SPECTRUM
from orbweaver.follow.escalation.rules import ESCALATION
from orbweaver.follow.recheck.ruleset import PAGES
from orbweaver.notify.jurisdictions.tables import DUTIES, HOTLINES, LAWS
from orbweaver.notify.notices.repeating import CADENCE
from orbweaver.people.audit.models import Event
from orbweaver.people.changes.models import Change
from orbweaver.people.rule_tables import services
from orbweaver.people.rule_tables.messages import NO_SUCH_TABLE
from orbweaver.people.rule_tables.models import TableVersion
from orbweaver.people.rule_tables.selectors import own_in_force, proposals
from orbweaver.platform.network.cdns import CDNS
from orbweaver.platform.rule_tables import Difference, Laid, Own, RuleTable

TABLES: Final[Mapping[str, RuleTable[Any]]] = {
    table.name: table
    for table in (
        LAWS,
        DUTIES,
        HOTLINES,
        SPECTRUM,
        CHART,
        PAGES,
        COMMERCE,
        CADENCE,
        ESCALATION,
        COVER,
        KINDS,
        QUERIES,
        CDNS,
    )
}
"""By their names."""


def table_named(name: str) -> RuleTable[Any]:
    """The table of this name. Raises InvalidInput."""
    if name not in TABLES:
        raise InvalidInput(NO_SUCH_TABLE.of(names=", ".join(TABLES)))
    return TABLES[name]


def note_packaged(now: dt.datetime) -> int:
    """Keep what comes with this program, so that a version that a decision names stays readable after an update."""
    return services.note_packaged(TABLES.values(), now)


def differences_of(table: RuleTable[Any], version: TableVersion) -> list[Difference]:
    """What this version would change of what is in force now in this process. Raises TableUnusable."""
    if version.laid == Laid.PACKAGED:
        return table.differences(table.body(), table.packaged[1])
    return table.differences(table.body(), table.check(Own(Laid(version.laid), version.text)).body)


def open_proposals(table: str | None = None) -> list[TableVersion]:
    """What was imported and is neither in force nor refused or withdrawn, newest first: of what was asked for more than
    once the last answer counts."""
    kept = proposals(table)
    rows = Change.objects.filter(kind="rule_table.set", subject__in=[each.public_id for each in kept])
    last = dict(rows.order_by("pk").values_list("subject", "state"))
    return [each for each in kept if last.get(each.public_id) not in (Change.State.REFUSED, Change.State.WITHDRAWN)]


def unusable() -> list[str]:
    """Names of tables whose own version is to hold and cannot be read by this program: ours hold instead."""
    return [name for name, own in own_in_force().items() if own.laid is not Laid.PACKAGED and not _is_usable(name, own)]


def _is_usable(name: str, own: Own) -> bool:
    try:
        table_named(name).check(own)
    except InvalidInput:
        return False
    return True


def in_force_without_event() -> list[str]:
    """Versions that the database says to hold and the audit log does not: somebody wrote them there."""
    told = Event.objects.filter(kind="rule_table.set").values("subject")
    return [str(each) for each in TableVersion.objects.exclude(in_force_at=None).exclude(public_id__in=told)]
