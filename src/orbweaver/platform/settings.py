"""What the whole installation rests on: its folders, database, clock and address."""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from orbweaver.platform.config import Settings


def default_data_dir() -> Path:
    """Where data goes when nothing is said: ``/var/lib/orbweaver`` for root, else the user's data folder."""
    if os.geteuid() == 0:
        return Path("/var/lib/orbweaver")
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "orbweaver"


class PlatformSettings(Settings):
    """The platform: where data lies, what time it is, and under which address and name the installation is known."""

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
    database_admin_url: str | None = Field(
        default=None,
        repr=False,
        description="The same database as a role that may make roles and change owners, for a server of your own. "
        "Needed when tables are made or migrated: `orbweaver migrate` then gives the audit log to a role of its own. "
        "The embedded database needs none.",
    )
    machine_part: str | None = Field(
        default=None,
        description="What this machine does for a hotline whose database is elsewhere. `orbweaver join` sets it: then "
        "no keys are made here, and no tables changed.",
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
    base_url: str = Field(
        default="http://127.0.0.1:8431",
        description="Address under which people and providers reach this installation; used in links and notices.",
    )
    other_hosts: str = Field(
        default="",
        description="Names besides that of base_url under which the pages may be asked for, separated by commas, such "
        "as one within your network. Any other name is refused; an onion service and this machine need none.",
    )
    user_agent: str = Field(
        default="Orbweaver/0.1 (+{base_url}/public/crawler/)",
        description="How the crawler names itself; {base_url} is filled in.",
    )

    @field_validator("base_url")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        # It stands in letters and links: anything but a web address there is a trap for whoever clicks.
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("needs an address like https://hotline.example")
        return value

    @model_validator(mode="after")
    def _fast_clock_has_epoch(self) -> Self:
        # Counted from long ago, a year's worth of seconds times a thousand lies beyond what a date can hold.
        if self.clock_speed != 1.0 and self.clock_epoch is None:
            raise ValueError("ORBWEAVER_CLOCK_SPEED needs ORBWEAVER_CLOCK_EPOCH, the instant to count from")
        return self

    @field_validator("clock_epoch")
    @classmethod
    def _epoch_has_zone(cls, value: dt.datetime | None) -> dt.datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("needs a zone, like 2026-11-24T00:00:00Z")
        return value

    @property
    def keys_path(self) -> Path:
        """The folder of the keys, whether named or default."""
        return self.keys_dir or self.data_dir / "keys"

    @property
    def user_agent_text(self) -> str:
        """The user agent with the contact page filled in."""
        return self.user_agent.replace("{base_url}", self.base_url.rstrip("/"))

    @property
    def hosts(self) -> list[str]:
        """The names that the pages answer to, without ports; a leading dot stands for all below. No name that ends in
        ``.onion`` can be had by somebody else, so each of these is one of ours."""
        own = urlsplit(self.base_url).hostname or ""
        others = [each.strip().lower() for each in self.other_hosts.split(",") if each.strip()]
        return [f"[{own}]" if ":" in own else own, *others, ".onion", "localhost", "127.0.0.1", "[::1]"]

    @property
    def is_on_loopback(self) -> bool:
        """Whether the installation is reached from this machine alone."""
        return is_loopback(urlsplit(self.base_url).hostname or "")


def is_loopback(host: str) -> bool:
    """Whether a host's name or address is this machine's own."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"
