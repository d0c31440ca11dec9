"""Settings that all rooms of notices read."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from orbweaver.platform.config import Settings


class NoticeSettings(Settings):
    """Notices: when a reminder is due, and where what comes back is read."""

    incoming_mail_days: int = Field(
        default=365,
        gt=0,
        description="Days after which the bytes of a mail that was read are removed; not while its notice is open.",
    )
    notice_reminder_hours: float = Field(
        default=24.0, gt=0, description="Shortest time between reminders until removal, in hours."
    )
    reminder_policy: Path | None = Field(
        default=None,
        description="TOML file with the hotline's own policy on how reminders become rarer; the packaged one else.",
    )
    notice_together: bool = Field(
        default=True,
        description="Put what waits for the same mail address into one mail, and remind it once in the shortest time "
        "between reminders. Off: a mail for each notice.",
    )
    notice_gather_minutes: float = Field(
        default=60.0,
        ge=0,
        description="Minutes for which further first notices to a mail address wait for one another after a message "
        "left for it. The first leaves at once.",
    )
    notice_gather_related_minutes: float = Field(
        default=5.0,
        ge=0,
        description="The same for what is on a page, or in a series, of which the address was told within that time.",
    )
    bounce_address: str = Field(
        default="",
        description="Mail address that undeliverable notices come back to; a token is put before its @ after a +. "
        "Empty: they come back to hotline_contact and a person reads them.",
    )
    journal_address: str = Field(
        default="",
        description="Mail address of this hotline's own that the mail server delivers a copy of each notice to, with a "
        "token like bounce_address. With it a crash while sending leaves no doubt. Empty: bounce_address, where "
        "mail_dir is set; off: no copies.",
    )
    mail_dir: Path | None = Field(
        default=None,
        description="Maildir into which the mail server delivers what comes to these addresses: bounces, copies, and "
        "answers to notices, which letters then ask for there.",
    )

    @property
    def journal(self) -> str:
        """Where copies of notices come to: an address of their own, else that of bounces where it is read; or ""."""
        if self.journal_address:
            return "" if self.journal_address == "off" else self.journal_address
        return self.bounce_address if self.mail_dir else ""
