"""Who asks, as our own proxy says it; nobody else is believed."""

from __future__ import annotations

import pytest
from tests.settings_given import settings_given

from orbweaver.platform.runtime.visitor import visitor_of

PEER = "192.0.2.1"


@pytest.mark.parametrize("forwarded", ["", "203.0.113.7", "127.0.0.1", "::1"])
def test_without_a_proxy_nobody_says_who_they_are(forwarded: str) -> None:
    assert visitor_of(PEER, forwarded) == PEER


@pytest.mark.parametrize(
    ("forwarded", "visitor"),
    [
        ("", PEER),
        ("203.0.113.7", "203.0.113.7"),
        ("127.0.0.1, 203.0.113.7", "203.0.113.7"),
        ("127.0.0.1,203.0.113.7", "203.0.113.7"),
        ("203.0.113.7:44321", "203.0.113.7"),
        ("127.0.0.1, [2001:db8::7]:44321", "2001:db8::7"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("2001:db8::7", "2001:db8::7"),
        ("::ffff:203.0.113.7", "::ffff:203.0.113.7"),
        ("unknown", "unknown"),
    ],
)
def test_what_our_proxy_says_last_counts(forwarded: str, visitor: str) -> None:
    with settings_given(behind_proxy=True):
        assert visitor_of(PEER, forwarded) == visitor
