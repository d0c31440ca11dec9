"""Whose a sender's address is: the domain says it, except at a service where anybody has a mailbox. Pure."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources

from orbweaver.platform.network.domains import as_typed


def own_domains(sender: str) -> tuple[str, ...]:
    """The domain of an address and those above it, but for top levels and what lies at a public mail service."""
    domain = as_typed(sender.rpartition("@")[2]).rstrip(".")
    parents = [domain.split(".", cut)[-1] for cut in range(domain.count("."))]
    return () if _mail_services().intersection(parents) else tuple(parents)


@cache
def _mail_services() -> frozenset[str]:
    """Domains at which anybody has a mailbox, of data/mail_services.toml."""
    text = resources.files("orbweaver.notify.notices.answers").joinpath("data/mail_services.toml").read_text("utf-8")
    known = tomllib.loads(text)
    return frozenset((*known["everywhere"], *known["by_country"]))
