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
    survivor_visit_hours: float = Field(
        default=8.0,
        ge=0,
        le=20,
        description="Hours within which an address that a survivor names is visited for the first time, at a moment by "
        "chance: whoever runs its host must not tell by the time that somebody has just asked. 0: at once.",
    )
    survivor_words_days: int = Field(
        default=365,
        gt=0,
        description="Days after which the words of a request, and how to reach the person, are deleted, once nothing "
        "is left to do for it or the person has withdrawn it.",
    )
    age_proof_days: int = Field(
        default=60,
        gt=0,
        description="Days after which a document that is to prove somebody's age is destroyed if nobody has decided.",
    )
