"""What can be wrong with a question about a country."""

from __future__ import annotations

from orbweaver.errors import InvalidInput


class UnknownCountry(InvalidInput):
    """The code is none of ISO 3166-1."""

    code = "unknown_country"
