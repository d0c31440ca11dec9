"""What ``orbweaver doctor`` says of the audit log."""

from __future__ import annotations

from orbweaver.people.audit.heads import contradictions, head_files
from orbweaver.people.audit.settings import AuditSettings
from orbweaver.platform.runtime.checks import Check, Level


def audit_check() -> Check:
    """Whether the log is what its signed heads say, and whether a copy of them lies elsewhere."""
    found = contradictions()
    if found:
        return Check(
            "audit log", Level.FAIL, str(found[0]), "Say: orbweaver audit verify. Keep database and heads as they are."
        )
    if AuditSettings.current().audit_heads_dir is None:
        advice = "Set ORBWEAVER_AUDIT_HEADS_DIR to a folder of another machine, beyond the reach of who owns this one."
        return Check("audit log", Level.WARN, "its signed heads lie on this machine alone", advice)
    return Check("audit log", Level.OK, f"agrees with its signed heads in {head_files()[-1].parent}")
