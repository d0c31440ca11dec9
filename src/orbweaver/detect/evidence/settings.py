"""Settings of the archive."""

from __future__ import annotations

from pydantic import Field

from orbweaver.platform.config import Settings


class EvidenceSettings(Settings):
    """The archive: who is authorised to keep evidence, by which law, and for how long."""

    authorised_hotline: bool = Field(
        default=False,
        description="This installation belongs to an authorised hotline: archive and reveal are allowed. Set only "
        "with a legal authority (legal_authority).",
    )
    legal_authority: str = Field(default="", description="The law or agreement that authorises the archive, in words.")
    retention_days: int = Field(default=365, gt=0, description="Days that archived evidence is kept.")

    @property
    def archive_gaps(self) -> tuple[str, ...]:
        """Settings without which an authorised hotline archives nothing all the same."""
        begun = self.authorised_hotline and not self.legal_authority.strip()
        return ("ORBWEAVER_LEGAL_AUTHORITY",) if begun else ()
