"""Settings of links and neighbours."""

from __future__ import annotations

from pydantic import Field

from orbweaver.platform.config import Settings


class LinkingSettings(Settings):
    """Links between media: who is told of urgent referrals, how long neighbours are held."""

    liaison_address: str = Field(
        default="", description="Mail address of the law-enforcement liaison, told of urgent referrals at once."
    )
    neighbours_held: int = Field(
        default=4, ge=0, le=50, description="Pictures held on each side of a match on its page, where archiving is on."
    )
    neighbour_days: int = Field(
        default=30, gt=0, description="Days that a neighbour which nobody linked to a series is held."
    )
