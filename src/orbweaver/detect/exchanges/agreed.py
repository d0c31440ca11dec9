"""Exchanges under agreement: one whose supplier is an organisation here stops when nothing is agreed with it any more.

The supplier is known by its name, as everywhere; one that is no organisation here is asked under the terms of its list.
"""

from __future__ import annotations

import datetime as dt

from django.db.models import QuerySet

from orbweaver.detect.exchanges.models import Exchange
from orbweaver.people.accounts.agreements import not_agreed
from orbweaver.people.accounts.rules import Scope


def under_agreement(now: dt.datetime) -> QuerySet[Exchange]:
    """Exchanges that may be pulled, and told what is said here of their entries."""
    return Exchange.objects.exclude(hash_list__supplier__in=not_agreed(now, Scope.SHARE).values("name"))
