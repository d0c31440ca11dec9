"""What this room tells people: each message once, with its code."""

from __future__ import annotations

from orbweaver.errors import Message

NOTHING_ASKED = Message(
    "survivors.nothing_asked",
    "Please give us one internet address (link) or one fingerprint, or tell us in your words what you want removed.",
)
MANY_ADDRESSES = Message(
    "survivors.many_addresses",
    "These are %(n)s internet addresses (links). Please send at most %(most)s now, and the others in another request.",
)
MANY_HASHES = Message(
    "survivors.many_hashes",
    "These are %(n)s fingerprints. Please send at most %(most)s now, and the others in another request.",
)
NOT_AN_ADDRESS = Message(
    "survivors.not_an_address",
    "We cannot read line %(lines)s of your internet addresses. Copy the whole address from the top of your browser: it "
    "begins with https:// or http://. Is it an app? Then write its name below, at “What do you want to tell us?”.",
    "We cannot read these lines of your internet addresses: %(lines)s. Copy each whole address from the top of your "
    "browser: it begins with https:// or http://. Is it an app? Then write its name below, at “What do you want to "
    "tell us?”.",
)
NOT_A_HASH = Message(
    "survivors.not_a_hash",
    "We cannot read line %(lines)s of your fingerprints. Please copy the whole line, with its beginning. "
    "A case number is not a fingerprint.",
    "We cannot read these lines of your fingerprints: %(lines)s. Please copy each whole line, with its beginning. "
    "A case number is not a fingerprint.",
)
NOTHING_BROUGHT = Message(
    "survivors.nothing_brought",
    "Please give us one internet address (link), or tell us in your words what it is about.",
)
NO_SUCH_REQUEST = Message(
    "survivors.no_such_request",
    "There is no such request.",
)
SAME_REQUEST = Message(
    "survivors.same_request",
    "A request cannot be tied to itself.",
)
WORDS_MISSING = Message(
    "survivors.words_missing",
    "Write what was promised.",
)
NO_WORDS_ASKED = Message(
    "survivors.no_words_asked",
    "This request is not about texts at this address.",
)
ALREADY_ASKED = Message(
    "survivors.already_asked",
    "The company has been asked about this address. Look first whether it is still there: then it can be asked again.",
)
NOT_ASKED_YET = Message(
    "survivors.not_asked_yet",
    "The company has not been asked about this address.",
)
IS_ASKED = Message(
    "survivors.is_asked",
    "The company has been asked about this address already.",
)
WITHDRAWN = Message(
    "survivors.withdrawn",
    "The person has withdrawn this request.",
)
STOPS_ALREADY = Message(
    "survivors.stops_already",
    "Two people have agreed already that this request stops. Whoever has the code can still say that it goes on.",
)
GOES_ON = Message(
    "survivors.goes_on",
    "Somebody has said since this was asked for that the request goes on. Read it first, then ask again.",
)
ADDRESS_KNOWN = Message(
    "survivors.address_known",
    "This request names the address already.",
)
NOBODY_TO_ASK = Message(
    "survivors.nobody_to_ask",
    "No host of this address with a mail address is known. Enter the provider first.",
)
FOR_WHOM_MISSING = Message(
    "survivors.for_whom_missing",
    "Write for whom the record is.",
)
ANOTHER_PERSON_RELEASES = Message(
    "survivors.another_person_releases",
    "Another person has to release it, not the one who wrote it.",
)
NOT_RELEASED = Message(
    "survivors.not_released",
    "It is not released yet: a second person has to agree.",
)
DOCUMENT_LARGE = Message(
    "survivors.document_large",
    "The document is larger than %(megabytes)s MB. Send a smaller picture of it, for example a photo in low quality.",
)
DOCUMENT_KIND = Message(
    "survivors.document_kind",
    "The document has to be a JPEG, PNG, HEIC or PDF file.",
)
DOCUMENTS_FULL = Message(
    "survivors.documents_full",
    "We cannot take a document at the moment. Please send this without it. You can send the document in a few days.",
)
NO_DOCUMENT = Message(
    "survivors.no_document",
    "There is no document.",
)
NO_REMOVAL_TIED = Message(
    "survivors.no_removal_tied",
    "Nobody has said yet which removal it is about.",
)
NO_SUCH_REMOVAL = Message(
    "survivors.no_such_removal",
    "There is no such removal that stands.",
)
PROOF_DECIDED = Message(
    "survivors.proof_decided",
    "Two people have decided about it already.",
)
WAS_INVOLVED = Message(
    "survivors.was_involved",
    "Only people who were not involved decide: those who have not assessed the picture, "
    "have prepared nothing here, and have not decided about it before.",
)
WHY_MISSING = Message(
    "survivors.why_missing",
    "Write why, in a few words.",
)
REASON_FOR_PERSON = Message(
    "survivors.reason_for_person",
    "Choose why it is not enough: the person reads that.",
)
WORDS_OR_DOCUMENT = Message(
    "survivors.words_or_document",
    "Please tell us in a few words what we should know, or choose a document.",
)
TEXTS_BY_ADDRESS = Message(
    "survivors.texts_by_address",
    "For texts we need the internet addresses (links) or your words. We cannot look for texts with fingerprints. "
    "Please take the fingerprints out.",
)
LEGAL_BY_ADDRESS = Message(
    "survivors.legal_by_address",
    "For these pictures we need the internet addresses (links). We cannot look for them with fingerprints. "
    "Please take the fingerprints out.",
)
REASONS_MISSING = Message(
    "survivors.reasons_missing",
    "Please write why, in a few words.",
)
DISAGREED_OFTEN = Message(
    "survivors.disagreed_often",
    "We have your words already. You can also ask again, or talk to a help line.",
)
NO_OPEN_DISAGREEMENT = Message(
    "survivors.no_open_disagreement",
    "Nothing waits for an answer here.",
)
WAS_INVOLVED_IN_REQUEST = Message(
    "survivors.was_involved_in_request",
    "You took part in what the person does not agree with. Somebody else has to answer.",
)
NOTHING_TO_REVIEW = Message(
    "survivors.nothing_to_review",
    "Nothing that was decided about a picture of this request can be reviewed.",
)
REVIEW_IS_OPEN = Message(
    "survivors.review_is_open",
    "A senior analyst still looks at a picture of this request. Answer afterwards.",
)
NOTHING_CHANGED = Message(
    "survivors.nothing_changed",
    "Their page still says that we could not ask for the removal. Have the pictures looked at once more, or ask the "
    "company; then say that we decide differently.",
)
ANSWER_TELLS_TOO_MUCH = Message(
    "survivors.answer_tells_too_much",
    "The answer names an address, a number of ours or a series. Others may read that page: leave it out.",
)
