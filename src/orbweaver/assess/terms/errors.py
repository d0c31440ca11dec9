"""What can go wrong with terms. Messages never hold a term."""

from __future__ import annotations

from orbweaver.errors import InvalidInput, Unavailable


class BadTermList(InvalidInput):
    """The file cannot be read as a term list."""

    code = "bad_term_list"


class WatchKeyMissing(Unavailable):
    """The key of the watch terms is not on this machine, or is another one."""

    code = "watch_key_missing"
