"""A machine whose clock is wrong doubts no message that another has in hand: leases run on the database's clock."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from typing import Any

import pytest

from orbweaver.notify.notices.models import OutboxMessage
from orbweaver.notify.notices.services import issue_notices
from orbweaver.notify.providers.services import add_contact, add_provider
from orbweaver.platform.clock import real_now

from .test_outbox import NOW

pytestmark = pytest.mark.django_db(transaction=True)

AHEAD = """
import datetime as dt
from orbweaver.platform import clock
right = clock.real_now
clock.real_now = lambda: right() + dt.timedelta(hours=2)
import django
django.setup()
from orbweaver.notify.notices.models import OutboxMessage
from orbweaver.notify.notices.sending.together import waiting
from orbweaver.notify.notices.sending.uncertain import expire_sending
print(expire_sending(right()), waiting().count())
"""
"""What a sender whose clock is two hours ahead takes for left by the dead, and for free."""


@pytest.mark.sampled(1)
@pytest.mark.parametrize("state", ["sending", "queued"])
def test_a_sender_whose_clock_is_ahead_leaves_alone_what_another_has_in_hand(
    world: Any, database_url: str, state: str
) -> None:
    provider = add_provider("Host", now=NOW, domains=["host.example"])
    add_contact(provider, "abuse@host.example", now=NOW)
    world.verdict("https://host.example/1.png")
    issue_notices(NOW)
    an_hour_left = real_now() + dt.timedelta(hours=1)  # so that no slow start of a process lets it run out
    OutboxMessage.objects.update(state=state, lease_until=an_hour_left)
    environment = os.environ | {"ORBWEAVER_DATABASE_URL": database_url}
    said = subprocess.run([sys.executable, "-c", AHEAD], env=environment, capture_output=True, check=True, timeout=300)
    assert said.stdout.split() == [b"0", b"0"]
    assert OutboxMessage.objects.get().state == state
