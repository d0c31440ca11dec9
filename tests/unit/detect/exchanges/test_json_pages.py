from __future__ import annotations

import tracemalloc

import pytest

from orbweaver.detect.exchanges.errors import ExchangeFailed
from orbweaver.detect.exchanges.json_pages import object_of


def test_a_page_is_an_object() -> None:
    assert object_of(b'{"entries": [{"id": 1}]}') == {"entries": [{"id": 1}]}


@pytest.mark.parametrize(
    "body",
    [
        b'{"entries": [1' + b",{}" * 4_000_000 + b"]}",
        b'{"entries": [1' + b',"ab"' * 4_000_000 + b"]}",
        b'{"entries": ' + b"[" * 10_000_000,
        b'{"entries": [' + b"9" * 1_000_000 + b"]}",
        b"[]",
        b"",
        b'{"a": "\xff"}',
    ],
    ids=["objects", "texts", "deep", "digits", "a list", "nothing", "no text"],
)
def test_what_is_none_or_has_values_without_end_is_refused_and_takes_no_memory(body: bytes) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(ExchangeFailed, match="not a page"):
            object_of(body)
        assert tracemalloc.get_traced_memory()[1] < 2**25
    finally:
        tracemalloc.stop()
