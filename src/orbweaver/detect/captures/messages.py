"""What this room tells people: each message once, with its code."""

from __future__ import annotations

from orbweaver.errors import Message

NOTHING_CAPTURED = Message("captures.nothing_captured", "There is no capture of it to export")
FOLDER_NOT_EMPTY = Message("captures.folder_not_empty", "%(folder)s is not empty: an export has a folder of its own")
CASE_MISSING = Message("captures.case_missing", "Say for which case, and to whom it goes: the log keeps it")
