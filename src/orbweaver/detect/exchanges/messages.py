"""What this room tells people: each message once, with its code."""

from __future__ import annotations

from orbweaver.errors import Message

UNREACHED = Message("exchanges.unreached", "The exchange could not be reached: %(reason)s.")
ANSWERED = Message("exchanges.answered", "The exchange answered with an error (%(status)s).")
NOT_LET_IN = Message("exchanges.not_let_in", "The exchange does not accept these credentials (%(status)s).")
TOO_FAST = Message("exchanges.too_fast", "The exchange asks for a pause of %(seconds)s s.")
TOO_LARGE = Message("exchanges.too_large", "The exchange sent more than %(megabytes)s MB at once.")
NOT_A_PAGE = Message("exchanges.not_a_page", "What the exchange sent is not a page of this protocol, or it broke off.")
IN_A_CIRCLE = Message(
    "exchanges.in_a_circle", "The exchange leads in a circle: it names a page again that came before in this pull."
)
ELSEWHERE = Message("exchanges.elsewhere", "The exchange named another host. Nothing was sent there.")
CREDENTIALS_MISSING = Message(
    "exchanges.credentials_missing",
    "There are no credentials for this address. Set them on the page of the exchange, or with "
    "`orbweaver exchanges set-credentials`.",
)
CREDENTIALS_UNREADABLE = Message(
    "exchanges.credentials_unreadable",
    "The credentials cannot be read: their key is not in the keys folder, or they belong to another address. Set them "
    "again.",
)
SECRET_MISSING = Message("exchanges.secret_missing", "The credentials lack %(name)s.")
SECRET_UNKNOWN = Message("exchanges.secret_unknown", "This protocol has no %(name)s. It takes: %(known)s.")
SECRET_FORM = Message("exchanges.secret_form", "Write the credentials as name=value, each on a line of its own.")
PROTOCOL_UNKNOWN = Message("exchanges.protocol_unknown", "There is no protocol named %(name)s. Known: %(known)s.")
ADDRESS_UNUSABLE = Message(
    "exchanges.address_unusable",
    "The address is https://host/path, or one of %(known)s. Plain http is for this machine alone.",
)
NAME_TAKEN = Message("exchanges.name_taken", "There is an exchange named %(name)s already.")
PAUSED_BY_HOTLINE = Message("exchanges.paused_by_hotline", "The hotline paused this exchange. Ask it to go on with it.")
LIST_TAKEN = Message("exchanges.list_taken", "The list %(name)s is filled by something else. Choose another name.")
NO_SUCH_EXCHANGE = Message(
    "exchanges.no_such_exchange", "There is no exchange named %(name)s. `orbweaver exchanges list` prints all."
)
BEING_PULLED = Message("exchanges.being_pulled", "The exchange is being pulled by another process.")
REASON_NEEDED = Message(
    "exchanges.reason_needed",
    "The exchange wants one of its own reasons for a dispute. Set one for this exchange: %(known)s.",
)
NOT_TAKEN_THERE = Message("exchanges.not_taken_there", "This exchange takes no feedback on such a hash.")
NO_SUCH_OPINION = Message("exchanges.no_such_opinion", "There is no such feedback.")
NO_SHARED_ENTRY = Message(
    "exchanges.no_shared_entry",
    "We share no entry %(id)s with you. Its number begins with hle_ and comes with it wherever you fetched it.",
)
REASON_MISSING = Message("exchanges.reason_missing", "Say why: somebody here reads it and answers you.")
CONCLUDED_ALREADY = Message("exchanges.concluded_already", "Somebody has concluded this dispute already.")
