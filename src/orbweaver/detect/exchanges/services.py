"""Verbs on exchanges: add one, its credentials, pause, go on."""

from __future__ import annotations

import datetime as dt
import ipaddress
from collections.abc import Mapping

from django.db import transaction
from yarl import URL

from orbweaver.detect.exchanges.credentials import sealed
from orbweaver.detect.exchanges.errors import BadExchange
from orbweaver.detect.exchanges.giving import send_again
from orbweaver.detect.exchanges.messages import (
    ADDRESS_UNUSABLE,
    LIST_TAKEN,
    NAME_TAKEN,
    NO_SUCH_EXCHANGE,
    SECRET_FORM,
    SECRET_MISSING,
    SECRET_UNKNOWN,
)
from orbweaver.detect.exchanges.models import Exchange
from orbweaver.detect.exchanges.protocols import protocol_named
from orbweaver.detect.exchanges.protocols.protocol import ExchangeProtocol
from orbweaver.detect.hashlists.models import HashList
from orbweaver.detect.hashlists.services import get_or_create_list, set_terms
from orbweaver.people.accounts.models import User
from orbweaver.people.audit.services import record


@transaction.atomic
def add_exchange(
    name: str,
    *,
    protocol: str,
    address: str,
    supplier: str,
    list_name: str,
    every_minutes: int,
    secrets: Mapping[str, str],
    allowed: str = HashList.Allowed.REVIEW,
    by: User | None,
    now: dt.datetime,
) -> Exchange:
    """Set an exchange up; it is pulled at once, by the worker. ``address``: a base address, or one that the protocol
    knows by a short name. ``allowed``: what may be done with matches of the list; nobody here has seen an entry of it
    yet, so that it begins with review alone. Raises BadExchange, InvalidInput."""
    spoken, base = protocol_named(protocol), base_address(protocol, address)
    if Exchange.objects.filter(name=name).exists():
        raise BadExchange(NAME_TAKEN.of(name=name))
    hash_list = get_or_create_list(list_name, supplier, now)
    if hash_list.kind != HashList.Kind.KNOWN or hash_list.entries.exists() or hasattr(hash_list, "bank"):
        raise BadExchange(LIST_TAKEN.of(name=list_name))
    if Exchange.objects.filter(hash_list=hash_list).exists():
        raise BadExchange(LIST_TAKEN.of(name=list_name))
    set_terms(hash_list, {"allowed": allowed}, by=by, now=now)
    made = Exchange.objects.create(
        name=name,
        protocol=spoken.name,
        address=base,
        credentials=sealed(_complete(spoken, secrets), base),
        hash_list=hash_list,
        every_minutes=every_minutes,
        next_at=now,
        created_at=now,
    )
    record("exchange.added", made.public_id, actor=by, details={"protocol": protocol}, at=now)
    return made


@transaction.atomic
def set_credentials(exchange: Exchange, secrets: Mapping[str, str], *, by: User | None, now: dt.datetime) -> None:
    """Other credentials; it is pulled at once. Raises BadExchange."""
    exchange.credentials = sealed(_complete(protocol_named(exchange.protocol), secrets), exchange.address)
    exchange.next_at, exchange.failures = now, 0
    exchange.save(update_fields=["credentials", "next_at", "failures"])
    record("exchange.credentials_set", exchange.public_id, actor=by, at=now)


@transaction.atomic
def set_paused(exchange: Exchange, paused: bool, *, by: User | None, now: dt.datetime, client: str = "") -> None:
    """Pause it (nothing is pulled or sent there) or resume it at once. ``client``: the organisation that does so
    through the HMA door."""
    exchange.paused, exchange.paused_by = paused, client if paused else ""
    exchange.next_at = exchange.next_at if paused else now
    exchange.save(update_fields=["paused", "paused_by", "next_at"])
    details = {"by": client} if client else {}
    record("exchange.paused" if paused else "exchange.resumed", exchange.public_id, actor=by, details=details, at=now)


@transaction.atomic
def change_exchange(
    exchange: Exchange, *, every_minutes: int, dispute_reason: str, by: User | None, now: dt.datetime
) -> None:
    """How often it is pulled, and its supplier's own reason for our disputes; those that lacked one are sent."""
    exchange.every_minutes, exchange.dispute_reason = every_minutes, dispute_reason
    last = exchange.pulled_at or now
    exchange.next_at = max(now, min(exchange.next_at, last + dt.timedelta(minutes=every_minutes)))
    exchange.save(update_fields=["every_minutes", "dispute_reason", "next_at"])
    send_again(exchange, now)
    record("exchange.changed", exchange.public_id, actor=by, details={"every_minutes": every_minutes}, at=now)


def pull_soon(exchange: Exchange, now: dt.datetime) -> None:
    """Have the worker pull it at once."""
    Exchange.objects.filter(pk=exchange.pk).update(next_at=now)


def exchange_named(name_or_id: str) -> Exchange:
    """An exchange by its name or identifier. Raises BadExchange."""
    known = Exchange.objects.select_related("hash_list")
    found = known.filter(name=name_or_id).first() or known.filter(public_id=name_or_id).first()
    if found is None:
        raise BadExchange(NO_SUCH_EXCHANGE.of(name=name_or_id))
    return found


def base_address(protocol: str, text: str) -> str:
    """A base address as it is kept, from one or from a short name that the protocol knows. Raises BadExchange."""
    known = protocol_named(protocol).addresses
    base = known.get(text.strip(), text.strip()).rstrip("/")
    try:
        url = URL(base)
        usable = bool(url.host) and not (url.user or url.password or url.query_string or url.fragment)
    except ValueError:
        usable = False
    if not usable or (url.scheme != "https" and not (url.scheme == "http" and _is_here(url.host or ""))):
        raise BadExchange(ADDRESS_UNUSABLE.of(known=", ".join(known)))
    return base


def secrets_of(text: str) -> dict[str, str]:
    """Secrets written as name=value, each on a line. Raises BadExchange."""
    found = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, equals, value = line.partition("=")
        if not equals:
            raise BadExchange(SECRET_FORM)
        found[name.strip()] = value.strip()
    return found


def _complete(protocol: ExchangeProtocol, secrets: Mapping[str, str]) -> dict[str, str]:
    given = {name: value for name, value in secrets.items() if value}
    if unknown := sorted(given.keys() - set(protocol.secrets)):
        raise BadExchange(SECRET_UNKNOWN.of(name=unknown[0], known=", ".join(protocol.secrets)))
    if missing := [name for name in protocol.secrets if name not in given]:
        raise BadExchange(SECRET_MISSING.of(name=missing[0]))
    return given


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
