"""Settings: environment over TOML file over defaults, typed, each with a description that ``orbweaver doctor`` prints.

Every name is ``ORBWEAVER_`` plus the field's name in capitals; the TOML file (``ORBWEAVER_CONFIG``) uses the field's
name.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from orbweaver.errors import ConfigurationError
from orbweaver.platform.messages import CONFIG_NOT_A_FILE, CONFIG_NOT_TOML, SETTINGS_UNUSABLE


def default_data_dir() -> Path:
    """Where data goes when nothing is said: ``/var/lib/orbweaver`` for root, else the user's data folder."""
    if os.geteuid() == 0:
        return Path("/var/lib/orbweaver")
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "orbweaver"


class Config(BaseSettings):
    """All settings. A description ends where a reader of ``doctor`` knows what to write there."""

    model_config = SettingsConfigDict(env_prefix="ORBWEAVER_", extra="forbid", frozen=True)

    data_dir: Path = Field(
        default_factory=default_data_dir,
        description="Folder for the embedded database, encrypted evidence and the match index.",
    )
    keys_dir: Path | None = Field(
        default=None,
        description="Folder (0700) for keys, outside the database and its backups. Default: `keys` beside the data.",
    )
    database_url: str | None = Field(
        default=None,
        description="postgresql://user:password@host:port/name of a server to use instead of the embedded one.",
    )
    clock_speed: float = Field(
        default=1.0, ge=0, description="How many times faster domain time runs (for demos); 0: it stands at its epoch."
    )
    clock_epoch: dt.datetime | None = Field(
        default=None, description="Instant from which a faster clock counts, with zone (ISO 8601)."
    )
    demonstration: bool = Field(
        default=False, description="Mark every page and notice as a demonstration. `orbweaver demo` sets it."
    )
    debug_queries: bool = Field(
        default=False,
        description="For developers: what each page asked the database stands at its foot. Only with a base_url on "
        "loopback, and never where an authorised hotline works, unless this is a demonstration.",
    )
    base_url: str = Field(
        default="http://127.0.0.1:8431",
        description="Address under which people and providers reach this installation; used in links and notices.",
    )
    network_allow: str = Field(
        default="",
        description="Loopback or private addresses that may be reached, as host:port or host:* separated by commas.",
    )
    user_agent: str = Field(
        default="Orbweaver/0.1 (+{base_url}/public/crawler/)",
        description="How the crawler names itself; {base_url} is filled in.",
    )
    crawl_host_delay_s: float = Field(default=1.0, ge=0, description="Least seconds between two requests to one host.")
    crawl_host_concurrency: int = Field(
        default=4, ge=0, description="Most addresses of one host in hand at once, by all crawlers; 0: no bound."
    )
    crawl_max_hops: int = Field(default=4, ge=0, description="Links followed from a lead or a known sighting.")
    crawl_max_fruitless_pages: int = Field(
        default=20_000, gt=0, description="Pages without anything known after which a lead is followed no further."
    )
    crawl_max_bytes: int = Field(default=64 * 2**20, gt=0, description="Largest body that is read from a server.")
    crawl_total_timeout_s: float = Field(default=60.0, gt=0, description="Longest time for one fetch, all included.")
    crawl_concurrency: int = Field(default=128, gt=0, description="Fetches at once in one crawler process.")
    tor_proxy: str = Field(
        default="",
        description="SOCKS proxy of a Tor client, such as socks5://127.0.0.1:9050; onion hosts are reached through it "
        "alone. Empty: they are not fetched. Needs the extra `tor`.",
        repr=False,
    )
    crawl_browser: str = Field(
        default="",
        description="Chromium with which pages that need a script are drawn, such as /usr/bin/chromium. Empty: they "
        "are read as sent. Needs the extra `browser`.",
    )
    crawl_browser_sandbox: bool = Field(
        default=True,
        description="Use Chromium's own sandbox. Off only where the system allows no user namespaces.",
    )
    crawl_browser_timeout_s: float = Field(default=20.0, gt=0, description="Longest time to draw one page.")
    ledger: bool = Field(
        default=False,
        description="Keep fingerprints of everything seen in Parquet files, to match them with lists that come later "
        "(`orbweaver ledger match`). Needs the extra `ledger`.",
    )
    decode_workers: int = Field(default=2, gt=0, description="Decoder processes for each crawler or scan.")
    decode_memory_mb: int = Field(default=2048, gt=0, description="Memory limit of a decoder process.")
    decode_timeout_s: float = Field(default=20.0, gt=0, description="Longest time to decode one file.")
    match_radius: int = Field(default=31, ge=0, le=64, description="Greatest PDQ distance that is a suspected match.")
    match_quality_floor: int = Field(default=50, ge=0, le=100, description="PDQ quality below which none is looked up.")
    policy_exact_verified: bool = Field(
        default=False,
        description="The written policy of R12: byte-identical copies of material that this hotline's own analysts "
        "verified as csam go straight to a notice. Off unless the hotline has signed it.",
    )
    authorised_hotline: bool = Field(
        default=False,
        description="This installation belongs to an authorised hotline: archive and reveal are allowed. Set only "
        "with a legal authority (legal_authority).",
    )
    legal_authority: str = Field(default="", description="The law or agreement that authorises the archive, in words.")
    retention_days: int = Field(default=365, gt=0, description="Days that archived evidence is kept.")
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
    review_known_answer_rate: float = Field(
        default=0.0,
        ge=0,
        le=0.1,
        description="Share of items taken that are ones whose answer is known (a manager chooses them). 0: none.",
    )
    review_lease_minutes: int = Field(default=10, gt=0, description="Minutes that an item stays with one analyst.")
    police_sources: str = Field(
        default="NCMEC,RCMP,Interpol,ICSE",
        description="Sources of list entries whose series are known to police, separated by commas (R14).",
    )
    liaison_address: str = Field(
        default="", description="Mail address of the law-enforcement liaison, told of urgent referrals at once."
    )
    neighbours_held: int = Field(
        default=4, ge=0, le=50, description="Pictures held on each side of a match on its page, where archiving is on."
    )
    neighbour_days: int = Field(
        default=30, gt=0, description="Days that a neighbour which nobody linked to a series is held."
    )
    hotline_name: str = Field(default="Example Hotline", description="Name of the hotline, as notices give it.")
    hotline_domain: str = Field(default="hotline.example", description="Domain of the hotline, for notices and mail.")
    hotline_contact: str = Field(
        default="notices@hotline.example", description="Mail address that providers answer to."
    )
    hotline_country: str = Field(default="CA", min_length=2, max_length=2, description="Country of the hotline.")
    public_reports_per_hour: int = Field(
        default=60, ge=0, description="Public reports that one network (/24, or /64 of IPv6) may send an hour; 0: any."
    )
    web_head_timeout_s: float = Field(
        default=15.0,
        gt=0,
        description="Seconds that the web server waits for the head of a request: the first, or the next of a "
        "connection that stays open.",
    )
    web_body_timeout_s: float = Field(
        default=300.0, gt=0, description="Longest time that a body may take to come, or an answer to be read."
    )
    web_least_rate: int = Field(
        default=4096, gt=0, description="Bytes a second of a body, or of an answer being read, after ten seconds."
    )
    web_form_kb: int = Field(
        default=256, ge=64, description="Largest body (KiB) of a request that needs neither a key nor an account."
    )
    web_form_memory_mb: int = Field(
        default=64, gt=0, description="Memory of each process of the web server for such bodies, all together."
    )
    web_upload_memory_mb: int = Field(
        default=256,
        gt=0,
        description="The same for larger bodies, which come with a key or an account; never below twice "
        "crawl_max_bytes.",
    )
    web_answer_memory_mb: int = Field(default=128, gt=0, description="The same for answers that are being read.")
    web_connections: int = Field(
        default=5000,
        ge=16,
        description="Connections to each process of the web server; above it the one that has kept it waiting longest "
        "is closed.",
    )
    behind_proxy: bool = Field(
        default=False,
        description="A reverse proxy of yours stands in front: the last entry of its X-Forwarded-For is the visitor.",
    )
    smtp_host: str = Field(default="", description="Mail server for notices. Empty: notices wait in the outbox.")
    smtp_port: int = Field(default=25, gt=0, lt=65536, description="Port of the mail server.")
    smtp_user: str = Field(default="", description="Account at the mail server, if it wants one.")
    smtp_password: str = Field(default="", description="Password of that account.", repr=False)
    smtp_tls: str = Field(
        default="starttls", pattern="^(none|starttls|tls)$", description="none, starttls or tls, for the mail server."
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
    journal_wait_minutes: float = Field(
        default=15.0,
        gt=0,
        description="Minutes after which a copy that has not come, or a report that ICCAM does not list, means that "
        "nothing was sent.",
    )
    mail_dir: Path | None = Field(
        default=None, description="Maildir into which the mail server delivers what comes to these two addresses."
    )
    abuse_signal_region: str = Field(default="us-east-1", description="AWS region of the Abuse Signal API.")
    abuse_signal_key: str = Field(default="", description="Access key for the Abuse Signal API. Empty: not used.")
    abuse_signal_secret: str = Field(default="", description="Secret of that key.", repr=False)
    iccam_user: str = Field(default="", description="Account at ICCAM. Empty: referrals do not go there.")
    iccam_password: str = Field(default="", description="Password of that account.", repr=False)
    notice_preservation_days: int = Field(
        default=0, ge=0, description="Days for which notices ask to keep material for the authorities. 0: do not ask."
    )
    notice_preservation_basis: str = Field(
        default="", description="The legal basis of that request, as notices give it. Needed with the days."
    )
    notice_reminder_hours: float = Field(default=24.0, gt=0, description="Hours between reminders until removal.")
    host_lookup_minutes: float = Field(
        default=15.0,
        gt=0,
        description="Age of a look at a host after which it is looked up again before a message leaves.",
    )
    discover_contacts: bool = Field(
        default=True,
        description="Ask RDAP for networks, countries and contacts that the registry lacks, and look for security.txt.",
    )
    referral_deadline_hours: float = Field(
        default=72.0,
        gt=0,
        description="Hours that the hotline of a hosting country has before the provider is told directly.",
    )
    escalation_policy: Path | None = Field(
        default=None,
        description="TOML file with the hotline's own policy on providers that ignore notices; the packaged one else.",
    )
    recheck_interval_minutes: float = Field(default=60.0, gt=0, description="Minutes between checks of a live URL.")
    recheck_confirm_minutes: float = Field(
        default=30.0, gt=0, description="Least minutes between the two checks that confirm a removal."
    )
    recheck_browser: str = Field(
        default="Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        description="User agent of a common browser. A check that does not find the picture under our own name asks "
        "again as this browser would, by the authority recorded with each address, so that a host which hides from our "
        "name alone has removed nothing. Empty: it asks again under our own name, and such a host is not found out.",
    )
    recheck_proxy: str = Field(
        default="",
        description="Second vantage point of rechecks, such as socks5://host:1080 or http://host:3128: what is gone "
        "for us alone is no removal. Names are resolved there, so the address guard cannot check them. Needs the "
        "extra `tor`.",
        repr=False,
    )

    @model_validator(mode="after")
    def _fast_clock_has_epoch(self) -> Self:
        # Counted from long ago, a year's worth of seconds times a thousand lies beyond what a date can hold.
        if self.clock_speed != 1.0 and self.clock_epoch is None:
            raise ValueError("ORBWEAVER_CLOCK_SPEED needs ORBWEAVER_CLOCK_EPOCH, the instant to count from")
        return self

    @model_validator(mode="after")
    def _queries_are_for_developers(self) -> Self:
        if self.debug_queries:
            if not _is_loopback(urlsplit(self.base_url).hostname or ""):
                raise ValueError("ORBWEAVER_DEBUG_QUERIES is for developers: ORBWEAVER_BASE_URL is elsewhere")
            if self.authorised_hotline and not self.demonstration:
                raise ValueError("ORBWEAVER_DEBUG_QUERIES is not for an authorised hotline at work")
        return self

    @field_validator("*", mode="before")
    @classmethod
    def _empty_is_unset(cls, value: object, info: ValidationInfo) -> object:
        """``ORBWEAVER_MAIL_DIR=`` in a file of variables means none; as a path it would be the working folder."""
        optional = info.field_name is not None and cls.model_fields[info.field_name].default is None
        return None if optional and value == "" else value

    @field_validator("clock_epoch")
    @classmethod
    def _epoch_has_zone(cls, value: dt.datetime | None) -> dt.datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("needs a zone, like 2026-11-24T00:00:00Z")
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment first, then the TOML file that ORBWEAVER_CONFIG names, then the defaults."""
        path = os.environ.get("ORBWEAVER_CONFIG")
        sources: tuple[PydanticBaseSettingsSource, ...] = (init_settings, env_settings)
        if path:
            if not Path(path).is_file():
                raise ConfigurationError(CONFIG_NOT_A_FILE.of(path=str(path)))
            sources += (TomlConfigSettingsSource(settings_cls, path),)
        return sources

    @property
    def keys_path(self) -> Path:
        """The folder of the keys, whether named or default."""
        return self.keys_dir or self.data_dir / "keys"

    @property
    def journal(self) -> str:
        """Where copies of notices come to: an address of their own, else that of bounces where it is read; or ""."""
        if self.journal_address:
            return "" if self.journal_address == "off" else self.journal_address
        return self.bounce_address if self.mail_dir else ""

    @property
    def letter_gaps(self) -> tuple[str, ...]:
        """Settings that do not yet say who the hotline is: until they do, no letter leaves. None in a demonstration.

        What the program brings with it is a placeholder, whoever wrote it down; so is a name that nobody can have
        (RFC 2606), unless the mail server is this machine's own, as in a trial.
        """
        if self.demonstration:
            return ()
        fields = type(self).model_fields
        given = {name: getattr(self, name).strip() for name in ("hotline_name", "hotline_domain", "hotline_contact")}
        gaps = [name for name, value in given.items() if not value or value == fields[name].default]
        if self.smtp_host and not _is_loopback(self.smtp_host):
            reserved = [name for name in ("hotline_domain", "hotline_contact") if _RESERVED.search(given[name].lower())]
            gaps += [name for name in reserved if name not in gaps]
        return tuple(f"ORBWEAVER_{name.upper()}" for name in gaps)

    @property
    def archive_gaps(self) -> tuple[str, ...]:
        """Settings without which an authorised hotline archives nothing all the same."""
        begun = self.authorised_hotline and not self.legal_authority.strip()
        return ("ORBWEAVER_LEGAL_AUTHORITY",) if begun else ()

    @property
    def ledger_dir(self) -> Path:
        """The folder of the ledger, whether it is on or not."""
        return self.data_dir / "ledger"

    @property
    def user_agent_text(self) -> str:
        """The user agent with the contact page filled in."""
        return self.user_agent.replace("{base_url}", self.base_url.rstrip("/"))


_RESERVED = re.compile(r"(^|[.@])(example|invalid|test|localhost|example\.(com|net|org))\.?$")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


@cache
def get_config() -> Config:
    """The settings of this process, read once. Raises ConfigurationError that names each wrong setting."""
    try:
        return Config()
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(CONFIG_NOT_TOML.of(error=str(error))) from None
    except ValidationError as error:
        lines = [
            ": ".join([*(f"ORBWEAVER_{str(part).upper()}" for part in problem["loc"]), problem["msg"]])
            for problem in error.errors(include_url=False, include_input=False)
        ]
        raise ConfigurationError(SETTINGS_UNUSABLE.of(problems="\n".join(f"  {line}" for line in lines))) from None
