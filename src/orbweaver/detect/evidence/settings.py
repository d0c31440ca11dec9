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

    evidence_bucket: str = Field(
        default="",
        pattern=r"^(s3://[^/?#@\s]+(/[^?#\s]*)?)?$",
        description="Bucket (s3://bucket/folder) for the archive, in place of the folder `evidence`: the same on every "
        "machine. Access is given as for backups; a machine that crawls needs the right to put alone.",
    )
    evidence_s3_endpoint: str = Field(
        default="",
        pattern=r"^(https?://\S+)?$",
        description="Address of the S3 service of the archive's bucket, where it is not AWS.",
    )
    evidence_s3_region: str = Field(default="us-east-1", description="Region of that service.")

    evidence_module: str = Field(
        default="",
        description="Library of a security module (PKCS#11) with which a sealed archive may be opened, as by its "
        "shares: its path. OpenSC's pkcs11-tool has to be installed.",
    )
    evidence_module_key: str = Field(
        default="01",
        pattern="^([0-9A-Fa-f]{2})+$",
        description="Identifier (CKA_ID, hexadecimal) of the RSA key in that module, of 3072 bits or more.",
    )

    @property
    def archive_gaps(self) -> tuple[str, ...]:
        """Settings without which an authorised hotline archives nothing all the same."""
        begun = self.authorised_hotline and not self.legal_authority.strip()
        return ("ORBWEAVER_LEGAL_AUTHORITY",) if begun else ()
