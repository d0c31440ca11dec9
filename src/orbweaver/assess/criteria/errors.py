"""What can be wrong with a file of criteria or a mapping."""

from __future__ import annotations

from orbweaver.errors import InvalidInput


class CriteriaInvalid(InvalidInput):
    """A version of the criteria cannot be used. The message names everything that is wrong, a line each."""

    code = "criteria_invalid"


class UnknownScheme(InvalidInput):
    """No table maps to or from this scheme."""

    code = "unknown_scheme"
