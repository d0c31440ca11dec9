"""What this room tells people: each message once, with its code."""

from __future__ import annotations

from orbweaver.errors import Message

POLICY_NOT_TOML = Message("escalation.policy_not_toml", "The escalation policy is not TOML: %(error)s.")
POLICY_UNUSABLE = Message("escalation.policy_unusable", "The escalation policy cannot be used: %(where)s %(why)s.")
POLICY_UNREADABLE = Message(
    "escalation.policy_unreadable",
    "ORBWEAVER_ESCALATION_POLICY names a file that cannot be read.",
)
