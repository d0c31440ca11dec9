"""``/c/exchanges…`` and ``/c/exchange/…``: what fills banks from NCMEC or StopNCII, set up by clients as in HMA.

Credentials are kept for each organisation, or for one exchange of it. An address is one that the protocol knows, or
lies at a host that the client's key allows: nobody makes this server ask strangers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from orbweaver.detect.exchanges import for_banks
from orbweaver.detect.exchanges.models import Exchange
from orbweaver.detect.exchanges.protocols import protocol_named
from orbweaver.detect.hashlists import banks
from orbweaver.doors.industry.frame.addresses import may_fetch
from orbweaver.doors.industry.frame.asked import Answer, Asked, Refusal, as_json
from orbweaver.doors.industry.frame.clients import Client
from orbweaver.doors.industry.frame.service import Service
from orbweaver.doors.industry.messages import (
    CONFIG_UNUSABLE,
    CREDENTIALS_UNUSABLE,
    HOST_NOT_ALLOWED,
    NO_SUCH_CALL,
    NO_SUCH_EXCHANGE,
    NO_SUCH_EXCHANGE_API,
    NOT_JSON,
)
from orbweaver.platform.clock import now
from orbweaver.platform.network.urls import parse

ENVIRONMENT: Final = "environment"
ONLY_MEMBERS: Final = "only_esp_ids"
OVERRIDE: Final = "base_url_override"


@dataclass(frozen=True, slots=True)
class Api:
    """One kind of exchange as HMA calls it: our protocol, the names of its secrets there and here, and those that may
    be left out."""

    protocol: str
    secrets: Mapping[str, str]
    optional: frozenset[str] = frozenset()

    @property
    def addresses(self) -> tuple[str, ...]:
        """The base addresses that it is known under, the usual one first."""
        return tuple(protocol_named(self.protocol).addresses.values())


APIS: Final[Mapping[str, Api]] = {
    "ncmec": Api("ncmec", {"user": "username", "password": "password"}),
    "stop_ncii": Api(
        "stopncii",
        {
            "subscription_key": "subscription_key",
            "fetch_function_key": "fetch_key",
            "feedback_function_key": "feedback_key",
        },
        frozenset({"feedback_function_key"}),
    ),
}


class Exchanges:
    """The calls about exchanges."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def answer(self, asked: Asked, client: Client) -> Answer:
        """Say what there is, set up, change or delete. Raises Refusal."""
        answer = self._of_all if asked.parts[1] == "exchanges" else self._of_one
        return await answer(asked, client, asked.parts[2:])

    async def _of_all(self, asked: Asked, client: Client, parts: tuple[str, ...]) -> Answer:
        match asked.method, parts:
            case "GET", ():
                return as_json(await self._service.database(for_banks.names_of_exchanges, client.organisation))
            case "POST", ():
                return await self._set_up(asked, client)
            case "GET", ("apis",):
                return as_json(list(APIS))
            case (("GET" | "POST"), ("api", name)):
                return await self._api(asked, client, name)
            case "GET", ("api", name, "schema"):
                return as_json(_schema(_api(name)))
        raise Refusal(HTTPStatus.NOT_FOUND, NO_SUCH_CALL)

    async def _of_one(self, asked: Asked, client: Client, parts: tuple[str, ...]) -> Answer:
        match asked.method, parts:
            case (("GET" | "PUT"), (name,)):
                return await self._one(asked, client, name)
            case "DELETE", (name,):
                return await self._delete(client, name)
            case "GET", (name, "status"):
                return as_json(await self._service.database(lambda: _status(_seen(name, client))))
            case "POST", (name, "credentials"):
                return await self._own_credentials(asked, client, name)
        raise Refusal(HTTPStatus.NOT_FOUND, NO_SUCH_CALL)

    async def _set_up(self, asked: Asked, client: Client) -> Answer:
        sent = await asked.json()
        name, api_name, config = sent.get("bank"), sent.get("api"), sent.get("api_json", {})
        if not isinstance(name, str) or not isinstance(api_name, str) or not isinstance(config, dict):
            raise Refusal(HTTPStatus.BAD_REQUEST, NOT_JSON)
        api, members = _api(api_name), config.get(ONLY_MEMBERS) or []
        address = config.get(ENVIRONMENT) or (api.addresses[0] if api.protocol != "ncmec" else None)
        if not isinstance(address, str) or not isinstance(members, list):
            raise Refusal(HTTPStatus.BAD_REQUEST, CONFIG_UNUSABLE)
        _require_known(api, address, client)
        await self._service.database(
            lambda: for_banks.open_exchange(
                name,
                protocol=api.protocol,
                address=address,
                only_members={str(each) for each in members},
                is_enabled=bool(config.get("enabled", True)),
                owner=client.organisation,
                now=now(),
            )
        )
        return as_json({"message": "Created successfully"}, HTTPStatus.CREATED)

    async def _api(self, asked: Asked, client: Client, name: str) -> Answer:
        api, run = _api(name), self._service.database
        if asked.method == "POST":
            given = (await asked.json()).get("credential_json")
            if given is not None:
                secrets, _ = _secrets(api, given)
                await run(
                    lambda: for_banks.keep_credentials(api.protocol, secrets, owner=client.organisation, now=now())
                )
        has_set = await run(for_banks.has_credentials, api.protocol, client.organisation)
        return as_json({"supports_authentification": True, "has_set_authentification": has_set})

    async def _one(self, asked: Asked, client: Client, name: str) -> Answer:
        if asked.method == "GET":
            return as_json(await self._service.database(lambda: _shown(_seen(name, client))))
        enabled = (await asked.json()).get("enabled")
        return as_json(await self._service.database(lambda: _shown(_enabled(_own(name, client), enabled, client))))

    async def _own_credentials(self, asked: Asked, client: Client, name: str) -> Answer:
        given = (await asked.json()).get("credential_json")
        exchange = await self._service.database(_own, name, client)
        api = APIS[_name_of(exchange)]
        secrets, override = _secrets(api, given)
        if override is not None:
            _require_known(api, override, client)
        await self._service.database(
            lambda: for_banks.set_own_credentials(
                exchange, secrets, address=override, owner=client.organisation, now=now()
            )
        )
        return as_json(_credential_status(exchange))

    async def _delete(self, client: Client, name: str) -> Answer:
        def delete() -> None:
            if for_banks.exchange_of(name) is not None:
                for_banks.close_exchange(_own(name, client), client.organisation, now())

        await self._service.database(delete)
        return as_json({"message": "Exchange deleted"})  # as HMA has it for one that is not there, too


