"""Codes of an app, against the vectors of the standard."""

from __future__ import annotations

import pytest

from orbweaver.people.accounts.second_factor import code_at


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_codes_are_those_of_rfc_6238(seconds: int, code: str) -> None:
    """Appendix B gives eight digits; apps show the last six."""
    assert code_at(b"12345678901234567890", seconds // 30) == code
