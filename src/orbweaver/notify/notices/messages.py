"""What this room tells people: each message once, with its code."""

from __future__ import annotations

from orbweaver.errors import Message

NOT_IN_INBOX = Message("notices.not_in_inbox", "There is no such notice in your inbox.")
MAY_NOT_ANSWER = Message("notices.may_not_answer", "Your roles do not include answering notices.")
BOUNCE_TOO_LARGE = Message("notices.bounce_too_large", "This message is too large to be a bounce. Nothing was changed.")
NOTHING_TO_REVIEW = Message(
    "notices.nothing_to_review",
    "Each verdict of this notice is under review already, or was changed by one.",
)
MAY_NOT_DECIDE = Message("notices.may_not_decide", "Your roles do not include deciding about objections.")
NO_OPEN_OBJECTION = Message(
    "notices.no_open_objection",
    "There is no such open objection; somebody may have decided it. Nothing was changed.",
)
DECISION_MISSING = Message("notices.decision_missing", "Decide: the notice stands, or the provider is right.")
ANSWER_TELLS_TOO_MUCH = Message(
    "notices.answer_tells_too_much",
    "Your answer names a series, a source, a police reference or an exact address. No letter "
    "may contain that. Nothing was sent or saved; take it out and send again.",
)
TEST_LINK = Message("notices.test_link", "This link belongs to a test message. There is nothing to answer.")
LINK_ENDED = Message(
    "notices.link_ended", "This notice was closed long ago, and its link has ended. Write to us instead."
)
NOTICE_CLOSED = Message(
    "notices.notice_closed", "This notice is closed: nothing more is asked of you. To tell us something, write to us."
)
ANSWERED_TOO_OFTEN = Message(
    "notices.answered_too_often", "This notice was answered very often within an hour. Try again later, or write to us."
)
ANSWER_MISSING = Message("notices.answer_missing", "Choose one of the answers. Nothing was saved.")
NOT_SENT = Message("notices.not_sent", "The message was not sent (%(reason)s). It is safe in the outbox.")
MEANING_MISSING = Message("notices.meaning_missing", "Say what the answer means. Nothing was saved.")
NO_SUCH_ANSWER = Message("notices.no_such_answer", "There is no such answer. Nothing was changed.")
ANSWER_DONE = Message(
    "notices.answer_done",
    "Somebody has said what this answer means, and it was done. Nothing was changed.",
)
WHICH_NOTICE = Message(
    "notices.which_notice",
    "Name the notice that this is about, such as ntc_…, and say again what it means. Nothing was saved.",
)
NO_SUCH_NOTICE = Message("notices.no_such_notice", "There is no notice %(number)s. Nothing was changed.")
WORDS_MISSING = Message("notices.words_missing", "Write what was answered, and by which way. Nothing was saved.")
MAY_HAVE_ARRIVED = Message(
    "notices.may_have_arrived",
    "Whether the message arrived is not known (%(reason)s). It is not sent again on this occasion.",
)
LINK_INCOMPLETE = Message(
    "notices.link_incomplete",
    "This link is not complete. Copy it from the notice once more, or reply to the mail.",
)
XARF_MISFIT = Message("notices.xarf_misfit", "A report does not fit XARF %(version)s: %(fields)s.")
XARF_ADDRESS = Message("notices.xarf_address", "A report does not fit XARF: its address is not in ASCII form.")
HOLD_WITHOUT_REASON = Message(
    "notices.hold_without_reason",
    "Write why these notices are held: the public is told that they are.",
)
UNKNOWN_SUB_TYPE = Message("notices.unknown_sub_type", "The sub-type is a, b, c, or none for all.")
HOLD_IN_FORCE = Message("notices.hold_in_force", "Such a policy is in force already. Nothing was changed.")
NO_SUCH_HOLD = Message("notices.no_such_hold", "There is no such policy in force. Nothing was changed.")
MAY_NOT_HOLD = Message("notices.may_not_hold", "Your roles do not include holding notices back.")
REMINDERS_NOT_TOML = Message("notices.reminders_not_toml", "The policy on reminders is not TOML: %(error)s.")
REMINDERS_UNUSABLE = Message("notices.reminders_unusable", "The policy on reminders cannot be used: %(where)s %(why)s.")
REMINDERS_UNREADABLE = Message(
    "notices.reminders_unreadable", "ORBWEAVER_REMINDER_POLICY names a file that cannot be read (%(kind)s)."
)
PLUG_IN_FAILS = Message("notices.plug_in_fails", "The channel plug-in %(name)s does not load: %(error)s")
PLUG_IN_NAME = Message(
    "notices.plug_in_name",
    "The channel plug-in %(name)s needs a name of its own, 12 letters at most.",
)
NOT_A_URL = Message("notices.not_a_url", "the contact's address is not a URL")
NOT_PUBLIC = Message("notices.not_public", "the contact's address is not a public one")
UNREACHABLE = Message("notices.unreachable", "the other side cannot be reached: %(kind)s")
UNCONFIRMED = Message("notices.unconfirmed", "the other side did not confirm: %(kind)s")
NO_ANSWER = Message("notices.no_answer", "the other side did not answer: %(kind)s")
ANSWERED = Message("notices.answered", "the other side answered %(status)s")
LEASE_OVER = Message("notices.lease_over", "Another worker has this message now. Nothing was sent by this one.")
TEST_NOT_TAKEN = Message("notices.test_not_taken", "The test message was not accepted: %(reason)s.")
CONTACT_MISSING = Message(
    "notices.contact_missing",
    "Add this address as a contact of its provider first: that creates its secret.",
)
NOTHING_FOUND_THERE = Message("notices.nothing_found_there", "it does not list a report that it certainly has")
MAY_NOT_PAUSE = Message("notices.may_not_pause", "Your roles do not include pausing notices.")
CAME_BACK = Message(
    "notices.came_back",
    "it was undeliverable (%(status)s)",
)
CAME_BACK_WITHOUT_CODE = Message(
    "notices.came_back_without_code",
    "it was undeliverable (no code)",
)
FOUND_GONE = Message(
    "notices.found_gone",
    "Two checks at different times found it gone.",
)
HOST_OFFLINE = Message(
    "notices.host_offline",
    "Its host has not answered for days. It is checked again once the host is back.",
)
NOT_WITH_YOU = Message(
    "notices.not_with_you",
    "It is not with you: we agree.",
)
ANSWERED_NOT_GONE = Message(
    "notices.answered_not_gone",
    "Answered; our checks have not shown that it is gone.",
)
READ_NOT_ANSWERED = Message(
    "notices.read_not_answered",
    "Read; no answer yet.",
)
NOT_READ = Message(
    "notices.not_read",
    "Not read yet.",
)
VERDICT_CHANGED = Message(
    "notices.verdict_changed",
    "the verdict was changed on review",
)
IDENTIFICATION_TAKEN_BACK = Message(
    "notices.identification_taken_back",
    "police do not say any more that the child is identified",
)
IDENTIFIED_MEANWHILE = Message(
    "notices.identified_meanwhile",
    "police have identified the child meanwhile",
)
WORKER_ENDED = Message(
    "notices.worker_ended",
    "the worker ended between sending and recording it",
)
NEVER_HAD = Message(
    "notices.never_had",
    "the other side never had it",
)
PAUSED = Message(
    "notices.paused",
    "Sending is paused.",
)
DATABASE_BROUGHT_BACK = Message(
    "notices.database_brought_back",
    "The database was brought back to an earlier moment, and does not know what was sent since. Nothing leaves until "
    "somebody stops Orbweaver, says: orbweaver restored, and looks.",
)
CHANNEL_DOWN = Message(
    "notices.channel_down",
    "The channel %(name)s does not work now: %(reason)s.",
)
TOLD_OTHERS = Message(
    "notices.told_others",
    "the recipient has changed",
)
ALL_GONE = Message(
    "notices.all_gone",
    "all of it is gone",
)
UNFORESEEN = Message(
    "notices.unforeseen",
    "An unexpected error; the log has its kind.",
)
PLACEHOLDERS_LEFT = Message(
    "notices.placeholders_left",
    "Nothing is sent with a placeholder for the hotline: set %(settings)s. What waits is then sent automatically.",
)
STILL_WITH_PROVIDER = Message(
    "notices.still_with_provider",
    "%(count)s of %(all)s addresses are still with this provider, as far as is known.",
)
A_PERSON_SENDS_IT = Message(
    "notices.a_person_sends_it",
    "A person sends this by hand.",
)
NOT_BY_HAND = Message(
    "notices.not_by_hand",
    "This message does not wait to be sent by hand, or does not any more.",
)
SENT_WHEN = Message(
    "notices.sent_when",
    "Give a time between the writing of the message and now.",
)
NOT_TAKEN_BY_HAND = Message(
    "notices.not_taken_by_hand",
    "it could not be sent by hand",
)
NOTHING_TO_TRY = Message(
    "notices.nothing_to_try",
    "This channel has no test message.",
)
NO_ORIGIN = Message(
    "notices.no_origin",
    "Nobody who hosts it is known by this name or at this address. "
    "Add the provider to the registry, then give its name.",
)
