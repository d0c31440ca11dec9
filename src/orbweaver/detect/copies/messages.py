"""What this room tells people: each message once, with its code."""

from __future__ import annotations

from orbweaver.errors import Message

NO_FILES = Message("copies.no_files", "There are no files in this folder.")
