"""Settings of who is written to."""

from __future__ import annotations

from pydantic import Field

from orbweaver.platform.config import Settings


class RoutingSettings(Settings):
    """Routing: how fresh a look at a host must be, when a provider is told directly, what notices ask to keep."""

    notice_preservation_days: int = Field(
        default=0, ge=0, description="Days for which notices ask to keep material for the authorities. 0: do not ask."
    )
    notice_preservation_basis: str = Field(
        default="", description="The legal basis of that request, as notices give it. Needed with the days."
    )
    host_lookup_minutes: float = Field(
        default=15.0,
        gt=0,
        description="Age of a look at a host after which it is looked up again before a message leaves.",
    )
    discover_contacts: bool = Field(
        default=True,
        description="Ask RDAP for networks, countries and contacts that the registry lacks, and look for security.txt.",
    )
    referral_deadline_hours: float = Field(
        default=72.0,
        gt=0,
        description="Hours that the hotline of a hosting country has before the provider is told directly.",
    )
