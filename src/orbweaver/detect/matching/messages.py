"""What this room tells people: each message once, with its code."""

from __future__ import annotations

from orbweaver.errors import Message

TOO_MANY_MATCHES = Message("matching.too_many_matches", "%(count)s matches within a day; usually there are %(usual)s.")
TOO_MANY_SCANS = Message(
    "matching.too_many_scans",
    "Found by %(count)s scans of companies within a day; usually there are %(usual)s. Whose they were: %(who)s.",
)
NOT_WAITING = Message("matching.not_waiting", "This entry does not wait for an answer any more.")
DAFT_NEEDS_EXTRA = Message(
    "matching.daft_needs_extra",
    "Matching with Daft needs a package that is not installed. Install the extra, pip install 'orbweaver[daft]', or "
    "match without --engine daft. Nothing was changed.",
)
