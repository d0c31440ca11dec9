"""Errors about providers."""

from __future__ import annotations

from orbweaver.errors import Conflict, InvalidInput


class ProviderInvalid(InvalidInput):
    """A name, domain, network or address that cannot be used."""

    code = "provider_invalid"


class ProviderTaken(Conflict):
    """A name, domain or network that another provider has."""

    code = "provider_taken"
