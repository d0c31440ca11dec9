"""Settings of public reports."""

from __future__ import annotations

from pydantic import Field

from orbweaver.platform.config import Settings


class IntakeSettings(Settings):
    """Reports from the public: how many one network may send."""

    public_reports_per_hour: int = Field(
        default=60, ge=0, description="Public reports that one network (/24, or /64 of IPv6) may send an hour; 0: any."
    )
    report_comment_days: int = Field(
        default=365, gt=0, description="Days after which the words of a report that is dealt with are removed."
    )
