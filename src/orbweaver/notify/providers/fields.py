"""PostgreSQL's ``cidr`` as a model field, with the look-up "covers this address"."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Lookup

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

if TYPE_CHECKING:
    AnyField = models.Field[Any, Any]
    AnyLookup = Lookup[Any]
else:
    # Django's own classes take no parameters when they run
    AnyField, AnyLookup = models.Field, Lookup


class CidrField(AnyField):
    """A network in CIDR form. Python side: ``ipaddress`` networks, or their text."""

    description = "IP network"

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        """The column's type."""
        return "cidr"

    def to_python(self, value: Any) -> Network | None:
        """A network from text or a network. Raises ValueError for host bits set or other nonsense."""
        return None if value is None else ipaddress.ip_network(value)

    def from_db_value(self, value: Any, *_: Any) -> Network | None:
        """What psycopg gives is a network already; text comes from raw queries."""
        return self.to_python(value)

    def get_prep_value(self, value: Any) -> Network | None:
        """Sent as a network: psycopg has its own type for it."""
        return self.to_python(value)


@CidrField.register_lookup
class Covers(AnyLookup):
    """``network__covers=address``: the address lies in the network. Uses the GiST index on ``inet_ops``."""

    lookup_name = "covers"

    def get_prep_lookup(self) -> Any:
        """An address, sent as ``inet``."""
        return ipaddress.ip_address(self.rhs)

    def get_db_prep_lookup(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        """The address as the one parameter."""
        return "%s", [value]

    def as_sql(self, compiler: Any, connection: BaseDatabaseWrapper) -> Any:
        """``column >>= address``."""
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        return f"{left} >>= {right}::inet", [*left_params, *right_params]
