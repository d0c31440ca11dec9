"""What this room tells people: each message once, with its code."""

from __future__ import annotations

from orbweaver.errors import Message

NO_SUCH_TABLE = Message("rule_tables.no_such_table", "There is no such table of rules. There are: %(names)s.")
NO_SUCH_VERSION = Message("rule_tables.no_such_version", "No version of this table has that name here.")
NAME_TAKEN = Message(
    "rule_tables.name_taken",
    "Another text of this table was in force as version %(version)s. Give this one a name of its own: "
    "decisions name it.",
)
NAMED_LIKE_OURS = Message(
    "rule_tables.named_like_ours",
    "Versions that come with the program are named like %(version)s, and a later one may be named so. Give yours a "
    "name of its own, such as own-1.",
)
NOTHING_DIFFERS = Message("rule_tables.nothing_differs", "It says the same as what is in force. Nothing was kept.")
IN_FORCE_ALREADY = Message(
    "rule_tables.in_force_already", "What comes with the program is in force already. Nothing was changed."
)
BROUGHT_ALREADY = Message(
    "rule_tables.brought_already", "This version was in force before. Import its text again, under a name of its own."
)
REASON_UNUSABLE = Message(
    "rule_tables.reason_unusable",
    "Say why it is to hold, in at most %(most)s characters and without signs that nobody sees: whoever "
    "agrees reads that reason.",
)
