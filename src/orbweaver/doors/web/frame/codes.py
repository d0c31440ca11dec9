"""Whether a code of a second factor, or a password given anew, is right, with a limit to how many are tried."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from orbweaver.people.accounts import second_factor
from orbweaver.people.accounts.models import User
from orbweaver.people.audit.selectors import count_since
from orbweaver.people.audit.services import record
from orbweaver.platform.clock import now

WRONG_CODE = "person.code_wrong"
WRONG_CODES = 5
WRONG_COUNT_FOR = dt.timedelta(minutes=15)
"""After so many wrong codes within this time none is taken: of a million, less than five hundred can be tried a day."""


TRY_LOCK = 0x6F72_7479
"""First half of the advisory locks of accounts at which something is tried ("orty"); the second is their number."""


@contextmanager
def one_at_a_time(person: User) -> Iterator[None]:
    """Hold an account's lock while tries are counted and this one is recorded; else requests that come at the same
    moment would all find the limit not reached. A transaction of its own: keep it short."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [TRY_LOCK, person.pk])
        yield


def is_right(person: User, code: str) -> bool:
    """Whether a code opens; wrong ones are counted, over all processes, in the audit log."""
    return _counted(person, lambda: second_factor.opens(person, code))


def password_is_right(person: User, password: str) -> bool:
    """Whether it is the password of this person, who is signed in; counted together with wrong codes."""
    return _counted(person, lambda: person.check_password(password))


def _counted(person: User, is_so: Callable[[], bool]) -> bool:
    with one_at_a_time(person):
        moment = now()
        if count_since(WRONG_CODE, person.public_id, moment - WRONG_COUNT_FOR, moment) >= WRONG_CODES:
            return False
        if is_so():
            return True
        record(WRONG_CODE, person.public_id, at=moment)
        return False
