"""What can go wrong with media."""

from __future__ import annotations

from orbweaver.detect.media.messages import NOTHING_SHOWN
from orbweaver.errors import InvalidInput, Message


class NothingShown(InvalidInput):
    """There is no picture that can be shown: of the file itself, or because its evidence cannot be read."""

    code = "nothing_shown"

    def __init__(self, why: Message) -> None:
        super().__init__(NOTHING_SHOWN.of(why=why))
