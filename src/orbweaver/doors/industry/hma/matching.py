"""``/h`` and ``/m``: hashes of a file, and what they match, by bank."""

from __future__ import annotations

import datetime as dt
import random
import time
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from orbweaver.detect.hashlists.models import Bank, BankContent, HashListEntry
from orbweaver.detect.matching.rules import EntryHit
from orbweaver.detect.matching.selectors import marks_of
from orbweaver.doors.industry.frame.asked import Answer, Asked, Refusal, as_json
from orbweaver.doors.industry.frame.clients import Client
from orbweaver.doors.industry.frame.scanner import Finding
from orbweaver.doors.industry.frame.service import Service
from orbweaver.doors.industry.hma.forms import form_of, is_form
from orbweaver.doors.industry.messages import (
    NO_SUCH_CALL,
    NOT_A_SIGNAL,
    NOTHING_TO_LOOK_UP,
    PARAMETER_MISSING,
    TWO_HASHES,
    UNKNOWN_SIGNAL_TYPE,
)
from orbweaver.fingerprints import Fingerprints
from orbweaver.fingerprints.errors import BadFingerprint
from orbweaver.fingerprints.kinds import FingerprintKind, kinds
from orbweaver.people.accounts.rules import Permission
from orbweaver.platform.clock import now

VIDEO_MD5: Final = "video_md5"
"""HMA's name for MD5, which it makes of videos alone."""
ByBank = dict[str, list[dict[str, Any]]]


def kind_of(signal_type: str) -> FingerprintKind:
    """The kind that HMA calls by this name. Raises Refusal."""
    found = kinds().get("md5" if signal_type == VIDEO_MD5 else signal_type)
    if found is None:
        raise Refusal(HTTPStatus.BAD_REQUEST, UNKNOWN_SIGNAL_TYPE.of(known=", ".join(signal_types())))
    return found


def signal_types() -> list[str]:
    """The kinds by HMA's names."""
    return [VIDEO_MD5 if name == "md5" else name for name in kinds()]


def value_of(signal_type: str, signal: object) -> bytes:
    """The hash that a client wrote. Raises Refusal, also for an empty one."""
    kind = kind_of(signal_type)
    try:
        return kind.parse(signal if isinstance(signal, str) else "")
    except BadFingerprint:
        raise Refusal(HTTPStatus.BAD_REQUEST, NOT_A_SIGNAL.of(kind=signal_type)) from None


def signals_of(prints: Fingerprints, content_type: str = "") -> dict[str, str]:
    """The hashes that HMA makes: PDQ of a picture, MD5 of a video."""
    is_video = content_type == "video" or (not content_type and (prints.mime or "").startswith("video/"))
    if is_video:
        return {VIDEO_MD5: prints.md5.hex()}
    return {"pdq": prints.pdq.hex()} if prints.pdq is not None else {}


