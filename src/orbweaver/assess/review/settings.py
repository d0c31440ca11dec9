"""Settings of the review."""

from __future__ import annotations

from pydantic import Field

from orbweaver.platform.config import Settings


class ReviewSettings(Settings):
    """The review: how many must agree, how long an item stays, what acts without a look."""

    policy_exact_verified: bool = Field(
        default=False,
        description="The written policy of R12: byte-identical copies of material that this hotline's own analysts "
        "verified as csam go straight to a notice. Off unless the hotline has signed it.",
    )
    review_required_assessments: int = Field(
        default=2, ge=1, le=9, description="Analysts, blind to each other, who must agree before a verdict."
    )
    review_required_csam: int | None = Field(
        default=None, ge=1, le=9, description="The same for `csam` alone. Default: review_required_assessments."
    )
    review_required_csam_related: int | None = Field(
        default=None, ge=1, le=9, description="The same for `csam_related`. Default: review_required_assessments."
    )
    review_required_other_harmful: int | None = Field(
        default=None, ge=1, le=9, description="The same for `other_harmful`. Default: review_required_assessments."
    )
    review_acts_alone_assessments: int = Field(
        default=3,
        ge=1,
        le=9,
        description="Analysts who must agree before a hash may act without a look (R12) or be shared as such. The "
        "notice never waits for it: further answers are asked for afterwards.",
    )
    review_undo_seconds: int = Field(
        default=60, ge=0, le=600, description="Seconds in which an answer can be taken back; a notice waits for them."
    )
    review_cluster_radius: int = Field(
        default=10, ge=0, le=31, description="Greatest PDQ distance of pictures that may be decided with one look."
    )
    review_known_answer_rate: float = Field(
        default=0.0,
        ge=0,
        le=0.1,
        description="Share of items taken that are ones whose answer is known (a manager chooses them). 0: none.",
    )
    review_lease_minutes: int = Field(default=10, gt=0, description="Minutes that an item stays with one analyst.")


class WellbeingSettings(Settings):
    """Wellbeing of analysts: how much one person sees in a day, and when a break is due."""

    wellbeing_looks_per_day: int = Field(
        default=200, gt=0, description="Pictures that one person may reveal in a day (UTC)."
    )
    wellbeing_hours_per_day: float = Field(
        default=4.0, gt=0, le=24, description="Hours of assessment for one person in a day (INHOPE: at most four)."
    )
    wellbeing_work_minutes: int = Field(
        default=50, gt=0, description="Minutes of assessment after which a break is due."
    )
    wellbeing_break_minutes: int = Field(
        default=10, gt=0, description="Minutes that a break lasts; it locks the queue."
    )
