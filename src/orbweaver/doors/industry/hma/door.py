"""Which call, and who asks: by key, or from a network that the operator trusts."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import Final

from orbweaver.detect.hashlists.errors import NoSuchBank
from orbweaver.doors.industry.frame.asked import Answer, Asked, Refusal, as_json
from orbweaver.doors.industry.frame.clients import KEY_PREFIX, Client, key_in
from orbweaver.doors.industry.frame.service import Service
from orbweaver.doors.industry.hma.banks import Banks
from orbweaver.doors.industry.hma.matching import Matching
from orbweaver.doors.industry.messages import NO_SUCH_CALL
from orbweaver.errors import Conflict
from orbweaver.people.accounts.rules import Permission
from orbweaver.platform.runtime.visitor import is_within

STALE_S: Final = 60.0
"""An index that has not followed the lists for so long is stale."""
OWNER: Final = "HMA clients of trusted networks"
"""The supplier of banks that are opened without a key."""
_MAY: Final = frozenset({Permission.SCAN_USE.value, Permission.LIST_READ.value, Permission.LIST_EDIT.value})


class Hma:
    """The calls of HMA."""

    name = "hma"
    below = ("hma",)

    def __init__(self, service: Service) -> None:
        self._service = service
        matching = Matching(service)
        self._parts: dict[str, Matching | Banks] = {"h": matching, "m": matching, "c": Banks(service, matching)}

    async def answer(self, asked: Asked) -> Answer:
        """Do what is asked."""
        key = asked.parts[0] if asked.parts and asked.parts[0].startswith(KEY_PREFIX) else ""
        if key:
            asked = replace(asked, parts=asked.parts[1:])
        if asked.parts in (("status",), ("status", "live")):
            asked.only("GET", "HEAD")
            return self._status(asked.parts)
        client = asked.by(await self._client(asked, key))
        part = self._parts.get(asked.parts[0]) if asked.parts else None
        if part is None:
            raise Refusal(HTTPStatus.NOT_FOUND, NO_SUCH_CALL)
        try:
            return await part.answer(asked, client)
        except NoSuchBank as error:
            raise Refusal(HTTPStatus.NOT_FOUND, error.message) from None
        except Conflict as error:  # HMA says so
            raise Refusal(HTTPStatus.FORBIDDEN, error.message) from None

    def refuse(self, refusal: Refusal) -> Answer:
        """As HMA says errors."""
        return as_json({"message": str(refusal.message)}, refusal.status)

    def _status(self, parts: tuple[str, ...]) -> Answer:
        age = self._service.following.age_s
        if parts == ("status",) and age == float("inf"):
            return Answer(HTTPStatus.SERVICE_UNAVAILABLE, b"INDEX-NOT-LOADED", "text/plain")
        if parts == ("status",) and age > STALE_S:
            return Answer(HTTPStatus.SERVICE_UNAVAILABLE, b"INDEX-STALE", "text/plain")
        return Answer(body=b"I-AM-ALIVE", content_type="text/plain")

    async def _client(self, asked: Asked, key: str) -> Client:
        given = key or key_in(asked.headers)
        if not given and is_within(asked.remote, self._service.trusted_networks):
            return Client(f"network {asked.remote}", OWNER, _MAY)
        return await self._service.clients.of(given)
