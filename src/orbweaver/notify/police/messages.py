"""What this room tells people: each message once, with its code."""

from __future__ import annotations

from orbweaver.errors import Message

KEY_WRONG = Message("police.key_wrong", "This is not a public key of age: those begin with age1")
FORCE_TAKEN = Message("police.force_taken", "A force of this name is here already.")
KEY_MISSING = Message("police.key_missing", "Give the public key with which what this force gets is encrypted.")
CYBERTIP_NOT_SET = Message(
    "police.cybertip_not_set",
    "Set ORBWEAVER_CYBERTIP_ADDRESS, by https, ORBWEAVER_CYBERTIP_USER and ORBWEAVER_CYBERTIP_PASSWORD first.",
)
NOT_AN_ANSWER = Message("police.not_an_answer", "what came back is no answer of a CyberTipline")
NOT_FINISHED = Message("police.not_finished", "the CyberTipline answered %(code)s: %(words)s")
NO_FILE_NUMBER = Message("police.no_file_number", "the CyberTipline gave the file no number")
OTHER_BYTES_ARRIVED = Message("police.other_bytes_arrived", "the CyberTipline got other bytes than were sent")
NO_FORCE = Message("police.no_force", "No police force is set up. Add one first.")
NOT_SENT = Message("police.not_sent", "Police can only answer what was sent to them.")
ANSWER_MISSING = Message("police.answer_missing", "Give their number for it, or why they refused it.")
NOT_TOLD_OF = Message("police.not_told_of", "This force was sent no referral of that number.")
NOT_SEEN_HERE = Message("police.not_seen_here", "No such picture or item is known here.")
WORD_UNKNOWN = Message(
    "police.word_unknown",
    "Say identified, not_identified, recovered, baseline, not_baseline or series; of a referral also acknowledged "
    "or refused.",
)
DAY_WRONG = Message("police.day_wrong", "Give the day since when they say so, like 2026-11-24.")
FILE_UNREADABLE = Message(
    "police.file_unreadable", "This is neither a CSV file with the column said, nor a JSON array of objects, in UTF-8."
)
FILE_TOO_LARGE = Message("police.file_too_large", "A file holds at most %(rows)s rows and 2 MB.")
NO_SUCH_FORCE = Message("police.no_such_force", "No force of this name is set up.")
NOT_POLICE = Message("police.not_police", "This key belongs to no force that is set up here.")
KEEP_AUTHORITY = Message(
    "police.keep_authority",
    "Say which authority wants it kept, its number for it and the law. Without these no company is asked.",
)
KEEP_UNTIL = Message("police.keep_until", "Give the last day: after today, and within %(days)s days.")
KEEP_NOBODY = Message(
    "police.keep_nobody", "No company that can be written to by mail is known for the places where it was seen."
)
KEEP_ASKED = Message("police.keep_asked", "Every company was asked to keep it for this case already.")
NO_SUCH_CASE = Message("police.no_such_case", "%(number)s is no series, referral or order that is here.")
NO_SUCH_ORDER = Message("police.no_such_order", "There is no such order.")
ORDER_TAKEN = Message("police.order_taken", "This order of this authority is recorded already.")
ORDER_ANSWERED = Message("police.order_answered", "This order was answered or refused already.")
ORDER_BECAUSE = Message("police.order_because", "Say why nothing is handed over.")
ORDER_DAYS = Message(
    "police.order_days", "Its last day cannot be before the day of the order, nor a hold end in the past."
)
ORDER_ITEMS = Message("police.order_items", "Name at least one item, and at most %(most)s.")
