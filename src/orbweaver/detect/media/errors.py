"""What can go wrong with media."""

from __future__ import annotations

from orbweaver.detect.media.messages import NOTHING_SHOWN
from orbweaver.errors import InvalidInput
from orbweaver.fingerprints.errors import MESSAGES


class NothingShown(InvalidInput):
    """The file has no picture there that can be shown; the reason is one of ``orbweaver.fingerprints.errors``."""

    code = "nothing_shown"

    def __init__(self, why: str) -> None:
        super().__init__(NOTHING_SHOWN.of(why=MESSAGES[why]))
