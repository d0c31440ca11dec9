"""What comes back over HTTP while clients of others call: they pass on a part of it, and an abuser reads it all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from requests.adapters import HTTPAdapter

from .outsider import BY_THE_CLOCK, Texts

COUNTED = re.compile(r"\b[rt]=\d+")
"""What is left of a window, and its seconds: it goes down with each call."""


@contextmanager
def overheard() -> Iterator[list[Texts]]:
    """Status, headers and body of each answer that ``httpx`` and ``requests`` are given meanwhile, in order."""
    found: list[Texts] = []
    by_httpx, by_requests = httpx.Client.send, HTTPAdapter.send

    def with_httpx(*arguments: Any, **more: Any) -> httpx.Response:
        answer = by_httpx(*arguments, **more)
        named = [(name.decode(), value.decode()) for name, value in answer.headers.raw]
        found.append((answer.status_code, _told(named), answer.read()))
        return answer

    def with_requests(*arguments: Any, **more: Any) -> Any:
        answer = by_requests(*arguments, **more)
        found.append((answer.status_code, _told(answer.raw.headers.items()), answer.content))
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpx.Client, "send", with_httpx)
        patch.setattr(HTTPAdapter, "send", with_requests)
        yield found


def _told(headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Headers in their order, but for the clock and what is counted down."""
    kept = [(name, value) for name, value in headers if name.lower() not in BY_THE_CLOCK]
    return tuple((name, COUNTED.sub("?", value) if name == "RateLimit" else value) for name, value in kept)