def _api(name: str) -> Api:
    if name not in APIS:
        raise Refusal(HTTPStatus.BAD_REQUEST, NO_SUCH_EXCHANGE_API.of(known=", ".join(APIS)))
    return APIS[name]


def _found(name: str) -> Exchange:
    found = for_banks.exchange_of(name)
    if found is None:
        raise Refusal(HTTPStatus.NOT_FOUND, NO_SUCH_EXCHANGE)
    return found


def _seen(name: str, client: Client) -> Exchange:
    """One of this client's; those of others are as if they were not there. Raises Refusal."""
    found = _found(name)
    if found.hash_list.supplier != client.organisation:
        raise Refusal(HTTPStatus.NOT_FOUND, NO_SUCH_EXCHANGE)
    return found


def _own(name: str, client: Client) -> Exchange:
    """One of this client's. Raises Refusal, NotAllowed."""
    found = _found(name)
    banks.own_bank(name, client.organisation)
    return found


def _require_known(api: Api, address: str, client: Client) -> None:
    """Raise Refusal for an address that the protocol does not know and the client's key does not allow, InvalidUrl for
    what is none."""
    if address not in api.addresses and not may_fetch(client, parse(address)):
        raise Refusal(HTTPStatus.FORBIDDEN, HOST_NOT_ALLOWED)


def _secrets(api: Api, given: object) -> tuple[dict[str, str], str | None]:
    """Secrets by our names, {} where there are to be none, and another address where it was given among them."""
    if not isinstance(given, dict) or not all(isinstance(each, str | None) for each in given.values()):
        raise Refusal(HTTPStatus.BAD_REQUEST, CREDENTIALS_UNUSABLE.of(names=", ".join(api.secrets)))
    override = given.get(OVERRIDE) or None
    filled = {name: value for name, value in given.items() if value and name != OVERRIDE}
    needed = api.secrets.keys() - api.optional
    if filled and not (needed <= filled.keys() <= api.secrets.keys()):
        raise Refusal(HTTPStatus.BAD_REQUEST, CREDENTIALS_UNUSABLE.of(names=", ".join(api.secrets)))
    return ({ours: filled.get(theirs, "") for theirs, ours in api.secrets.items()} if filled else {}), override


def _enabled(exchange: Exchange, enabled: object, client: Client) -> Exchange:
    if not isinstance(enabled, bool):
        return exchange
    return for_banks.set_enabled(exchange, enabled, client.organisation, now())


def _name_of(exchange: Exchange) -> str:
    return next(name for name, api in APIS.items() if api.protocol == exchange.protocol)


def _shown(exchange: Exchange) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "name": exchange.hash_list.name,
        "api": _name_of(exchange),
        "enabled": not exchange.paused,
        "credential_status": _credential_status(exchange),
    }
    if exchange.protocol == "ncmec":
        numbers = [int(each) if each.isdecimal() else each for each in exchange.only_members]
        shown |= {ENVIRONMENT: exchange.address, ONLY_MEMBERS: numbers}
    return shown


def _credential_status(exchange: Exchange) -> dict[str, Any]:
    has_them = exchange.credentials is not None
    return {"has_credentials": has_them, "source": "exchange" if has_them else None}


def _status(exchange: Exchange) -> dict[str, Any]:
    running = exchange.pulls.filter(ended_at=None).order_by("-pk").first()
    pulled = None if exchange.pulled_at is None else int(exchange.pulled_at.timestamp())
    return {
        "checkpoint_ts": pulled,
        "last_fetch_complete_ts": pulled,
        "last_fetch_succeeded": None if pulled is None and not exchange.failures else not exchange.failures,
        "running_fetch_start_ts": None if running is None else int(running.started_at.timestamp()),
        "up_to_date": pulled is not None and not exchange.failures and running is None,
        "fetched_items": exchange.hash_list.entry_count,
    }


def _schema(api: Api) -> dict[str, Any]:
    """What a client has to say, as HMA describes it."""
    config, text = [], "Of the supplier's own service."
    if api.protocol == "ncmec":
        config = [
            _field(ENVIRONMENT, "enum", "Which database to connect to.", choices=list(api.addresses)),
            _field(ONLY_MEMBERS, "set_of_number", "Only take entries of these members.", required=False),
        ]
    secrets = [_field(name, "string", text, required=name not in api.optional) for name in api.secrets]
    if api.protocol != "ncmec":
        secrets.append(_field(OVERRIDE, "string", "Another base address.", required=False))
    return {"config_schema": {"fields": config}, "credentials_schema": {"fields": secrets}}


def _field(
    name: str, kind: str, text: str, *, required: bool = True, choices: list[str] | None = None
) -> dict[str, Any]:
    return {"name": name, "type": kind, "required": required, "default": None, "help": text, "choices": choices}
