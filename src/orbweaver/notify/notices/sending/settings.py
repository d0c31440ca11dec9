"""Settings of sending."""

from __future__ import annotations

from pydantic import Field

from orbweaver.platform.config import Settings


class SendingSettings(Settings):
    """Sending: how long a doubt waits for its answer, and how long a mail server may put a message off."""

    journal_wait_minutes: float = Field(
        default=15.0,
        gt=0,
        description="Minutes after which a copy that has not come, or a report that ICCAM does not list, means that "
        "nothing was sent.",
    )
    put_off_hours: float = Field(
        default=96.0,
        gt=0,
        description="Hours for which a message is tried that the mail server puts off for its recipient (4xx); then "
        "the next contact is tried, as after a refusal.",
    )
