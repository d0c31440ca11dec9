"""``/api/v1/…``: our own calls. Hash at home and ask with the hashes alone, or send the file, or its address.

Errors are problems of RFC 9457 with a stable ``code``. ``openapi.json`` describes it all, and needs no key.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final

from orbweaver.detect.hashlists.for_tests import PICTURES
from orbweaver.detect.matching.filtering import NO_KNOWN_MATCH
from orbweaver.detect.matching.selectors import marks_of
from orbweaver.doors.industry.frame.asked import Answer, Asked, Refusal, as_json
from orbweaver.doors.industry.frame.clients import Client, key_in
from orbweaver.doors.industry.frame.rates import cost_of
from orbweaver.doors.industry.frame.scanner import Finding
from orbweaver.doors.industry.frame.service import Service
from orbweaver.doors.industry.messages import NO_SUCH_CALL, NOT_A_HASH, NOT_JSON, TOO_MANY_HASHES
from orbweaver.doors.industry.ours.links import notices_about
from orbweaver.doors.industry.ours.listing import LARGEST, MOST, number_in, page_of
from orbweaver.doors.industry.ours.openapi import description
from orbweaver.fingerprints.errors import BadFingerprint
from orbweaver.fingerprints.kinds import FingerprintKind, kind_named
from orbweaver.people.accounts.rules import Permission

MOST_HASHES: Final = 10_000
_NOTHING: Final = json.dumps(
    {
        "classification": NO_KNOWN_MATCH,
        "match_type": None,
        "needs_a_look": False,
        "graver_to_look_at": None,
        "matches": [],
    }
)


Call = Callable[[Asked, Client], Awaitable[Answer]]


class Ours:
    """The calls of version 1."""

    name = "ours"
    below = ("api", "v1")

    def __init__(self, service: Service) -> None:
        self._service = service
        scans = {("scan",): self._scan, ("scan", "url"): self._url, ("scan", "hashes"): self._hashes}
        self._calls: dict[tuple[str, ...], tuple[str, Permission, Call]] = {
            **{parts: ("POST", Permission.SCAN_USE, call) for parts, call in scans.items()},
            ("jobs",): ("POST", Permission.SCAN_USE, self._hand_in),
            ("entries",): ("GET", Permission.LIST_READ, self._entries),
        }
        self._description = as_json(description(service.largest_file, MOST_HASHES))

    async def answer(self, asked: Asked) -> Answer:
        """Scan a file, an address or hashes, or describe all that."""
        if asked.parts == ("openapi.json",):
            asked.only("GET")
            return self._description
        if asked.parts[:1] == ("test-pictures",):
            asked.only("GET")
            return await asyncio.to_thread(_test_picture, asked.parts[1:])
        found = self._calls.get(asked.parts)
        if found is None and asked.parts[:1] == ("jobs",) and len(asked.parts) == 2:
            found = ("GET", Permission.SCAN_USE, self._job)
        if found is None:
            raise Refusal(HTTPStatus.NOT_FOUND, NO_SUCH_CALL)
        method, scope, call = found
        asked.only(method)
        client = asked.by(await self._service.clients.of(key_in(asked.headers)))
        client.needs(scope)
        return await call(asked, client)

    def refuse(self, refusal: Refusal) -> Answer:
        """As a problem of RFC 9457."""
        problem = {
            "type": "about:blank",
            "title": HTTPStatus(refusal.status).phrase,
            "status": int(refusal.status),
            "detail": str(refusal.message),
            "code": refusal.message.code.removeprefix("industry."),
        }
        return as_json(problem, refusal.status, "application/problem+json")

    async def _scan(self, asked: Asked, client: Client) -> Answer:
        await self._service.rates.take(client, 1, asked)
        body = await asked.file(self._service.largest_file)
        return await self._answer(client, await self._service.scanner.scan(client, asked.count, body))

    async def _answer(self, client: Client, finding: Finding) -> Answer:
        return as_json(await self._out(client, finding))

    async def _out(self, client: Client, finding: Finding) -> dict[str, Any]:
        """What is known of a file, and the notices about it that the client's organisation has."""
        has_notices = finding.matches and Permission.NOTICE_ANSWER.value in client.scopes
        notices = await self._service.database(notices_about, client, finding) if has_notices else []
        return {**scan_out(finding), "notices": notices}

    async def _hand_in(self, asked: Asked, client: Client) -> Answer:
        self._service.jobs.require_free(client)
        await self._service.rates.take(client, 1, asked)
        job = self._service.jobs.start(client, self.name, await asked.file(self._service.largest_file))
        state, progress = self._service.jobs.progress_of(job)
        shown = {"id": job.name, "state": state, "progress": progress, "result": None}
        made = as_json(shown, HTTPStatus.ACCEPTED)
        return replace(made, headers={"Location": f"/api/v1/jobs/{job.name}", "Retry-After": "1"})

    async def _job(self, asked: Asked, client: Client) -> Answer:
        job = self._service.jobs.of(client, asked.parts[1])
        state, progress = self._service.jobs.progress_of(job)
        result = await self._out(client, job.finding) if job.finding is not None else None
        return as_json({"id": job.name, "state": state, "progress": round(progress, 3), "result": result})

    async def _entries(self, asked: Asked, client: Client) -> Answer:
        after, most = number_in(asked, "after", 0, LARGEST), number_in(asked, "limit", MOST, MOST)
        return as_json(await self._service.database(page_of, after, max(1, most)))

    async def _url(self, asked: Asked, client: Client) -> Answer:
        url = (await asked.json()).get("url")
        if not isinstance(url, str):
            raise Refusal(HTTPStatus.BAD_REQUEST, NOT_JSON)
        await self._service.rates.take(client, 1, asked)
        async with self._service.addresses.file_at(client, url) as body:
            return await self._answer(client, await self._service.scanner.scan(client, asked.count, body))

    async def _hashes(self, asked: Asked, client: Client) -> Answer:
        sent = await asked.json()
        kind_name, texts = sent.get("kind", "pdq"), sent.get("hashes")
        if not isinstance(kind_name, str) or not isinstance(texts, list):
            raise Refusal(HTTPStatus.BAD_REQUEST, NOT_JSON)
        if len(texts) > MOST_HASHES:
            raise Refusal(HTTPStatus.BAD_REQUEST, TOO_MANY_HASHES.of(most=MOST_HASHES))
        kind = kind_named(kind_name)
        values = [_value(kind, number, text) for number, text in enumerate(texts, 1)]
        await self._service.rates.take(client, cost_of(len(values)), asked)
        findings = await self._service.scanner.look_up(client, asked.count, kind.name, values)
        rows = ", ".join(_NOTHING if each is None else json.dumps(told_of(each)) for each in findings)
        return Answer(body=f'{{"kind": {json.dumps(kind.name)}, "results": [{rows}]}}'.encode())


