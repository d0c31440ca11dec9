"""``/c``: banks and what is in them."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

from orbweaver.detect.exchanges.for_banks import close_bank
from orbweaver.detect.hashlists import banks
from orbweaver.detect.hashlists.errors import NoSuchBank
from orbweaver.detect.hashlists.models import Bank, BankContent
from orbweaver.doors.industry.frame.asked import Answer, Asked, Refusal, as_json
from orbweaver.doors.industry.frame.clients import Client
from orbweaver.doors.industry.frame.service import Service
from orbweaver.doors.industry.hma.exchanges import Exchanges
from orbweaver.doors.industry.hma.forms import form_of, is_form
from orbweaver.doors.industry.hma.matching import VIDEO_MD5, Matching, kind_of, signal_types, signals_of, value_of
from orbweaver.doors.industry.messages import NO_SIGNALS, NO_SUCH_CALL, NOT_JSON
from orbweaver.people.accounts.rules import Permission
from orbweaver.platform.clock import now

ENABLED: Final = 1
"""HMA's ``disable_until_ts`` of what is not disabled."""
NOTE: Final = 255
FIVE_YEARS: Final = dt.timedelta(days=5 * 365)


class Banks:
    """The calls below ``/c``."""

    def __init__(self, service: Service, matching: Matching) -> None:
        self._service, self._matching, self._exchanges = service, matching, Exchanges(service)

    async def answer(self, asked: Asked, client: Client) -> Answer:
        """Read or change banks, or say what there is."""
        client.needs(Permission.LIST_READ if asked.method == "GET" else Permission.LIST_EDIT)
        match asked.parts[1:]:
            case ("banks",):
                return await self._all(asked, client)
            case ("bank", name):
                return await self._one(asked, client, name)
            case ("bank", name, "content", number) if number.isdecimal() and len(number) < 19:
                return await self._content(asked, client, name, int(number))
            case ("bank", name, ("content" | "signal") as what):
                asked.only("POST")
                return await (self._add_content if what == "content" else self._add_signals)(asked, client, name)
            case (("exchanges" | "exchange"), *_):
                return await self._exchanges.answer(asked, client)
        return _fixed(asked)

    async def _all(self, asked: Asked, client: Client) -> Answer:
        asked.only("GET", "POST")
        if asked.method == "GET":
            return as_json([_bank(each) for each in await self._service.database(banks.open_banks)])
        sent = await asked.json()
        if "name" not in sent:
            missing = {"type": "missing", "loc": ["name"], "msg": "Field required", "input": sent}
            return as_json([missing], HTTPStatus.UNPROCESSABLE_ENTITY)
        opened = await self._service.database(
            banks.open_bank, _text(sent, "name"), _ratio(sent, 1.0), client.organisation, now()
        )
        return as_json(_bank(opened), HTTPStatus.CREATED)

    async def _one(self, asked: Asked, client: Client, name: str) -> Answer:
        asked.only("GET", "PUT", "DELETE")
        run = self._service.database
        if asked.method == "GET":
            return as_json(_bank(await run(banks.bank_named, name)))
        if asked.method == "DELETE":
            try:
                bank = await run(banks.own_bank, name, client.organisation)
            except NoSuchBank:
                return as_json({"message": "Done"})  # as HMA has it: what is to be gone is gone
            await run(close_bank, bank, client.organisation, now())
            return as_json({"message": "Done"})
        sent = await asked.json()
        bank = await run(banks.own_bank, name, client.organisation)
        other = _text(sent, "name") if "name" in sent else None
        ratio = _ratio(sent, bank.enabled_ratio)
        return as_json(_bank(await run(banks.change_bank, bank, now(), name=other, ratio=ratio)))

    async def _add_content(self, asked: Asked, client: Client, name: str) -> Answer:
        bank = await self._service.database(banks.own_bank, name, client.organisation)
        if is_form(asked):
            form = await form_of(asked, self._service.largest_file)
            await self._service.rates.take(client, 1, asked)
            signals = signals_of(await self._service.scanner.fingerprint(form.body), form.content_type)
            return await self._added(bank, signals, form.fields.get("note", ""), _metadata(form.fields))
        sent = await asked.json() if asked.headers.get("Content-Type", "").startswith("application/json") else {}
        metadata = sent.get("metadata") or _metadata(asked.query)
        if not isinstance(metadata, dict):
            raise Refusal(HTTPStatus.BAD_REQUEST, NOT_JSON)
        signals = await self._matching.hashes_at(asked, client)
        return await self._added(bank, signals, str(sent.get("note") or asked.query.get("note", "")), metadata)

    async def _add_signals(self, asked: Asked, client: Client, name: str) -> Answer:
        bank = await self._service.database(banks.own_bank, name, client.organisation)
        sent = await asked.json()
        note = str(sent.pop("note", "") or "")
        metadata = sent.pop("metadata", {})
        return await self._added(bank, sent, note, metadata if isinstance(metadata, dict) else {})

    async def _added(self, bank: Bank, signals: Mapping[str, Any], note: str, metadata: Mapping[str, Any]) -> Answer:
        if not signals:
            raise Refusal(HTTPStatus.BAD_REQUEST, NO_SIGNALS)
        values = [(kind_of(name).name, value_of(name, signal)) for name, signal in signals.items()]
        content = await self._service.database(
            banks.add_content, bank, values, now(), note=note[:NOTE], metadata=metadata
        )
        return as_json({"id": content.pk, "signals": dict(signals)})

    async def _content(self, asked: Asked, client: Client, name: str, number: int) -> Answer:
        asked.only("GET", "PUT", "DELETE")
        run = self._service.database
        bank = await run(banks.own_bank, name, client.organisation)
        found = await run(banks.content_of, bank, number)
        if asked.method == "GET":
            return as_json(
                await run(_content, bank, found, _flag(asked, "include_signals"), _flag(asked, "include_metadata"))
            )
        if asked.method == "DELETE":
            await run(banks.remove_content, found, now())
            return as_json({"deleted": 1})
        sent = await asked.json()
        until = _until(sent.get("disable_until_ts", ENABLED), now())
        note = sent.get("note")
        changed = await run(banks.disable_content, found, until=until, note=note if isinstance(note, str) else None)
        return as_json(await run(_content, bank, changed, False, False))


