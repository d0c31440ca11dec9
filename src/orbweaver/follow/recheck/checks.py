"""What ``orbweaver doctor`` looks at: the hotline's own rules about pages, and the second network."""

from __future__ import annotations

import socket
from typing import Final

from orbweaver.detect.fetching.connectors import proxy_address
from orbweaver.errors import ConfigurationError
from orbweaver.follow.recheck.ruleset import ruleset
from orbweaver.follow.recheck.settings import RecheckSettings
from orbweaver.platform.runtime.checks import Check, Level

CONNECT_S: Final = 5.0
"""Longest wait for the proxy of the second network to take a connection."""


def rules_checks() -> list[Check]:
    """Whether the file that ``recheck_rules`` names can be used; nothing where it names none."""
    if RecheckSettings.current().recheck_rules is None:
        return []
    try:
        return [Check("rules of rechecks", Level.OK, f"{len(ruleset().rules)} rules about pages, with your own")]
    except ConfigurationError as error:
        return [Check("rules of rechecks", Level.FAIL, str(error))]


def second_network_checks() -> list[Check]:
    """Whether the proxy that ``recheck_proxy`` names takes a connection; nothing where it names none."""
    proxy = RecheckSettings.current().recheck_proxy
    if not proxy:
        return []
    name, advice = "second network", "Set ORBWEAVER_RECHECK_PROXY right, or look at that proxy."
    try:
        socket.create_connection(proxy_address(proxy), CONNECT_S).close()
    except ConfigurationError as error:
        return [Check(name, Level.FAIL, f"nothing can be checked again: {error}", advice)]
    except OSError:
        return [Check(name, Level.FAIL, "the proxy takes no connection, so nothing counts as removed", advice)]
    return [Check(name, Level.OK, "the proxy takes connections")]
