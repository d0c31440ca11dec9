"""What this room tells people: each message once, with its code."""

from __future__ import annotations

from orbweaver.errors import Message

EVENT_BROKEN = Message(
    "audit.event_broken",
    "Event %(position)s does not follow from the one before it: it was changed, or one before it was removed",
)
HEAD_LOST = Message(
    "audit.head_lost", "Events up to %(position)s were there on %(at)s; the log ends with %(last)s: its end was cut off"
)
HEAD_DIFFERS = Message(
    "audit.head_differs", "Event %(position)s is not the one that was there on %(at)s: the log was rewritten"
)
HEAD_UNSIGNED = Message("audit.head_unsigned", "Line %(line)s of %(file)s is not a head that this installation signed")
HEADS_NOT_WRITTEN = Message(
    "audit.heads_not_written",
    "The audit log's heads cannot be written to %(storage)s (%(reason)s). Look at that folder; all else goes on.",
)
ACTOR_DIFFERS = Message("audit.actor_differs", "Event %(position)s names another person than was written into the log")
GIVEN_UP = Message(
    "audit.given_up",
    "On %(at)s somebody brought an older database back: it ends with event %(position)s, and events up to %(last)s had "
    "been seen before. They are not in this log; whoever kept a head or a backup can show them",
)
NO_HEADS = Message(
    "audit.no_heads",
    "No head of this log is kept outside the database yet: the chain agrees with itself, which its owner could arrange",
)
ANCHOR_UNSIGNED = Message(
    "audit.anchor_unsigned", "%(name)s in %(storage)s is not a head that this installation signed"
)
ANCHOR_REFUSED = Message("audit.anchor_refused", "%(name)s in %(storage)s does not prove its head: %(why)s")
ANCHOR_LOST = Message("audit.anchor_lost", "%(name)s in %(storage)s is a stamp whose head was removed")
STORAGE_NOT_READ = Message("audit.storage_not_read", "The heads in %(storage)s could not be read (%(reason)s)")
PROOF_UNREADABLE = Message("audit.proof_unreadable", "%(file)s is not a proof of this kind")
PROOF_NOT_SIGNED = Message("audit.proof_not_signed", "The proof does not hold: its head is not signed by that key")
PROOF_NO_PATH = Message("audit.proof_no_path", "The proof does not hold: its path does not lead to its head")
PROOF_STAMP = Message("audit.proof_stamp", "The proof does not hold: a stamp of time over its head: %(why)s")
KEY_UNREADABLE = Message("audit.key_unreadable", "A public key is 64 digits and letters from a to f")
NO_SUCH_EVENT = Message("audit.no_such_event", "No head covers event %(position)s yet; heads are made each hour")
NO_SUCH_HEAD = Message("audit.no_such_head", "There is no head at position %(position)s")
NO_HEAD_IN_FILE = Message("audit.no_head_in_file", "%(file)s holds no head that this installation signed")
NOT_GIVEN_AWAY = Message(
    "audit.not_given_away",
    "The audit log could not be given to a role of its own (%(reason)s). Look at the address of "
    "ORBWEAVER_DATABASE_ADMIN_URL: its role must be allowed to make roles and to change owners.",
)
