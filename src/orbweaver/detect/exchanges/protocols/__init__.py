"""Protocols of exchanges: one file each, behind one Protocol. Every module here that has ``PROTOCOL`` is one."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from orbweaver.detect.exchanges.errors import BadExchange
from orbweaver.detect.exchanges.messages import PROTOCOL_UNKNOWN
from orbweaver.detect.exchanges.protocols.protocol import ExchangeProtocol


@cache
def protocols() -> dict[str, ExchangeProtocol]:
    """All protocols by name."""
    modules = (importlib.import_module(f"{__name__}.{each.name}") for each in pkgutil.iter_modules(__path__))
    found = [module.PROTOCOL for module in modules if hasattr(module, "PROTOCOL")]
    return {each.name: each for each in found}


def protocol_named(name: str) -> ExchangeProtocol:
    """A protocol by its name. Raises BadExchange."""
    known = protocols()
    if name not in known:
        raise BadExchange(PROTOCOL_UNKNOWN.of(name=name, known=", ".join(known)))
    return known[name]
