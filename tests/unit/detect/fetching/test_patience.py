"""How long a busy host asks to be left alone."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orbweaver.detect.fetching.fetch import FetchResult
from orbweaver.detect.fetching.patience import asked_patience_s, retry_after_s

NOW = dt.datetime(2026, 11, 25, 7, 28, tzinfo=dt.UTC)
URL = "http://a.example/"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("9" * 300, 999_999_999.0),
        ("Wed, 25 Nov 2026 07:30:00 GMT", 120.0),
        ("Wed, 25 Nov 2026 07:30:00", 120.0),
        ("Wed, 25 Nov 2026 07:00:00 GMT", 0.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 999_999_999.0),
        ("", None),
        ("-5", None),
        ("1.5", None),
        ("²", None),
        ("soon", None),
        ("Fri, 31 Dec 2100 23:59:59 +" + "9" * 90, None),
    ],
)
def test_a_host_asks_in_seconds_or_by_a_date_and_nonsense_asks_nothing(value: str, seconds: float | None) -> None:
    assert retry_after_s(value, NOW) == seconds


@given(st.text(max_size=60))
def test_no_header_is_an_error(value: str) -> None:
    seconds = retry_after_s(value, NOW)
    assert seconds is None or seconds >= 0


@pytest.mark.parametrize(("status", "asked"), [(429, 60.0), (503, 60.0), (200, None), (301, None), (None, None)])
def test_only_a_busy_host_is_left_alone(status: int | None, asked: float | None) -> None:
    result = FetchResult(url=URL, status=status, headers={"Retry-After": "60"})
    assert asked_patience_s(result) == asked
