"""What this room tells people: each message once, with its code."""

from __future__ import annotations

from orbweaver.errors import Message

NO_SUCH_CALL = Message("industry.no_such_call", "There is no such call here.")
OTHER_METHOD = Message("industry.other_method", "This call takes another method: %(methods)s.")
KEY_NEEDED = Message("industry.key_needed", "A key of this installation is needed, in the Authorization header.")
KEY_LACKS_SCOPE = Message("industry.key_lacks_scope", "This key may not do that; it needs the scope %(scope)s.")
PACKED = Message("industry.packed", "Send the body as it is, without Content-Encoding.")
TOO_LARGE = Message("industry.too_large", "Bodies above %(most)s bytes are not taken here.")
INCOMPLETE = Message("industry.incomplete", "The body broke off, so nothing was done with it. Send it again.")
UNCLEAR_LENGTH = Message("industry.unclear_length", "The length of the body is not clear.")
EMPTY = Message("industry.empty", "The body is empty.")
TOO_SLOW = Message("industry.too_slow", "The body came too slowly.")
BUSY = Message("industry.busy", "Too much is being sent at once. Try again in a moment.")
TOO_FAST = Message("industry.too_fast", "This key has used what it may for now. Try again in %(seconds)s s.")
NOT_JSON = Message("industry.not_json", "The body is no JSON of the form that this call takes.")
NOT_A_HASH = Message("industry.not_a_hash", "Number %(number)s of the hashes is no %(kind)s hash.")
TOO_MANY_HASHES = Message("industry.too_many_hashes", "At most %(most)s hashes are looked up at once.")
HOST_NOT_ALLOWED = Message("industry.host_not_allowed", "Addresses of this host may not be scanned with this key.")
NOT_FETCHED = Message("industry.not_fetched", "The address could not be fetched: %(reason)s.")
OUR_ERROR = Message("industry.our_error", "Something went wrong on our side. Nothing of the request was kept.")

SHIELD_KEY_NEEDED = Message(
    "industry.shield_key_needed", "Please supply your API username and password in the Authorization header"
)
SHIELD_HOST_NOT_ALLOWED = Message("industry.shield_host_not_allowed", "Hostname not authorized for this user")
SHIELD_NOT_PDQ = Message("industry.shield_not_pdq", "invalid pdq hash")
