"""What this room tells people: each message once, with its code."""

from __future__ import annotations

from orbweaver.errors import Message

NO_LEAD = Message(
    "cli.no_lead",
    "None of these addresses can be crawled. Write them in full, like https://example.org/page.",
)
NOT_UTF8 = Message("cli.not_utf8", "The file is not UTF-8 text. Nothing was changed.")
NOBODY_OF_ADDRESS = Message("cli.nobody_of_address", "Nobody with this address can sign in here. Nothing was changed.")
NO_SUCH_KEY = Message("cli.no_such_key", "There is no active key with this identifier or prefix.")
KEY_BOUNDS = Message(
    "cli.key_bounds",
    "Only a key with series:identify is bound, to countries and cases, or unbound: one of the two. Nothing was made.",
)
UNKNOWN_SCOPE = Message("cli.unknown_scope", "There is no scope %(unknown)s; there are %(known)s.")
UNKNOWN_PART = Message("cli.unknown_part", "There is no part %(unknown)s; there are %(known)s.")
HOST_OR_EVERYTHING = Message("cli.host_or_everything", "Name a host, or give --everything.")
UNKNOWN_STATE = Message("cli.unknown_state", "The state is one of active, disputed, withdrawn.")
NO_SUCH_ENTRY = Message("cli.no_such_entry", "The list has no such entry.")
UNKNOWN_SOURCE = Message("cli.unknown_source", "The source is one of %(known)s.")
NO_SUCH_CONTACT = Message("cli.no_such_contact", "The provider has no such contact.")
LISTING_UNUSABLE = Message("cli.listing_unusable", "The listing %(name)s cannot be read: %(reason)s.")
RESULTS_IN_USE = Message(
    "cli.results_in_use", "Another scan writes to these results. Wait for it, or name another file."
)
RESULTS_UNUSABLE = Message(
    "cli.results_unusable", "The results cannot be used: %(reason)s. Name a file that a scan wrote, or a new one."
)
NOTHING_NAMED = Message("cli.nothing_named", "Name a file or folder, - for standard input, or a listing with --from.")
DATABASE_FAILED = Message(
    "cli.database_failed",
    "The database failed: %(reason)s. What was committed before is safe. Put it right, then run the command again.",
)
KEY_FILE = Message("cli.key_file", "%(file)s cannot be written as a new file (%(reason)s). Nothing was made.")
NOT_ITS_PART = Message(
    "cli.not_its_part",
    "This machine joined a hotline for one part alone: %(part)s. Do that where the hotline's keys are.",
)
TABLES_OLDER = Message(
    "cli.tables_older",
    "This program is newer than the hotline's tables. Nothing was changed. Bring the hotline's machine up to date "
    "first; until then use the version that it has.",
)
TABLES_TO_MIGRATE = Message(
    "cli.tables_to_migrate",
    "This program is newer than the tables of its database, which others may be using. Nothing was changed. Back "
    "up, then run `orbweaver migrate` once, on one machine.",
)
