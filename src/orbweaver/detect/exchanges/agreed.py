"""Exchanges under agreement: one whose supplier is an organisation here stops when nothing is agreed with it any more.

The supplier is known by its name, however it is spelt; one that is no organisation here is asked under the terms of its
list.
Whoever speaks to it asks before each call: an agreement may end, or its last day, in the middle of a pull.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable

from django.db.models import QuerySet

from orbweaver.detect.exchanges.models import Exchange
from orbweaver.people.accounts.agreements import is_agreed_with
from orbweaver.people.accounts.rules import Scope
from orbweaver.platform.clock import get_clock


def under_agreement(now: dt.datetime) -> QuerySet[Exchange]:
    """Exchanges that may be pulled, and told what is said here of their entries."""
    suppliers = set(Exchange.objects.order_by().values_list("hash_list__supplier", flat=True))
    stopped = {each for each in suppliers if not is_agreed_with(each, Scope.SHARE, now)}
    return Exchange.objects.exclude(hash_list__supplier__in=stopped)


def is_agreed(exchange: Exchange, now: dt.datetime) -> bool:
    """Whether this one still may be."""
    return under_agreement(now).filter(pk=exchange.pk).exists()


def passing(now: dt.datetime) -> Callable[[], dt.datetime]:
    """What time it is, when asked, for whoever began at ``now`` and takes a while."""
    began = time.monotonic()
    return lambda: now + dt.timedelta(seconds=(time.monotonic() - began) * get_clock().speed)
