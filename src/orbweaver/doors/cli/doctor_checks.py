"""What the rooms look at for ``orbweaver doctor``, gathered."""

from __future__ import annotations

from orbweaver.detect.drawing.checks import browser_checks
from orbweaver.detect.evidence.checks import gap_checks as archive_gap_checks
from orbweaver.follow.recheck.checks import rules_checks
from orbweaver.notify.notices.letters.checks import identity_check, mailbox_checks, server_check
from orbweaver.platform.runtime.checks import Check, CheckGroup

CHECK_GROUPS: tuple[CheckGroup, ...] = (
    ("browser", browser_checks),
    ("mail server", lambda: [server_check()]),
    ("mailbox", mailbox_checks),
    ("rules of rechecks", rules_checks),
)


def gap_checks() -> list[Check]:
    """What was begun and not finished in the settings, so that less happens than people think: ``up`` says it, too."""
    return [identity_check(), *archive_gap_checks()]
