"""What this room tells people: each message once, with its code."""

from __future__ import annotations

from orbweaver.errors import Message

NOT_OF_POLICY = Message("policy.not_of_policy", "%(name)s is set on each machine. The policy can hold: %(names)s.")
