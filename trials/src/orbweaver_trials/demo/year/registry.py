"""The hotline's registry at the beginning of the year: the forty, and who else is told of what they show."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from orbweaver_trials.demo.year.characters import Character, Host, Party, Role
from orbweaver_trials.demo.year.world import CDN_ADDRESS

if TYPE_CHECKING:
    from orbweaver.notify.providers.models import Provider

KINDS: Final = {
    Role.UPSTREAM: "network",
    Role.REGISTRAR: "registrar",
    Role.PAYMENT: "payment",
    Role.CDN: "cdn",
    Role.REFERRAL: "hotline",
}
"""Role → kind of provider."""


def register(hosts: Sequence[Host], parties: Sequence[Party], now: dt.datetime) -> Mapping[str, Provider]:
    """Enter them all; mailbox → the registry's row."""
    from orbweaver.notify.providers.services import add_contact, add_provider

    rows: dict[str, Provider] = {}
    for host in hosts:
        rows[host.mailbox] = add_provider(host.name, country=host.country, domains=[host.host], now=now)
    for party in parties:
        networks = [f"{CDN_ADDRESS}/32"] if party.role is Role.CDN else []
        kind = KINDS[party.role]
        rows[party.mailbox] = add_provider(party.name, country=party.country, kind=kind, networks=networks, now=now)
    for mailbox, row in rows.items():
        add_contact(row, mailbox, now=now)
    for party in parties:
        _link(party, hosts, rows, now)
    return rows


def _link(party: Party, hosts: Sequence[Host], rows: Mapping[str, Provider], now: dt.datetime) -> None:
    """Note whom a party keeps going. A CDN is known by its addresses, a hotline by its country."""
    from orbweaver.notify.providers.editing import add_link

    if party.role in (Role.CDN, Role.REFERRAL):
        return
    for host in hosts:
        if host.character in party.of:
            add_link(rows[host.mailbox], rows[party.mailbox], party.role.value, now=now)


def keys_of_the_careful(hosts: Sequence[Host], rows: Mapping[str, Provider], now: dt.datetime) -> dict[str, str]:
    """Host → the key of the scan API that a careful provider has."""
    from orbweaver.notify.providers.services import link_organisation
    from orbweaver.people.accounts.models import Organisation
    from orbweaver.people.accounts.rules import Permission
    from orbweaver.people.accounts.services import create_api_key, create_organisation

    keys = {}
    for host in hosts:
        if host.character is Character.CAREFUL:
            company = create_organisation(name=host.name, kind=Organisation.Kind.INDUSTRY, country=host.country)
            link_organisation(rows[host.mailbox], company, now=now)
            keys[host.host] = create_api_key(company, "uploads", [Permission.SCAN_USE], now)
    return keys
