"""Who asks: the client that a key stands for, remembered for a second."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from orbweaver.detect.hashlists.models import HashList
from orbweaver.doors.industry.frame.asked import Refusal
from orbweaver.doors.industry.frame.database import Database
from orbweaver.doors.industry.messages import KEY_LACKS_SCOPE, KEY_NEEDED
from orbweaver.errors import Message
from orbweaver.people.accounts.keys import Quota, quotas_of
from orbweaver.people.accounts.rules import Permission
from orbweaver.people.accounts.services import authenticate_api_key
from orbweaver.platform.clock import now
from orbweaver.platform.runtime.visitor import Network, networks_of

REMEMBERED_S = 1.0
"""A key that is revoked stops working within this time."""
AHEAD_S = 0.25
"""So long before that a key in use is asked for again beside its requests, none of which waits for the database."""
MOST_REMEMBERED = 10_000
KEY_PREFIX = "owk_"


@dataclass(frozen=True, slots=True)
class Client:
    """What a key allows. ``scans_per_minute`` of None is the installation's; ``door`` is whom lists have to serve to
    be searched for it. ``read_at``: when what it has used was read, as ``time.monotonic`` has it."""

    name: str
    organisation: str
    scopes: frozenset[str]
    url_hosts: frozenset[str] = frozenset()
    scans_per_minute: int | None = None
    quotas: tuple[Quota, ...] = ()
    door: HashList.Door = HashList.Door.SCANS
    organisation_id: int | None = None
    read_at: float = 0.0
    networks: tuple[Network, ...] = ()
    """From where it works; none: from anywhere."""

    def needs(self, scope: Permission) -> None:
        """Raise Refusal unless the key has the scope."""
        if scope.value not in self.scopes:
            raise Refusal(HTTPStatus.FORBIDDEN, KEY_LACKS_SCOPE.of(scope=scope.value))


class Clients:
    """Clients by what they send as a key. Nothing of a key is remembered but its digest."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[bytes, tuple[float, Client | None]] = {}
        self._questions: dict[bytes, asyncio.Task[Client | None]] = {}

    async def of(self, key: str, *, otherwise: Message = KEY_NEEDED) -> Client:
        """The client of this key. Raises Refusal, which says ``otherwise``, for one that is not good."""
        found = await self._found(key) if key.startswith(KEY_PREFIX) else None
        if found is None:
            raise Refusal(HTTPStatus.UNAUTHORIZED, otherwise)
        return found

    async def _found(self, key: str) -> Client | None:
        digest, moment = hashlib.sha256(key.encode(errors="replace")).digest(), time.monotonic()
        until, client = self._known.get(digest, (0.0, None))
        question = self._questions.get(digest)
        if question is None and until < moment + AHEAD_S:  # thousands of requests with one key are one question
            question = self._questions[digest] = asyncio.create_task(self._ask(digest, key))
            question.add_done_callback(_heard)
        if question is None or until > moment:
            return client
        return await asyncio.shield(question)

    async def _ask(self, digest: bytes, key: str) -> Client | None:
        try:
            client = await self._database(_client_of, key)
        finally:
            del self._questions[digest]
        moment = time.monotonic()
        if len(self._known) >= MOST_REMEMBERED:
            self._known = {each: found for each, found in self._known.items() if found[0] > moment}
        if len(self._known) < MOST_REMEMBERED:
            self._known[digest] = (moment + REMEMBERED_S, client)
        return client


def _heard(question: asyncio.Task[Client | None]) -> None:
    """A failure that nobody waited for is that of the next question, if it lasts."""
    if not question.cancelled():
        question.exception()


def _client_of(text: str) -> Client | None:
    moment, read_at = now(), time.monotonic()
    key = authenticate_api_key(text, moment)
    if key is None:
        return None
    return Client(
        name=f"{KEY_PREFIX}{key.prefix}",
        organisation=key.organisation.name,
        organisation_id=key.organisation_id,
        scopes=frozenset(key.scopes),
        url_hosts=frozenset(key.url_hosts),
        scans_per_minute=key.scans_per_minute,
        quotas=quotas_of(key, moment),
        door=HashList.Door.TESTS if key.is_test else HashList.Door.SCANS,
        read_at=read_at,
        networks=networks_of(key.networks),
    )


def key_in(headers: Mapping[str, str]) -> str:
    """The key in the Authorization header: as a bearer token, or as the password or the name of Basic; else ""."""
    kind, _, text = headers.get("Authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return text.strip()
    if kind.lower() != "basic":
        return ""
    try:
        name, _, password = base64.b64decode(text.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return password if password.startswith(KEY_PREFIX) else name
