"""What a client of the scan API is told where the fault is not in what it asked."""

from __future__ import annotations

import errno

import pytest
from django.db import OperationalError

from orbweaver.doors.industry.serving import refusal_of


@pytest.mark.parametrize("error", [OperationalError("could not extend file"), OSError(errno.ENOSPC, "full")])
def test_a_full_disk_is_said_as_what_passes(error: Exception) -> None:
    refusal = refusal_of(error)
    assert (refusal.status, refusal.retry_after) == (503, 30)
    assert "full" not in str(refusal.message)


def test_what_nobody_foresaw_is_an_error_of_ours() -> None:
    assert refusal_of(OSError(errno.EPERM, "no")).status == 500
