"""The clock that all machines share."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection, transaction

from orbweaver.platform import clock
from orbweaver.platform.shared_clock import shared_now

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_is_the_databases_whatever_this_machine_believes(monkeypatch: pytest.MonkeyPatch) -> None:
    right = clock.real_now()
    monkeypatch.setattr(clock, "real_now", lambda: right + dt.timedelta(days=1))
    assert shared_now() - right < dt.timedelta(hours=1)
    assert shared_now().tzinfo is dt.UTC


def test_it_goes_on_within_a_transaction() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        before = shared_now()
        cursor.execute("SELECT pg_sleep(0.001)")
        assert before < shared_now()
