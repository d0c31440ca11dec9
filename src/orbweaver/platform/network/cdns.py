"""Content delivery networks: told by the networks that they publish and by the headers of their answers. Pure.

The table is ``cdns.toml``, with a source and a date for each. A network tells whose machine answered; a header tells no
more than that a CDN stands before the host, and anybody can write one.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Final

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_validator,
)

from orbweaver.errors import InvalidInput
from orbweaver.platform.network.messages import CDNS_UNUSABLE
from orbweaver.platform.patterns import require_few, within
from orbweaver.platform.rule_tables import Body, RuleTable

Name = Annotated[str, StringConstraints(min_length=1, max_length=80)]
MOST_OF_HEADER: Final = 2_000
"""Characters of a header's value that are looked at."""
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Cdn(BaseModel):
    """One of them. ``headers``: name in lower case → regular expression that its value holds; "" for any value."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    names: tuple[Name, ...] = ()
    """Other names, such as that in registries of addresses."""
    source: Annotated[str, StringConstraints(min_length=1)]
    as_of: dt.date
    contacts: tuple[str, ...] = ()
    """Mail addresses for reports of abuse."""
    networks: tuple[Network, ...] = ()
    headers: Mapping[str, str] = {}

    @field_validator("headers")
    @classmethod
    def _usable(cls, value: Mapping[str, str]) -> Mapping[str, str]:
        for name, pattern in value.items():
            if name != name.lower():
                raise ValueError("a header's name is in lower case")
            within(pattern)
        return value

    def publishes(self, network: Network) -> bool:
        """Whether it publishes these addresses as its own."""
        return any(network.network_address in each and network.prefixlen >= each.prefixlen for each in self.networks)

    def signs_in(self, headers: Mapping[str, Sequence[str]]) -> list[str]:
        """The headers among these that this CDN sends; ``headers``: name in lower case → each of its values."""
        return [
            name
            for name, pattern in self.headers.items()
            if any(within(pattern)(value.strip()[:MOST_OF_HEADER]) for value in headers.get(name, ()))
        ]


_ROWS: Final = TypeAdapter(tuple[Cdn, ...])


def parse_cdns(text: str) -> tuple[Cdn, ...]:
    """A table in the format of ``cdns.toml``. Raises InvalidInput, saying what is wrong."""
    try:
        found = _ROWS.validate_python(tomllib.loads(text).get("cdns", []))
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(CDNS_UNUSABLE.of(why=str(error))) from None
    except ValidationError as error:
        (first, *_) = error.errors(include_url=False, include_input=False)
        raise InvalidInput(CDNS_UNUSABLE.of(why=first["msg"])) from None
    if not found or len({each.name for each in found}) != len(found):
        raise InvalidInput(CDNS_UNUSABLE.of(why="it holds no [[cdns]], or one name twice"))
    return found


class _Cdns(BaseModel):
    model_config = ConfigDict(extra="forbid")

    cdns: tuple[Cdn, ...] = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _few(cls, written: Body) -> Body:
        rows = (row.get("headers") for row in written.get("cdns", ()) if isinstance(row, dict))
        require_few(str(each) for row in rows if isinstance(row, dict) for each in row.values())
        return written


def _read(body: Body) -> tuple[Cdn, ...]:
    return _Cdns.model_validate(body).cdns


CDNS: Final = RuleTable("cdns", "platform/network/cdns.toml", _read, keys={"cdns": ("name",)})


def known_cdns() -> tuple[Cdn, ...]:
    """The table in force."""
    return CDNS.in_force()


def cdn_named(name: str) -> Cdn | None:
    """A row of the table by its name."""
    return next((each for each in known_cdns() if each.name == name), None)


def cdn_of_address(address: str) -> Cdn | None:
    """The CDN that publishes this address as its own."""
    ip = ipaddress.ip_address(address)
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return next((cdn for cdn in known_cdns() if any(ip in each for each in cdn.networks)), None)


def cdns_before(headers: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Name of each CDN that an answer's headers tell of → the headers that do."""
    given: dict[str, list[str]] = {}
    for name, value in headers:  # a header may come more than once, such as that of each hop, or as one list
        given.setdefault(name.lower(), []).extend((value, *value.split(",")))
    found = {cdn.name: cdn.signs_in(given) for cdn in known_cdns()}
    return {name: signs for name, signs in found.items() if signs}
