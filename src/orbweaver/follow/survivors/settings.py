"""Settings of requests by survivors."""

from __future__ import annotations

from pydantic import Field

from orbweaver.platform.config import Settings


class SurvivorSettings(Settings):
    """Requests by survivors: where the quick exit leads, our own help line, what goes on without a person's look."""

    quick_exit_url: str = Field(
        default="https://www.wikipedia.org/",
        pattern="^https://",
        description="Where the button to leave the pages for survivors leads: a site that anybody may have open.",
    )
    survivor_help_line: str = Field(
        default="", description="Help line of this hotline's own, shown first: its name, number and hours in one line."
    )
    survivor_requests_per_hour: int = Field(
        default=20,
        gt=0,
        description="Requests of one network an hour that go on by themselves; further ones wait for a person.",
    )
