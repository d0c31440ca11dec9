"""What this room tells people: each message once, with its code."""

from __future__ import annotations

from orbweaver.errors import Message

KEY_WRONG = Message("police.key_wrong", "This is not a public key of age: those begin with age1")
FORCE_TAKEN = Message("police.force_taken", "A force of this name is here already.")
NO_FORCE = Message("police.no_force", "No police force is set up. Add one first.")
NOT_SENT = Message("police.not_sent", "Police can only answer what was sent to them.")
ANSWER_MISSING = Message("police.answer_missing", "Give their number for it, or why they refused it.")
