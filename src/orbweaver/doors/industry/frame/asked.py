"""A request and an answer as these doors see them."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import unquote

from multidict import CIMultiDictProxy, MultiMapping

from orbweaver.doors.industry.messages import EMPTY, KEY_NOT_FROM_HERE, NOT_JSON, OTHER_METHOD
from orbweaver.errors import Message
from orbweaver.people.accounts.keys import Used
from orbweaver.platform.runtime.visitor import is_within

if TYPE_CHECKING:
    from orbweaver.doors.industry.frame.clients import Client

JSON = "application/json"
SMALL_BODY = 2**21
"""Bytes of a body that is no file: 10,000 hashes take 0.7 MB."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back, whole."""

    status: int = HTTPStatus.OK
    body: bytes = b""
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


def as_json(value: Any, status: int = HTTPStatus.OK, content_type: str = JSON) -> Answer:
    """A value as JSON."""
    return Answer(status, json.dumps(value, ensure_ascii=False).encode(), content_type)


class Refusal(Exception):
    """A request that is not done, and why. Each door says it in its own form."""

    def __init__(self, status: int, message: Message, *, retry_after: int | None = None) -> None:
        super().__init__(message.code)
        self.status, self.message, self.retry_after = status, message, retry_after


@dataclass(slots=True)
class Count:
    """What a request is counted as, through which door, and for which client; "" as long as that is not known."""

    door: str = ""
    client: str = ""
    used: Used = field(default_factory=Used)


@dataclass(slots=True)
class Asked:
    """One request. ``parts`` are the segments of its path below the door; doubled and closing slashes count for
    nothing. ``remote`` is the visitor's address. ``read`` gives the body, once, of at most so many bytes. ``told`` are
    headers for the answer."""

    method: str
    parts: tuple[str, ...]
    query: MultiMapping[str]
    headers: CIMultiDictProxy[str]
    remote: str
    read: Callable[[int], Awaitable[bytes]]
    told: dict[str, str] = field(default_factory=dict)
    count: Count = field(default_factory=Count)

    def by(self, client: Client) -> Client:
        """Note who asks. Raises Refusal where the key does not work from there."""
        if client.networks and not is_within(self.remote, client.networks):
            raise Refusal(HTTPStatus.FORBIDDEN, KEY_NOT_FROM_HERE)
        self.count.client = client.name
        return client

    def only(self, *methods: str) -> None:
        """Raise Refusal for any other method; the answer names these in ``Allow`` (RFC 9110, 15.5.6)."""
        if self.method not in methods:
            self.told["Allow"] = ", ".join(methods)
            raise Refusal(HTTPStatus.METHOD_NOT_ALLOWED, OTHER_METHOD.of(methods=", ".join(methods)))

    async def file(self, most: int) -> bytes:
        """The body, of which a file is made. Raises Refusal, also for an empty one."""
        body = await self.read(most)
        if not body:
            raise Refusal(HTTPStatus.BAD_REQUEST, EMPTY)
        return body

    async def json(self) -> dict[str, Any]:
        """The body as a JSON object. Raises Refusal."""
        try:
            value = json.loads(await self.read(SMALL_BODY))
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise Refusal(HTTPStatus.BAD_REQUEST, NOT_JSON)
        return value


class Door(Protocol):
    """One protocol."""

    @property
    def name(self) -> str:
        """Under which its use is counted."""
        ...

    @property
    def below(self) -> tuple[str, ...]:
        """The segments of the path under which it is found."""
        ...

    async def answer(self, asked: Asked) -> Answer:
        """Do what is asked. Raises Refusal or an OrbweaverError."""
        ...

    def refuse(self, refusal: Refusal) -> Answer:
        """A refusal in the form that clients of this protocol read."""
        ...


def segments(path: str) -> tuple[str, ...]:
    """The segments of a path as sent, each decoded; nothing between two slashes is no segment."""
    return tuple(unquote(part) for part in path.split("/") if part)
