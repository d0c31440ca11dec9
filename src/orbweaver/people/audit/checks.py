"""What ``orbweaver doctor`` and ``orbweaver up`` say of the audit log."""

from __future__ import annotations

import datetime as dt

from orbweaver.people.audit.anchors import stamped_at
from orbweaver.people.audit.heads import contradictions
from orbweaver.people.audit.separation import is_separate
from orbweaver.people.audit.settings import AuditSettings
from orbweaver.people.audit.verifying import last_time
from orbweaver.platform.clock import real_now
from orbweaver.platform.runtime.checks import Check, Level
from orbweaver.platform.stamps.authorities import host_of
from orbweaver.platform.stamps.settings import StampSettings

SAY = "Say: orbweaver audit verify. Keep database and heads as they are."
STAMP_OLD_HOURS = 6.0


def audit_checks() -> list[Check]:
    """Whether the log is what its heads say, when all of it was last verified, and where its heads lie elsewhere."""
    return [_agreement(), _owner(), _anchors(), *_stamps()]


def _agreement() -> Check:
    if found := contradictions():
        return Check("audit log", Level.FAIL, str(found[0]), SAY)
    last = last_time()
    if last is None:
        return Check("audit log", Level.OK, "agrees with its heads; all of it was not verified yet")
    if last.found:
        return Check("audit log", Level.FAIL, last.found[0], SAY)
    hours = (real_now() - dt.datetime.fromisoformat(last.at)) / dt.timedelta(hours=1)
    found_text = (
        f"{last.sealed:,} events, {last.heads} heads, {last.stamps} stamps of time agree, {hours:.0f} hours ago"
    )
    if hours > 2 * AuditSettings.current().audit_verify_hours:
        return Check("audit log", Level.WARN, found_text, "Is a worker running? Or say: orbweaver audit verify.")
    return Check("audit log", Level.OK, found_text)


def _owner() -> Check:
    if is_separate():
        return Check("audit owner", Level.OK, "another role's: the application adds to the log and changes nothing")
    advice = "Set ORBWEAVER_DATABASE_ADMIN_URL for once and say: orbweaver migrate."
    return Check("audit owner", Level.WARN, "the application's own role owns the log, and could change it", advice)


def _anchors() -> Check:
    settings, stamps = AuditSettings.current(), StampSettings.current()
    elsewhere = [
        *([str(settings.audit_heads_dir)] if settings.audit_heads_dir else []),
        *filter(None, (settings.audit_heads_bucket, settings.audit_heads_mail)),
        *map(host_of, stamps.authorities),
    ]
    if not elsewhere:
        advice = (
            "Set ORBWEAVER_STAMP_AUTHORITIES, ORBWEAVER_AUDIT_HEADS_DIR, _BUCKET or _MAIL: somewhere beyond the reach "
            "of who owns this machine."
        )
        return Check("audit anchors", Level.WARN, "the log's signed heads lie on this machine alone", advice)
    return Check("audit anchors", Level.OK, ", ".join(elsewhere))


def _stamps() -> list[Check]:
    """How old the newest stamp of each authority is."""
    checks = []
    for authority in StampSettings.current().authorities:
        name, at = f"stamps of {host_of(authority)}", stamped_at(authority)
        if at is None:
            checks.append(Check(name, Level.WARN, "none yet", "The worker's log says why, each hour."))
            continue
        hours = (real_now().timestamp() - at) / 3600
        level = Level.OK if hours <= STAMP_OLD_HOURS else Level.WARN
        advice = "" if level == Level.OK else "Nothing happened since, or the worker's log says why it gives none."
        checks.append(Check(name, level, f"the newest is {hours:.0f} hours old", advice))
    return checks
