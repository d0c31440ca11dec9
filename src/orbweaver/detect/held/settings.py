"""Settings of held pictures."""

from __future__ import annotations

from pydantic import Field

from orbweaver.platform.config import Settings


class CopiesSettings(Settings):
    """Edited copies of held pictures: how much may be spent on looking for them."""

    copies_share: float = Field(
        default=0.15,
        ge=0,
        le=1,
        description="Share of a processor's time that each crawler, and the copies worker, may spend on pictures that "
        "matched nothing; reports and pictures on the page of a match are always looked at.",
    )
    copies_queue: int = Field(
        default=500,
        gt=0,
        description="Pictures that may wait to be compared with held ones; what does not fit is dropped and counted. "
        "Those on the page of a match have as much room again, eight times.",
    )
    copies_kept: int = Field(
        default=20_000,
        ge=0,
        description="Compared pictures of which points and a small picture stay, encrypted, so that they are found "
        "once what they show is held; 0 keeps none. About 15 kB each.",
    )
