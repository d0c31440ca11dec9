"""What ``orbweaver doctor`` looks at: the hotline's own rules about pages, and the second network."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

from orbweaver.detect.fetching.connectors import ProxySays, proxy_says
from orbweaver.errors import ConfigurationError
from orbweaver.follow.recheck.ruleset import ruleset
from orbweaver.follow.recheck.settings import RecheckSettings
from orbweaver.platform.runtime.checks import Check, Level

_FOUND: Final[Mapping[ProxySays, str]] = {
    ProxySays.SILENT: "the proxy does not answer, so nothing counts as removed",
    ProxySays.REFUSES: "the proxy wants a password or permits no CONNECT to port 80, so nothing counts as removed",
}


def rules_checks() -> list[Check]:
    """Whether the file that ``recheck_rules`` names can be used; nothing where it names none."""
    if RecheckSettings.current().recheck_rules is None:
        return []
    try:
        return [Check("rules of rechecks", Level.OK, f"{len(ruleset().rules)} rules about pages, with your own")]
    except ConfigurationError as error:
        return [Check("rules of rechecks", Level.FAIL, str(error))]


def second_network_checks() -> list[Check]:
    """Whether the proxy that ``recheck_proxy`` names looks for a host when it is asked; nothing where it names none."""
    proxy = RecheckSettings.current().recheck_proxy
    if not proxy:
        return []
    name, advice = "second network", "Set ORBWEAVER_RECHECK_PROXY right, or look at that proxy."
    try:
        says = asyncio.run(proxy_says(proxy))
    except ConfigurationError as error:
        return [Check(name, Level.FAIL, f"nothing can be checked again: {error}", advice)]
    if says in _FOUND:
        return [Check(name, Level.FAIL, _FOUND[says], advice)]
    return [Check(name, Level.OK, "the proxy looks for hosts that it is asked for")]
