"""Where referrals to police are put."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from orbweaver.platform.config import Settings
from orbweaver.platform.settings import PlatformSettings


class PoliceSettings(Settings):
    """Referrals to police."""

    police_dir: Path | None = Field(
        default=None,
        description="Folder that encrypted referrals to police are written to, each as one file, such as one that "
        "their server fetches from. Empty: police in the data folder.",
    )

    cybertip_address: str = Field(
        default="",
        description="Base address of NCMEC's CyberTipline for programs, by https. Empty: nothing goes there.",
    )
    cybertip_user: str = Field(default="", description="Account there.")
    cybertip_password: str = Field(default="", description="Password of that account.", repr=False)

    @property
    def folder(self) -> Path:
        """That folder."""
        return self.police_dir or PlatformSettings.current().data_dir / "police"
