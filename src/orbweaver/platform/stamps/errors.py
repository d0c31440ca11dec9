"""What goes wrong with stamps of time."""

from __future__ import annotations

from orbweaver.errors import InvalidInput, Unavailable


class NoStamp(Unavailable):
    """The authority gave none, or one that proves nothing; it may be asked again."""

    code = "no_stamp"


class StampRefused(InvalidInput):
    """A stamp that does not prove what it is kept for."""

    code = "stamp_refused"
