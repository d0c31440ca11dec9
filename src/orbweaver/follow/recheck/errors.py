"""What can go wrong when a person says what stands at an address."""

from __future__ import annotations

from orbweaver.errors import Conflict, InvalidInput
from orbweaver.follow.recheck.messages import NOT_FOLLOWED


class SayingInvalid(InvalidInput):
    """A word or a reason that cannot be used."""

    code = "saying_invalid"


class NotFollowed(Conflict):
    """The address is not followed, or not any more."""

    code = "not_followed"

    def __init__(self) -> None:
        super().__init__(NOT_FOLLOWED)