def _test_picture(parts: tuple[str, ...]) -> Answer:
    """A harmless picture that keys for tests find."""
    path = PICTURES.get(parts[0]) if len(parts) == 1 else None
    if path is None:
        raise Refusal(HTTPStatus.NOT_FOUND, NO_SUCH_CALL)
    return Answer(body=path.read_bytes(), content_type="image/jpeg")


def scan_out(finding: Finding) -> dict[str, Any]:
    """What is known of a file; digests in hexadecimal."""
    prints = finding.prints
    return {
        "sha256": prints.sha256.hex(),
        "sha1": prints.sha1.hex(),
        "md5": prints.md5.hex(),
        "pdq": prints.pdq.hex() if prints.pdq else None,
        "pdq_quality": prints.pdq_quality,
        "width": prints.width,
        "height": prints.height,
        "size": prints.size,
        "error": prints.error,
        **told_of(finding),
    }


def told_of(finding: Finding) -> dict[str, Any]:
    """What a filter is told, and every entry that is hit, with where it comes from."""
    return {
        "classification": finding.told.classification,
        "match_type": finding.told.match_type,
        "needs_a_look": finding.told.needs_a_look,
        "graver_to_look_at": finding.told.graver_to_look_at,
        "matches": [
            {
                "entry": entry.public_id,
                "supplier_id": entry.supplier_id,
                "media": entry.media_type,
                "kind": hit.kind,
                "distance": hit.distance,
                "kinds": hit.distances,
                "classification": entry.classification,
                "list_name": entry.hash_list.name,
                "supplier": entry.hash_list.supplier,
                "source": entry.source,
                "series": entry.series_name,
                "identified": entry.identified,
                "is_frame": hit.is_frame,
                "mark": marks_of(hit, entry),
                "proof": hit.proof,
                "mirrored": hit.mirrored,
                "query_quad": hit.quad,
            }
            for hit, entry in finding.matches
        ],
    }


def _value(kind: FingerprintKind, number: int, text: object) -> bytes:
    if isinstance(text, str):
        try:
            return kind.parse(text)
        except BadFingerprint:
            pass
    raise Refusal(HTTPStatus.BAD_REQUEST, NOT_A_HASH.of(number=number, kind=kind.name))
