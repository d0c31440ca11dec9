"""What this room tells people: each message once, with its code."""

from __future__ import annotations

from orbweaver.errors import Message

NO_SUCH_DRAFT = Message("governance.no_such_draft", "There is no such draft of the criteria.")
REASON_MISSING = Message(
    "governance.reason_missing",
    "Say why this version is drafted; those who sign it read that first.",
)
NUMBER_TAKEN = Message(
    "governance.number_taken",
    "A version of this number is here already. A changed file is a new version: give it a new number.",
)
DRAFT_CHANGED = Message(
    "governance.draft_changed",
    "Somebody changed this draft after you opened it. Nothing was saved; look at it again.",
)
OTHER_NUMBER = Message(
    "governance.other_number",
    "The file carries another number than this draft. Keep the number, or draft it as a new version.",
)
TEXT_CHANGED = Message(
    "governance.text_changed",
    "The text changed after you read it. Nothing was signed; read it again.",
)
SIGNS_FOR_NOBODY = Message(
    "governance.signs_for_nobody",
    "Versions of the criteria are signed for a government or for a hotline, by their people.",
)
NOT_SIGNED = Message(
    "governance.not_signed",
    "The text is not signed by %(who)s yet. The version in force stays as it is.",
)
INSTANT_PASSED = Message(
    "governance.instant_passed",
    "That time has passed. Leave it empty to take the version into use now.",
)
NOT_SCHEDULED = Message("governance.not_scheduled", "This version was not due to take effect.")
IN_EFFECT = Message(
    "governance.in_effect",
    "This version has taken effect: decisions carry it. Draft a new one to change the rules.",
)
NOT_A_DRAFT = Message("governance.not_a_draft", "This version was taken into use; its text stays as it was signed.")
MAY_NOT_DRAFT = Message(
    "governance.may_not_draft",
    "Only criteria editors draft versions of the criteria.",
)
MAY_NOT_CHANGE = Message(
    "governance.may_not_change",
    "Only criteria editors change drafts of the criteria.",
)
MAY_NOT_SIGN = Message(
    "governance.may_not_sign",
    "Only criteria editors sign versions of the criteria.",
)
MAY_NOT_TAKE_INTO_USE = Message(
    "governance.may_not_take_into_use",
    "Only a hotline manager or the administrator takes criteria into use.",
)
MAY_NOT_CALL_OFF = Message(
    "governance.may_not_call_off",
    "Only a hotline manager or the administrator cancels a version.",
)
KEY_UNREADABLE = Message(
    "governance.key_unreadable", "This is not a key for criteria, or the passphrase is wrong. Nothing was signed."
)
NOT_TAKEN_IN = Message(
    "governance.not_taken_in",
    "This is not an enrolment, confirmation or signature that its key has signed. Hand it in as the command wrote it.",
)
KEY_KNOWN = Message("governance.key_known", "This key is enrolled already, or says neither its holder nor for whom.")
UNKNOWN_ENROLMENT = Message(
    "governance.unknown_enrolment", "The enrolment that is confirmed is not here. Take it in first."
)
MAY_NOT_CONFIRM = Message(
    "governance.may_not_confirm", "People of the hotline confirm the keys of others, with their own enrolled keys."
)
OTHER_SIGNATURE = Message(
    "governance.other_signature", "This signature is about another text, or given on behalf of somebody else."
)
KEY_DOES_NOT_COUNT = Message(
    "governance.key_does_not_count",
    "The key of this signature does not count yet: it is not enrolled, or two people have not confirmed it.",
)
SIGNATURE_FORGED = Message(
    "governance.signature_forged",
    "Version %(version)s: what stands as the signature of %(person)s is forged. The key that it names did not sign it, "
    "or a word of it was changed afterwards.",
)
OF_ANOTHER_TEXT = Message(
    "governance.of_another_text",
    "Version %(version)s: the signature of %(person)s is genuine, but was made for something else, and put here: for "
    "version %(of)s, whose text has the digest %(digest)s….",
)
BY_A_KEY_THAT_DOES_NOT_COUNT = Message(
    "governance.by_a_key_that_does_not_count",
    "Version %(version)s: the signature of %(person)s is by a key that is not enrolled, or that not enough people "
    "confirmed.",
)
TEXT_EXCHANGED = Message(
    "governance.text_exchanged",
    "Version %(version)s: the text is not the one that was signed. Somebody changed it in the database.",
)
STANDS_UNSIGNED = Message(
    "governance.stands_unsigned",
    "Version %(version)s stands in the database as in use, but a government and a hotline have not signed it with keys "
    "that count. It is not followed.",
)
STANDS_OTHERWISE_IN_LOG = Message(
    "governance.stands_otherwise_in_log",
    "Version %(version)s: the database says another beginning than the audit log, whose word counts.",
)
