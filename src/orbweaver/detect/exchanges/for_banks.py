"""Exchanges that clients set up for banks of their own, through the HMA door, with credentials of their own.

What comes that way is to be reviewed, as all that clients put into banks. Deleting such an exchange ends its pulls and
forgets its credentials; what it brought stays on record.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Final

from django.db import transaction
from yarl import URL

from orbweaver.detect.exchanges.credentials import sealed, unsealed
from orbweaver.detect.exchanges.errors import BadExchange
from orbweaver.detect.exchanges.messages import NAME_TAKEN, PAUSED_BY_HOTLINE
from orbweaver.detect.exchanges.models import ClientCredentials, Exchange
from orbweaver.detect.exchanges.services import base_address, set_paused
from orbweaver.detect.hashlists import banks
from orbweaver.detect.hashlists.models import Bank
from orbweaver.errors import NotAllowed
from orbweaver.people.audit.services import record

EVERY_MINUTES: Final = 60


def exchange_of(name: str) -> Exchange | None:
    """The exchange that fills a bank of this name; None where there is none, or none any more."""
    found = Exchange.objects.select_related("hash_list").filter(hash_list__name=name, closed_at__isnull=True)
    return found.filter(hash_list__bank__closed_at__isnull=True, hash_list__bank__isnull=False).first()


def names_of_exchanges(owner: str) -> list[str]:
    """The names of all banks of an organisation that are filled so."""
    found = Exchange.objects.filter(closed_at__isnull=True, hash_list__bank__closed_at__isnull=True)
    found = found.filter(hash_list__supplier=owner)
    return sorted(found.filter(hash_list__bank__isnull=False).values_list("hash_list__name", flat=True))


@transaction.atomic
def open_exchange(
    name: str,
    *,
    protocol: str,
    address: str,
    only_members: Collection[str],
    is_enabled: bool,
    owner: str,
    now: dt.datetime,
) -> Exchange:
    """A new bank and what fills it; with the client's credentials for this protocol, where it gave some.

    Raises BadExchange, Conflict, InvalidInput, NotAllowed: for the host of another one that the hotline paused, too.
    """
    base = base_address(protocol, address)
    _require_no_pause(protocol, base, owner)
    banks.set_aside(name, owner, now)
    hash_list = banks.open_bank(name, 1.0, owner, now).hash_list
    if Exchange.objects.filter(name=name).exists():
        raise BadExchange(NAME_TAKEN.of(name=name))
    kept = ClientCredentials.objects.filter(organisation=owner, protocol=protocol).first()
    made = Exchange.objects.create(
        name=name,
        protocol=protocol,
        address=base,
        credentials=None if kept is None else sealed(unsealed(kept.credentials, _own(protocol)), base),
        hash_list=hash_list,
        every_minutes=EVERY_MINUTES,
        only_members=sorted(only_members),
        paused=not is_enabled,
        paused_by="" if is_enabled else owner,
        next_at=now,
        created_at=now,
    )
    record("exchange.added", made.public_id, details={"protocol": protocol, "by": owner}, at=now)
    return made


@transaction.atomic
def close_bank(bank: Bank, owner: str, now: dt.datetime) -> None:
    """Delete a bank, and the exchange that fills it. Raises NotAllowed where the hotline paused that."""
    exchange = exchange_of(bank.hash_list.name)
    if exchange is not None:
        close_exchange(exchange, owner, now)
    banks.close_bank(bank, owner, now)


@transaction.atomic
def close_exchange(exchange: Exchange, owner: str, now: dt.datetime) -> None:
    """Pull it no more, and forget what opens it. Its bank stays, with what came; another may have its name.

    Raises NotAllowed for what the hotline paused: it would be set up again as if nothing were.
    """
    exchange = Exchange.objects.select_for_update().get(pk=exchange.pk)
    if _is_paused_by_hotline(exchange, owner):
        raise NotAllowed(PAUSED_BY_HOTLINE)
    exchange.paused, exchange.credentials, exchange.closed_at = True, None, now
    exchange.name = f"{exchange.name[:90]} ({exchange.public_id})"
    exchange.save(update_fields=["name", "paused", "credentials", "closed_at"])
    record("exchange.closed", exchange.public_id, details={"by": owner}, at=now)


@transaction.atomic
def set_own_credentials(
    exchange: Exchange, secrets: Mapping[str, str], *, address: str | None, owner: str, now: dt.datetime
) -> None:
    """Credentials of this exchange alone, {} for none; it is pulled at once. ``address``: another base address.

    Raises NotAllowed for another address of what the hotline paused, as the pause is about this one, and for an address
    of a host from which the hotline paused another one.
    """
    if address is not None:
        if _is_paused_by_hotline(exchange, owner):
            raise NotAllowed(PAUSED_BY_HOTLINE)
        base = base_address(exchange.protocol, address)
        _require_no_pause(exchange.protocol, base, owner)
        exchange.address, exchange.checkpoint = base, {}
    exchange.credentials = sealed(secrets, exchange.address) if secrets else None
    exchange.next_at, exchange.failures = now, 0
    exchange.save(update_fields=["address", "checkpoint", "credentials", "next_at", "failures"])
    record("exchange.credentials_set", exchange.public_id, details={"by": owner}, at=now)


@transaction.atomic
def keep_credentials(protocol: str, secrets: Mapping[str, str], *, owner: str, now: dt.datetime) -> None:
    """Credentials of an organisation for all its exchanges of a protocol, those to come as well; {} for none."""
    if secrets:
        kept = {"credentials": sealed(secrets, _own(protocol))}
        ClientCredentials.objects.update_or_create(organisation=owner, protocol=protocol, defaults=kept)
    else:
        ClientCredentials.objects.filter(organisation=owner, protocol=protocol).delete()
    own = Exchange.objects.filter(protocol=protocol, closed_at__isnull=True, hash_list__supplier=owner)
    for exchange in own.filter(hash_list__bank__closed_at__isnull=True, hash_list__bank__isnull=False):
        set_own_credentials(exchange, secrets, address=None, owner=owner, now=now)


@transaction.atomic
def set_enabled(exchange: Exchange, is_enabled: bool, owner: str, now: dt.datetime) -> Exchange:
    """Pause or resume an exchange for its client. Raises NotAllowed for resuming what the hotline paused."""
    exchange = Exchange.objects.select_for_update(of=("self",)).select_related("hash_list").get(pk=exchange.pk)
    if is_enabled == exchange.paused:
        if is_enabled and _is_paused_by_hotline(exchange, owner):
            raise NotAllowed(PAUSED_BY_HOTLINE)
        set_paused(exchange, not is_enabled, by=None, now=now, client=owner)
    return exchange


def _is_paused_by_hotline(exchange: Exchange, owner: str) -> bool:
    """Whether somebody else than the client that has it paused it."""
    return exchange.paused and exchange.paused_by != owner


def _require_no_pause(protocol: str, base: str, owner: str) -> None:
    """Raises NotAllowed where the hotline paused an exchange of this client with the same host: however its address is
    written."""
    own = Exchange.objects.filter(protocol=protocol, hash_list__supplier=owner, closed_at=None, paused=True)
    for each in own.select_for_update(of=("self",)):
        if _is_paused_by_hotline(each, owner) and _host(each.address) == _host(base):
            raise NotAllowed(PAUSED_BY_HOTLINE)


def _host(address: str) -> str:
    return (URL(address).host or "").rstrip(".").lower()


def has_credentials(protocol: str, owner: str) -> bool:
    """Whether an organisation gave credentials for a protocol."""
    return ClientCredentials.objects.filter(organisation=owner, protocol=protocol).exists()


def _own(protocol: str) -> str:
    """The address to which credentials are bound that are not for one address yet: nobody is there."""
    return f"https://{protocol}.invalid"
