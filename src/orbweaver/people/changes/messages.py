"""What this room tells people: each message once, with its code."""

from __future__ import annotations

from orbweaver.errors import Message

OWN_CHANGE = Message("changes.own_change", "You asked for this yourself: it takes a second person's agreement.")
SAME_PERSON = Message(
    "changes.same_person",
    "This account and the one that asked have the same name or mailbox: one person cannot agree with themselves.",
)
SAME_ORIGIN = Message(
    "changes.same_origin",
    "One person alone made or let in this account or the one that asked, and nobody else has vouched for it yet. "
    "So its agreement does not count.",
)
OWN_ACCOUNT = Message(
    "changes.own_account",
    "This account counts as yours: somebody else has to say in whose hands it is.",
)
MAY_NOT_AGREE = Message("changes.may_not_agree", "Only administrators and hotline managers can agree to changes.")
READERS_AGREE = Message(
    "changes.readers_agree", "Another person of survivor support agrees to this: they can read the request."
)
DECIDED = Message("changes.decided", "Somebody has decided about this change already. Nothing was done now.")
REASON_MISSING = Message("changes.reason_missing", "Say why it cannot wait: everybody reads it.")
NOT_ALONE = Message("changes.not_alone", "Only administrators can carry out a change alone.")
WAITS_ALREADY = Message("changes.waits_already", "The same change waits already for a second person's agreement.")
