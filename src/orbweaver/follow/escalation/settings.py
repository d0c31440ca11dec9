"""Settings of escalation."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from orbweaver.platform.config import Settings


class EscalationSettings(Settings):
    """Escalation: the policy of the hotline on providers that ignore notices."""

    escalation_policy: Path | None = Field(
        default=None,
        description="TOML file with the hotline's own policy on providers that ignore notices; the packaged one else.",
    )
