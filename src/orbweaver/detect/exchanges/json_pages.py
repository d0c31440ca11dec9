"""Pages that an exchange sends as JSON, of which a hostile one takes no memory without end. Pure."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any, Final

from orbweaver.detect.exchanges.errors import ExchangeFailed
from orbweaver.detect.exchanges.messages import NOT_A_PAGE

MOST_VALUES: Final = 2_000_000
"""Values of one page. Each takes up to a hundred bytes where it came in three; the longest pages have 100,000."""


def object_of(body: bytes) -> dict[str, Any]:
    """A page. Raises ExchangeFailed where it is no object, or of more values than any page has."""
    found = _read(body)
    if not isinstance(found, dict):
        raise ExchangeFailed(NOT_A_PAGE)
    return found


def list_of(body: bytes) -> list[Any]:
    """A page that is a list. Raises ExchangeFailed as ``object_of``."""
    found = _read(body)
    if not isinstance(found, list):
        raise ExchangeFailed(NOT_A_PAGE)
    return found


def _read(body: bytes) -> object:
    if sum(map(body.count, (b",", b"[", b"{"))) <= MOST_VALUES:
        with suppress(ValueError, RecursionError):
            return json.loads(body)
    return None
