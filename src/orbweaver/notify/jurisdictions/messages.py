"""What this room tells people: each message once, with its code."""

from __future__ import annotations

from orbweaver.errors import Message

NO_SUCH_COUNTRY = Message(
    "jurisdictions.no_such_country",
    "There is no such country: give a code of two letters, like CA.",
)
ROWS_UNREADABLE = Message(
    "jurisdictions.rows_unreadable", "The file of ORBWEAVER_JURISDICTION_ROWS cannot be read as text in UTF-8."
)
ROWS_NOT_TOML = Message("jurisdictions.rows_not_toml", "The file of ORBWEAVER_JURISDICTION_ROWS is no TOML: %(error)s")
ROWS_UNUSABLE = Message(
    "jurisdictions.rows_unusable", "The file of ORBWEAVER_JURISDICTION_ROWS cannot be used: %(where)s: %(why)s"
)
NOT_A_COUNTRY = Message("jurisdictions.not_a_country", "%(code)s is no country of ISO 3166-1, in two capital letters.")
