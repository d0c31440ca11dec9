"""What ``orbweaver doctor`` looks at: the hotline's own rules about pages."""

from __future__ import annotations

from orbweaver.errors import ConfigurationError
from orbweaver.follow.recheck.ruleset import ruleset
from orbweaver.follow.recheck.settings import RecheckSettings
from orbweaver.platform.runtime.checks import Check, Level


def rules_checks() -> list[Check]:
    """Whether the file that ``recheck_rules`` names can be used; nothing where it names none."""
    if RecheckSettings.current().recheck_rules is None:
        return []
    try:
        return [Check("rules of rechecks", Level.OK, f"{len(ruleset().rules)} rules about pages, with your own")]
    except ConfigurationError as error:
        return [Check("rules of rechecks", Level.FAIL, str(error))]
