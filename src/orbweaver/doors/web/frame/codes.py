"""Whether a code of a second factor is right, with a limit to how many are tried."""

from __future__ import annotations

import datetime as dt

from orbweaver.people.accounts import second_factor
from orbweaver.people.accounts.models import User
from orbweaver.people.audit.selectors import count_since
from orbweaver.people.audit.services import record
from orbweaver.platform.clock import now

WRONG_CODE = "person.code_wrong"
WRONG_CODES = 5
WRONG_COUNT_FOR = dt.timedelta(minutes=15)
"""After so many wrong codes within this time none is taken: of a million, less than five hundred can be tried a day."""


def is_right(person: User, code: str) -> bool:
    """Whether a code opens; wrong ones are counted, over all processes, in the audit log."""
    moment = now()
    if count_since(WRONG_CODE, person.public_id, moment - WRONG_COUNT_FOR) >= WRONG_CODES:
        return False
    if second_factor.opens(person, code):
        return True
    record(WRONG_CODE, person.public_id, at=moment)
    return False
