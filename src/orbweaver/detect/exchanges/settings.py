"""Settings of exchanges."""

from __future__ import annotations

from pydantic import Field

from orbweaver.platform.config import Settings


class ExchangeSettings(Settings):
    """Exchanges with suppliers of lists: how long they may take, and when feedback leaves."""

    exchange_timeout_s: float = Field(
        default=60.0, gt=0, description="Seconds within which an exchange has to answer one request whole."
    )
    exchange_feedback_delay_minutes: int = Field(
        default=60,
        ge=0,
        description="Minutes that feedback to a supplier waits, so that an answer that is taken back never leaves.",
    )
