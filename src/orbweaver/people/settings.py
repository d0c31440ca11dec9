"""Who the hotline is, and by which mail server people and providers hear from it."""

from __future__ import annotations

import re

from pydantic import Field

from orbweaver.platform.config import Settings, environment_name
from orbweaver.platform.settings import PlatformSettings, is_loopback


class HotlineSettings(Settings):
    """The hotline: its name, domain, address and country, as letters give them."""

    hotline_name: str = Field(default="Example Hotline", description="Name of the hotline, as notices give it.")
    hotline_domain: str = Field(default="hotline.example", description="Domain of the hotline, for notices and mail.")
    hotline_contact: str = Field(
        default="notices@hotline.example", description="Mail address that providers answer to."
    )
    hotline_address: str = Field(
        default="",
        description="Where letters and people reach the hotline, in one line. Pages name it to those who can bring a "
        "document there that proves their age. Empty: they offer to send it with the form alone.",
    )
    privacy_contact: str = Field(
        default="",
        description="Who answers people about what the hotline keeps of them: a mail address or a telephone number, "
        "in one line. The pages for survivors name it. Empty: they offer the form alone.",
    )
    privacy_authority: str = Field(
        default="",
        description="Authority to which people can complain about that: its name and where it is reached, in one line.",
    )
    privacy_legal_basis: str = Field(
        default="",
        description="Law by which the hotline may keep what people write to it, in one line. The pages for survivors "
        "name it. Empty: they say nothing of it.",
    )
    privacy_answer_days: int | None = Field(
        default=None,
        gt=0,
        description="Days within which whoever asks what is kept of them gets an answer; the pages for survivors say "
        "it. None: they name no time.",
    )
    privacy_backup_days: int | None = Field(
        default=None,
        gt=0,
        description="Days after which the hotline has deleted each of its backups; the pages for survivors say it. The "
        "program deletes none. None: they name no time.",
    )
    hotline_country: str = Field(default="CA", min_length=2, max_length=2, description="Country of the hotline.")

    @property
    def letter_gaps(self) -> tuple[str, ...]:
        """Settings that do not yet say who the hotline is: until they do, no letter leaves. None in a demonstration.

        What the program brings with it is a placeholder, whoever wrote it down; so is a name that nobody can have
        (RFC 2606), unless the mail server is this machine's own, as in a trial.
        """
        if PlatformSettings.current().demonstration:
            return ()
        fields, smtp_host = type(self).model_fields, MailServerSettings.current().smtp_host
        given = {name: getattr(self, name).strip() for name in ("hotline_name", "hotline_domain", "hotline_contact")}
        gaps = [name for name, value in given.items() if not value or value == fields[name].default]
        if smtp_host and not is_loopback(smtp_host):
            reserved = [name for name in ("hotline_domain", "hotline_contact") if _RESERVED.search(given[name].lower())]
            gaps += [name for name in reserved if name not in gaps]
        return tuple(environment_name(name) for name in gaps)

    @property
    def privacy_gaps(self) -> tuple[str, ...]:
        """Settings without which pages cannot say who is responsible for what is kept, by which law, and how long what
        is deleted stays in backups. None in a demonstration."""
        if PlatformSettings.current().demonstration:
            return ()
        wanted = ("hotline_address", "privacy_contact", "privacy_authority", "privacy_legal_basis")
        days = ("privacy_answer_days", "privacy_backup_days")
        gaps = [name for name in wanted if not getattr(self, name).strip()]
        gaps += [name for name in days if getattr(self, name) is None]
        return tuple(environment_name(name) for name in gaps)


class MailServerSettings(Settings):
    """The mail server: notices, referrals and links for new passwords leave by it."""

    smtp_host: str = Field(default="", description="Mail server for notices. Empty: notices wait in the outbox.")
    smtp_port: int = Field(default=25, gt=0, lt=65536, description="Port of the mail server.")
    smtp_user: str = Field(default="", description="Account at the mail server, if it wants one.")
    smtp_password: str = Field(default="", description="Password of that account.", repr=False)
    smtp_tls: str = Field(
        default="starttls", pattern="^(none|starttls|tls)$", description="none, starttls or tls, for the mail server."
    )


class SignInSettings(Settings):
    """Signing in: what is wanted beside a password."""

    second_factor_required: bool = Field(
        default=False,
        description="Whoever sees items, lists, series or referrals, signs, or gives roles needs a passkey, or a code "
        "from an app as well as the password; who has none sets it up at the next sign-in. Off: everybody may.",
    )
    idle_minutes: int = Field(
        default=30,
        ge=0,
        le=480,
        description="Minutes without use after which a page is covered and its sign-in has ended; what is sent then is "
        "kept through the next one. 0: never before eight hours.",
    )


class ObjectionSettings(Settings):
    """Objections to what we decided: by when they are answered."""

    objection_answer_days: int = Field(
        default=14,
        gt=0,
        le=90,
        description="Days within which an objection is answered (R70), of a provider, a survivor or a partner hotline: "
        "whoever objects is told the day, and the public how many were answered by theirs.",
    )


class AlertSettings(Settings):
    """Alerts: how often people are told by mail of what waits for them."""

    alert_mail_hours: int = Field(
        default=24,
        ge=0,
        le=720,
        description="Hours between mails to one person about what waits for them; what is urgent is mailed at once. "
        "0: no such mails, the page of alerts alone.",
    )


_RESERVED = re.compile(r"(^|[.@])(example|invalid|test|localhost|example\.(com|net|org))\.?$")
