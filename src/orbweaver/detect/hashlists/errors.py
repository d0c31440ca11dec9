"""What can go wrong with hash lists."""

from __future__ import annotations

from orbweaver.errors import InvalidInput


class BadRow(InvalidInput):
    """A row of a list that cannot be used; the rest of the list can."""

    code = "bad_row"


class BadList(InvalidInput):
    """A file that is no hash list at all."""

    code = "bad_list"


class NoSuchBank(InvalidInput):
    """A bank, or something in it, that is not there."""

    code = "no_such_bank"
