"""A new version of the policy, and the newest one taken up by a process."""

from __future__ import annotations

import datetime as dt
import logging
import os
from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.db import connection, transaction

from orbweaver.errors import InvalidInput
from orbweaver.people.accounts.models import User
from orbweaver.people.audit.services import record
from orbweaver.people.policy.messages import NOT_OF_POLICY
from orbweaver.people.policy.models import Version
from orbweaver.platform import config

logger = logging.getLogger(__name__)

PERIODS: Final = (
    "retention_days",
    "neighbour_days",
    "report_comment_days",
    "incoming_mail_days",
    "survivor_words_days",
    "age_proof_days",
)
"""How long data are kept: who changes one can have words or evidence gone within the hour, or kept for good."""
NAMES: Final = (
    "authorised_hotline",
    "legal_authority",
    *PERIODS,
    "crawl_host_delay_s",
    "crawl_host_concurrency",
    "crawl_max_hops",
    "crawl_max_fruitless_pages",
    "crawl_revisit_least_hours",
    "crawl_revisit_most_hours",
    "match_radius",
    "match_quality_floor",
)
"""Settings that must be the same on every machine: whoever sets them decides what the hotline does, not where."""
SETTING_LOCK: Final = 0x6F72_706F
"""Advisory lock of whoever makes a version ("orpo"): one at a time."""


def current() -> Version | None:
    """The newest version; None where there is none, or the database is older than this table."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [Version._meta.db_table])
        if not cursor.fetchone()[0]:
            return None
    return Version.objects.order_by("pk").last()


def take_up() -> int | None:
    """Let the newest version count in this process, before variables and files; its number.

    What this machine says otherwise does not count, and is said by its name in the log.
    """
    version = current()
    if version is None:
        return None
    for name in overruled(version.values):
        logger.warning("%s does not count here: the policy says otherwise.", config.environment_name(name))
    config.adopt(version.values)
    return version.pk


def overruled(values: Mapping[str, Any]) -> list[str]:
    """Settings that this machine gives itself, and otherwise than the policy."""
    own = {name for name in values if config.environment_name(name) in os.environ} | config.names_in_file()
    given = config.values_without_policy(own & values.keys())
    return sorted(name for name, value in given.items() if value != values[name])


def take_turn() -> None:
    """Be the only one that makes a version until the caller's transaction ends. Whoever makes one of what is missing
    looks what is missing afterwards."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SETTING_LOCK])


@transaction.atomic
def change(
    changes: Mapping[str, Any],
    now: dt.datetime,
    *,
    drop: Iterable[str] = (),
    by: User | None = None,
    label: str = "system",
) -> Version:
    """A new version: the newest with these changes, and without what is dropped; in force in this process at once, in
    others when they begin. ``changes`` may be texts, as variables are. ``label`` says who did it where nobody did.

    Raises:
        InvalidInput: a setting is not of the policy.
        ConfigurationError: a value cannot be used; nothing is kept.
    """
    for name in (*changes, *drop):
        if name not in NAMES:
            raise InvalidInput(NOT_OF_POLICY.of(name=name, names=", ".join(NAMES)))
    take_turn()
    before = current()
    values = {**(before.values if before else {}), **changes}
    values = {name: value for name, value in values.items() if name not in set(drop)}
    values = config.checked(values)
    version = Version.objects.create(values=values, set_at=now, set_by=by.public_id if by else label)
    details = {"changed": sorted(changes), "dropped": sorted(drop)}
    record("policy.changed", str(version), actor=by, label=label, details=details, at=now)
    transaction.on_commit(lambda: config.adopt(values))
    return version
