from __future__ import annotations

import datetime as dt

import pytest

from orbweaver.detect.intake.rules import network_of, sender_key

HOUR = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("unix:", "unknown"),
        ("", "unknown"),
    ],
)
def test_one_household_is_one_sender(address: str, network: str) -> None:
    assert network_of(address) == network


def test_a_sender_is_another_in_another_hour_and_under_another_secret() -> None:
    later = HOUR + dt.timedelta(hours=1)
    keys = {sender_key("192.0.2.1", hour, secret) for hour in (HOUR, later) for secret in ("a", "b")}
    assert len(keys) == 4
    assert sender_key("192.0.2.1", HOUR, "a") == sender_key("192.0.2.9", HOUR, "a")