class Matching:
    """The calls below ``/h`` and ``/m``."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def answer(self, asked: Asked, client: Client) -> Answer:
        """Hash, look up or compare."""
        client.needs(Permission.SCAN_USE)
        match asked.method, asked.parts:
            case (("GET" | "POST"), ("h", "hash")):
                return as_json(await self.hashes(asked, client))
            case "GET", ("m", "raw_lookup"):
                return await self._raw_lookup(asked, client)
            case (("GET" | "POST"), ("m", "lookup")):
                return await self._lookup(asked, client)
            case "POST", ("m", "compare"):
                return self._compare(await asked.json())
            case "GET", ("m", "index", "status"):
                return await self._index_status(asked)
        raise Refusal(HTTPStatus.NOT_FOUND, NO_SUCH_CALL)

    async def hashes(self, asked: Asked, client: Client) -> dict[str, str]:
        """The hashes of a file that is sent or named. Raises Refusal."""
        if is_form(asked):
            form = await form_of(asked, self._service.largest_file)
            await self._service.rates.take(client, 1, asked)
            return signals_of(await self._service.scanner.fingerprint(form.body), form.content_type)
        return await self.hashes_at(asked, client)

    async def hashes_at(self, asked: Asked, client: Client) -> dict[str, str]:
        """The hashes of the file at ``url``. Raises Refusal."""
        url = required(asked, "url")
        await self._service.rates.take(client, 1, asked)
        async with self._service.addresses.file_at(client, url) as body:
            found = signals_of(await self._service.scanner.fingerprint(body), asked.query.get("content_type", ""))
        wanted = [each for each in asked.query.get("types", "").split(",") if each]
        return {name: value for name, value in found.items() if not wanted or name in wanted}

    async def _raw_lookup(self, asked: Asked, client: Client) -> Answer:
        signal_type, signal = required(asked, "signal_type"), required(asked, "signal")
        rows = [row for each in (await self._banks_hit(asked, client, signal_type, signal)).values() for row in each]
        if asked.query.get("include_distance", "").lower() in ("1", "true", "yes"):
            return as_json({"matches": [{name: row[name] for name in ("bank_content_id", "distance")} for row in rows]})
        return as_json({"matches": [row["bank_content_id"] for row in rows]})

    async def _lookup(self, asked: Asked, client: Client) -> Answer:
        if asked.method == "GET" and "signal" in asked.query:
            signal_type = required(asked, "signal_type")
            return as_json(await self._banks_hit(asked, client, signal_type, asked.query["signal"]))
        finding = await self._scanned(asked, client)
        by_type: dict[str, list[tuple[EntryHit, HashListEntry]]] = {name: [] for name in signals_of(finding.prints)}
        for hit, entry in finding.matches:
            if hit.is_derived:  # a client takes each row as what the file is
                continue
            for kind in hit.distances:
                by_type.setdefault(VIDEO_MD5 if kind == "md5" else kind, []).append((hit, entry))
        found = await self._service.database(
            lambda: {name: _by_bank(matches, asked.query, name) for name, matches in by_type.items()}
        )
        wanted = asked.query.get("signal_type")
        return as_json(found.get(wanted, {}) if wanted else found)

    async def _scanned(self, asked: Asked, client: Client) -> Finding:
        if is_form(asked):
            form = await form_of(asked, self._service.largest_file)
            await self._service.rates.take(client, 1, asked)
            return await self._service.scanner.scan(client, asked.count, form.body)
        if "url" not in asked.query:
            raise Refusal(HTTPStatus.BAD_REQUEST, NOTHING_TO_LOOK_UP)
        await self._service.rates.take(client, 1, asked)
        async with self._service.addresses.file_at(client, asked.query["url"]) as body:
            return await self._service.scanner.scan(client, asked.count, body)

    async def _banks_hit(self, asked: Asked, client: Client, signal_type: str, signal: str) -> ByBank:
        value = value_of(signal_type, signal)
        await self._service.rates.take(client, 1, asked)
        (finding,) = await self._service.scanner.look_up(client, asked.count, kind_of(signal_type).name, [value])
        if finding is None:
            return {}
        return await self._service.database(_by_bank, finding.matches, asked.query, signal_type)

    def _compare(self, pairs: Mapping[str, Any]) -> Answer:
        answers = {}
        for signal_type, pair in pairs.items():
            kind = kind_of(signal_type)
            if not isinstance(pair, list) or len(pair) != 2:
                raise Refusal(HTTPStatus.BAD_REQUEST, TWO_HASHES)
            distance = kind.distance(*(value_of(signal_type, each) for each in pair))
            answers[signal_type] = [distance <= kind.radius, {"distance": distance}]
        return as_json(answers)

    async def _index_status(self, asked: Asked) -> Answer:
        wanted = asked.query.get("signal_type")
        if wanted is not None:
            kind_of(wanted)
        sizes = await self._service.following.sizes()
        built = int(time.time() - self._service.following.age_s)
        rows = {
            name: {"present": True, "built_to": built, "size": sizes.get("md5" if name == VIDEO_MD5 else name, 0)}
            for name in signal_types()
        }
        return as_json({name: row for name, row in rows.items() if wanted in (None, name)})


def required(asked: Asked, name: str) -> str:
    """A parameter of the query. Raises Refusal."""
    found = asked.query.get(name)
    if not found:
        raise Refusal(HTTPStatus.BAD_REQUEST, PARAMETER_MISSING.of(name=name))
    return found


def _by_bank(matches: Sequence[tuple[EntryHit, HashListEntry]], query: Mapping[str, str], signal_type: str) -> ByBank:
    """Matches by this kind of hash, by the name of their list, without banks and contents that are disabled now."""
    lists = {entry.hash_list_id for _, entry in matches}
    banks = {bank.pk: bank for bank in Bank.objects.filter(pk__in=lists)}
    hidden = _disabled([entry.pk for _, entry in matches], now())
    kind = "md5" if signal_type == VIDEO_MD5 else signal_type
    wanted = {each for each in query.get("banks", "").split(",") if each}
    chance = random.Random(query.get("seed") or None).random()  # noqa: S311 - it chooses whom a bank is shown to
    bypass = query.get("bypass_coinflip", "").lower() in ("1", "true", "yes")
    found: ByBank = {}
    for hit, entry in matches:
        name, bank = entry.hash_list.name, banks.get(entry.hash_list_id)
        is_off = bank is not None and not bypass and chance >= bank.enabled_ratio
        if is_off or entry.pk in hidden or (wanted and name not in wanted):
            continue
        row = {"bank_content_id": entry.pk, "distance": str(hit.distances[kind])}
        found.setdefault(name, []).append(row | {"classification": entry.classification, "mark": marks_of(hit, entry)})
    return found


def _disabled(entries: Sequence[int], moment: dt.datetime) -> set[int]:
    """The entries that their clients do not want to see now."""
    contents = BankContent.objects.filter(pk__in=entries, disabled_until__gt=moment)
    return set(contents.values_list("pk", flat=True))
