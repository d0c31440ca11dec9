"""What ``orbweaver doctor`` says of the policy. Asks the database."""

from __future__ import annotations

from orbweaver.people.policy.services import current, overruled
from orbweaver.platform.config import environment_name
from orbweaver.platform.runtime.checks import Check, Level
from orbweaver.platform.settings import PlatformSettings


def policy_check() -> Check:
    """Whether one policy holds for all machines, and this one's settings agree with it."""
    version = current()
    if version is None:
        if not PlatformSettings.current().database_url:
            return Check("policy", Level.OK, "none: this machine's settings hold")
        found = "none: each machine that shares the database does what its own settings say"
        return Check("policy", Level.WARN, found, "Say once what holds everywhere: orbweaver policy set NAME=VALUE.")
    if names := overruled(version.values):
        found = f"version {version.pk} says otherwise than this machine: {', '.join(map(environment_name, names))}"
        return Check("policy", Level.WARN, found, "The policy counts. Take these settings away here.")
    return Check("policy", Level.OK, f"version {version.pk} holds on every machine")
