"""``/v1/…``: the Shield scan API, as its SDKs call it (Python, TypeScript; paths with and without a closing slash).

HTTP Basic: the key is the password (or the name). Errors are ``{"detail": …}``, two of them in the words that the SDKs'
own tests expect. The PHP SDK knows another name for the second classification and cannot be met together with them.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from orbweaver.detect.hashlists.models import EntryHash
from orbweaver.detect.matching.selectors import marks_of
from orbweaver.detect.media.models import Media
from orbweaver.doors.industry.frame.asked import Answer, Asked, Refusal, as_json
from orbweaver.doors.industry.frame.clients import Client, key_in
from orbweaver.doors.industry.frame.rates import cost_of
from orbweaver.doors.industry.frame.scanner import Finding
from orbweaver.doors.industry.frame.service import Service
from orbweaver.doors.industry.messages import (
    HOST_NOT_ALLOWED,
    NO_SUCH_CALL,
    NOT_JSON,
    SHIELD_HOST_NOT_ALLOWED,
    SHIELD_KEY_NEEDED,
    SHIELD_NOT_PDQ,
    TOO_MANY_HASHES,
)
from orbweaver.people.accounts.rules import Permission

NO_KNOWN_MATCH: Final = "no-known-match"
CSAM: Final = "csam"
HARMFUL: Final = "harmful-abusive-material"
CLASSIFICATIONS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("csam", "a1", "a2", "b1", "b2"), CSAM),
    **dict.fromkeys(("csam_related", "other_harmful", "unclassified"), HARMFUL),
}
"""Our categories and those of NCMEC, in the two that these clients know. ``test`` is never sent: their parsers fail."""
MOST_HASHES: Final = 10_000
_NO_MATCH: Final = json.dumps({"classification": NO_KNOWN_MATCH, "match_type": None, "near_match_details": None})


Call = Callable[[Asked, Client], Awaitable[Answer]]


class Shield:
    """The calls of the Shield API."""

    name = "shield"
    below = ("v1",)

    def __init__(self, service: Service) -> None:
        self._service = service
        self._calls: dict[tuple[str, ...], Call] = {("media",): self._media, ("url",): self._url, ("pdq",): self._pdq}

    async def answer(self, asked: Asked) -> Answer:
        """Scan a file, an address or hashes."""
        call = self._calls.get(asked.parts)
        if call is None:
            raise Refusal(HTTPStatus.NOT_FOUND, NO_SUCH_CALL)
        asked.only("POST")
        client = asked.by(await self._service.clients.of(key_in(asked.headers), otherwise=SHIELD_KEY_NEEDED))
        client.needs(Permission.SCAN_USE)
        return await call(asked, client)

    def refuse(self, refusal: Refusal) -> Answer:
        """As the SDKs read errors."""
        message = SHIELD_HOST_NOT_ALLOWED if refusal.message == HOST_NOT_ALLOWED else refusal.message
        return as_json({"detail": str(message)}, refusal.status)

    async def _media(self, asked: Asked, client: Client) -> Answer:
        await self._service.rates.take(client, 1, asked)
        body = await asked.file(self._service.largest_file)
        return await self._scanned(client, asked, body)

    async def _url(self, asked: Asked, client: Client) -> Answer:
        url = (await asked.json()).get("url")
        if not isinstance(url, str):
            raise Refusal(HTTPStatus.BAD_REQUEST, NOT_JSON)
        await self._service.rates.take(client, 1, asked)
        async with self._service.addresses.file_at(client, url) as body:
            return await self._scanned(client, asked, body)

    async def _scanned(self, client: Client, asked: Asked, body: bytes) -> Answer:
        finding = await self._service.scanner.scan(client, asked.count, body)
        known = await self._service.database(known_digests, finding) if finding.matches else {}
        return as_json(scanned_media(finding, known))

    async def _pdq(self, asked: Asked, client: Client) -> Answer:
        given = (await asked.json()).get("hashes")
        if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
            raise Refusal(HTTPStatus.BAD_REQUEST, NOT_JSON)
        if len(given) > MOST_HASHES:
            raise Refusal(HTTPStatus.BAD_REQUEST, TOO_MANY_HASHES.of(most=MOST_HASHES))
        texts = list(dict.fromkeys(given))
        values = [_pdq_of(text) for text in texts]
        await self._service.rates.take(client, cost_of(len(values)), asked)
        findings = await self._service.scanner.look_up(client, asked.count, "pdq", values)
        rows = await self._rows(findings)
        # what is base64 needs no escaping
        compared = ", ".join([f'"{text}": {row}' for text, row in zip(texts, rows, strict=True)])
        return Answer(body=f'{{"scanned_hashes": {{{compared}}}}}'.encode())

    async def _rows(self, findings: Sequence[Finding | None]) -> list[str]:
        """What is said of each hash, as JSON; most hit nothing, and are not worth more than a constant."""
        if not any(findings):
            return [_NO_MATCH] * len(findings)
        return await self._service.database(lambda: [_row(each) if each else _NO_MATCH for each in findings])


def _graver(finding: Finding) -> str | None:
    graver = finding.told.graver_to_look_at
    return None if graver is None else CLASSIFICATIONS.get(graver, HARMFUL)


def scanned_media(finding: Finding, known: Mapping[int, tuple[bytes, bytes]]) -> dict[str, Any]:
    """``ScannedMedia`` of the SDKs. Ours are ``matches``, what is hit also where no whole digests are known of it, and
    ``needs_a_look``: no filter should act on it without a person."""
    classification = classification_of(finding)
    return {
        "size_bytes": finding.prints.size,
        "sha1_base32": _base32(finding.prints.sha1),
        "sha256_hex": finding.prints.sha256.hex().upper(),
        "classification": classification,
        "match_type": finding.told.match_type if classification != NO_KNOWN_MATCH else None,
        "near_match_details": near_details(finding, known),
        "needs_a_look": finding.told.needs_a_look or finding.told.is_possible,
        "graver_to_look_at": _graver(finding),
        "matches": [
            {
                "kind": hit.kind,
                "distance": hit.distance,
                "classification": CLASSIFICATIONS.get(entry.classification, HARMFUL),
                "list": entry.hash_list.name,
                "supplier": entry.hash_list.supplier,
                "mark": marks_of(hit, entry),
            }
            for hit, entry in finding.matches
        ],
    }


def classification_of(finding: Finding) -> str:
    """What a filter is told, in the words of these clients."""
    kind = finding.told.classification
    return NO_KNOWN_MATCH if kind == NO_KNOWN_MATCH else CLASSIFICATIONS.get(kind, HARMFUL)


def near_details(finding: Finding, known: Mapping[int, tuple[bytes, bytes]]) -> list[dict[str, Any]]:
    """The known pictures that are near, each with whole digests; one of which there are none is left out, and so is
    one that a piece alone is near: these clients take a row as what the file is."""
    rows = []
    for hit, entry in finding.matches:
        near = None if hit.is_derived else hit.near
        if near is not None and (digests := known.get(near.hash_id)) is not None:
            rows.append(
                {
                    "timestamp": near.position.time_s if near.position is not None else 0.0,
                    "sha1_base32": _base32(digests[0]),
                    "sha256_hex": digests[1].hex().upper(),
                    "classification": CLASSIFICATIONS.get(entry.classification, HARMFUL),
                }
            )
    return rows


def known_digests(finding: Finding) -> dict[int, tuple[bytes, bytes]]:
    """SHA-1 and SHA-256 of the known pictures that are near, by the hashes that are hit, as far as they are known: the
    entry says them, or the hotline has a picture with the same PDQ."""
    near = {hit.near.hash_id: entry for hit, entry in finding.matches if hit.near is not None}
    found = {}
    for hash_id, entry in near.items():
        digests = {each.kind: bytes(each.value) for each in entry.live_hashes}
        if "sha1" in digests and "sha256" in digests:
            found[hash_id] = (digests["sha1"], digests["sha256"])
    values = dict(EntryHash.objects.filter(pk__in=near.keys() - found.keys()).values_list("pk", "value"))
    seen = Media.objects.filter(pdq__in=[bytes(value) for value in values.values()])
    by_pdq = {
        bytes(pdq or b""): (bytes(sha1), bytes(sha256))
        for pdq, sha1, sha256 in seen.values_list("pdq", "sha1", "sha256")
    }
    return found | {pk: by_pdq[bytes(value)] for pk, value in values.items() if bytes(value) in by_pdq}


def _row(finding: Finding) -> str:
    classification = classification_of(finding)
    details = near_details(finding, known_digests(finding))
    return json.dumps(
        {
            "classification": classification,
            "match_type": "near" if classification != NO_KNOWN_MATCH else None,
            "near_match_details": details[0] if details else None,
        }
    )


def _pdq_of(text: str) -> bytes:
    try:
        value = binascii.a2b_base64(text, strict_mode=True)
    except (binascii.Error, ValueError):
        value = b""
    if len(value) != 32:
        raise Refusal(HTTPStatus.BAD_REQUEST, SHIELD_NOT_PDQ)
    return value


def _base32(digest: bytes) -> str:
    return base64.b32encode(digest).decode()
