"""What this room tells people: each message once, with its code."""

from __future__ import annotations

from orbweaver.errors import Message

NO_SUCH_CALL = Message("industry.no_such_call", "There is no such call here.")
OTHER_METHOD = Message("industry.other_method", "This call takes another method: %(methods)s.")
KEY_NEEDED = Message("industry.key_needed", "A key of this installation is needed, in the Authorization header.")
KEY_LACKS_SCOPE = Message("industry.key_lacks_scope", "This key may not do that; it needs the scope %(scope)s.")
KEY_NOT_FROM_HERE = Message("industry.key_not_from_here", "This key does not work from the network that you ask from.")
PACKED = Message("industry.packed", "Send the body as it is, without Content-Encoding.")
TOO_LARGE = Message("industry.too_large", "Bodies above %(most)s bytes are not taken here.")
INCOMPLETE = Message("industry.incomplete", "The body broke off, so nothing was done with it. Send it again.")
UNCLEAR_LENGTH = Message("industry.unclear_length", "The length of the body is not clear.")
NOT_HTTP = Message("industry.not_http", "The head of the request cannot be read: it is too long, or not HTTP.")
EMPTY = Message("industry.empty", "The body is empty.")
TOO_SLOW = Message("industry.too_slow", "The body came too slowly.")
BUSY = Message("industry.busy", "Too much is being sent at once. Try again in a moment.")
TOO_FAST = Message("industry.too_fast", "This key has used what it may for now. Try again in %(seconds)s s.")
QUOTA_USED = Message(
    "industry.quota_used",
    "This key has used its %(most)s scans of this %(period)s. There are more in %(seconds)s s.",
)
OUT_OF_ORDER = Message(
    "industry.out_of_order", "The database or a disk does not answer. Nothing was kept of this request; send it again."
)
NO_SUCH_JOB = Message("industry.no_such_job", "There is no such job of this key, or its result was let go.")
NOT_JSON = Message("industry.not_json", "The body is not JSON of the form that this call takes.")
NOT_KEPT = Message("industry.not_kept", "The request holds what cannot be kept, such as a NUL character.")
NOT_A_HASH = Message("industry.not_a_hash", "Hash number %(number)s is not of the kind %(kind)s.")
TOO_MANY_HASHES = Message("industry.too_many_hashes", "At most %(most)s hashes are looked up at once.")
HOST_NOT_ALLOWED = Message("industry.host_not_allowed", "Addresses of this host may not be scanned with this key.")
NOT_FETCHED = Message("industry.not_fetched", "The address could not be fetched: %(reason)s.")
OUR_ERROR = Message("industry.our_error", "Something went wrong on our side. Nothing of the request was kept.")

SHIELD_KEY_NEEDED = Message(
    "industry.shield_key_needed", "Please supply your API username and password in the Authorization header"
)
SHIELD_HOST_NOT_ALLOWED = Message("industry.shield_host_not_allowed", "Hostname not authorized for this user")
SHIELD_NOT_PDQ = Message("industry.shield_not_pdq", "invalid pdq hash")

NOT_A_FORM = Message("industry.not_a_form", "The body is not a form with one file, named photo or video.")
NOT_A_SIGNAL = Message("industry.not_a_signal", "The signal is not a hash of the kind %(kind)s.")
UNKNOWN_SIGNAL_TYPE = Message("industry.unknown_signal_type", "There is no such signal type. Known: %(known)s.")
PARAMETER_MISSING = Message("industry.parameter_missing", "The parameter %(name)s is missing.")
NOTHING_TO_LOOK_UP = Message("industry.nothing_to_look_up", "Neither a signal nor an address nor a file was sent.")
TWO_HASHES = Message("industry.two_hashes", "Two hashes are compared, no more and no fewer.")
NO_SIGNALS = Message("industry.no_signals", "There is no hash to be added: this file has none of a kind that is kept.")
NO_SUCH_EXCHANGE = Message("industry.no_such_exchange", "There is no such exchange.")
NO_SUCH_EXCHANGE_API = Message(
    "industry.no_such_exchange_api", "There is no such kind of exchange here. Known: %(known)s."
)
CONFIG_UNUSABLE = Message(
    "industry.config_unusable", "The configuration of the exchange lacks something, or cannot be read. See its schema."
)
CREDENTIALS_UNUSABLE = Message("industry.credentials_unusable", "The credentials are texts by these names: %(names)s.")
PARAMETER_UNUSABLE = Message("industry.parameter_unusable", "The parameter %(name)s cannot be read.")
NOT_XML = Message("industry.not_xml", "The body is not XML of the form that this call takes.")
ENTRY_UNUSABLE = Message(
    "industry.entry_unusable", "Number %(number)s of the entries has no id or no usable hash. Nothing was taken."
)
CLASS_UNKNOWN = Message(
    "industry.class_unknown",
    "Entry number %(number)s has an unknown classification. Known: %(known)s. Nothing was taken over.",
)
NO_SUCH_ENTRY = Message("industry.no_such_entry", "There is no such entry.")
NO_SUCH_REASON = Message(
    "industry.no_such_reason", "A dispute names reasons that /v2/feedback/{type}/reasons lists, by their guid."
)