def _fixed(asked: Asked) -> Answer:
    """What no client changes: the types."""
    match asked.method, asked.parts[1:]:
        case "GET", ("signal_type",):
            return as_json([{"name": name, "enabled_ratio": 1.0} for name in signal_types()])
        case "GET", ("content_type",):
            return as_json([{"name": name, "enabled": True} for name in ("photo", "video")])
    raise Refusal(HTTPStatus.NOT_FOUND, NO_SUCH_CALL)


def _bank(bank: Bank) -> dict[str, Any]:
    return {"name": bank.hash_list.name, "matching_enabled_ratio": bank.enabled_ratio}


def _content(bank: Bank, content: BankContent, with_signals: bool, with_metadata: bool) -> dict[str, Any]:
    until = content.disabled_until
    shown: dict[str, Any] = {
        "id": content.pk,
        "disable_until_ts": ENABLED if until is None else int(until.timestamp()),
        "collab_metadata": {},
        "original_media_uri": content.metadata.get("content_uri"),
        "bank": _bank(bank),
        "note": content.note,
    }
    if with_signals:
        shown["signals"] = {
            VIDEO_MD5 if each.kind == "md5" else each.kind: bytes(each.value).hex()
            for each in content.entry.live_hashes
        }
    return shown | ({"metadata": content.metadata} if with_metadata else {})


def _text(sent: Mapping[str, Any], name: str) -> str:
    if not isinstance(sent[name], str):
        raise Refusal(HTTPStatus.BAD_REQUEST, NOT_JSON)
    return str(sent[name])


def _ratio(sent: Mapping[str, Any], otherwise: float) -> float:
    """``enabled_ratio`` (clients send it as text, too), or ``enabled``."""
    given = sent.get("enabled_ratio")
    if given is None:
        return otherwise if sent.get("enabled") is None else float(bool(sent["enabled"]))
    return _number(float, given)


def _until(given: object, moment: dt.datetime) -> dt.datetime | None:
    """HMA's time: 1 is enabled, 0 disabled for good, else seconds since 1970. Five years are for good."""
    seconds = int(_number(float, given))
    if seconds == ENABLED:
        return None
    latest = moment + FIVE_YEARS
    if seconds == 0:
        return latest
    if not 0 < seconds <= latest.timestamp():
        raise Refusal(HTTPStatus.BAD_REQUEST, NOT_JSON)
    return dt.datetime.fromtimestamp(seconds, dt.UTC)


def _number(make: Callable[[Any], float], given: object) -> float:
    try:
        return make(given)
    except (TypeError, ValueError, OverflowError):
        raise Refusal(HTTPStatus.BAD_REQUEST, NOT_JSON) from None


def _metadata(fields: Mapping[str, str]) -> dict[str, Any]:
    """What clients say of a content in the fields of a form, or in the query beside its address."""
    found: dict[str, Any] = {name: fields[name] for name in ("content_id", "content_uri") if name in fields}
    return found | ({"json": _object(fields["metadata"])} if "metadata" in fields else {})


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise Refusal(HTTPStatus.BAD_REQUEST, NOT_JSON)
    return value


def _flag(asked: Asked, name: str) -> bool:
    return asked.query.get(name, "").lower() in ("1", "true", "yes")
