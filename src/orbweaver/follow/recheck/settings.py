"""Settings of rechecks."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from orbweaver.platform.config import Settings


class RecheckSettings(Settings):
    """Rechecks: how often, as whom and from where an address is looked at again."""

    recheck_interval_minutes: float = Field(default=60.0, gt=0, description="Minutes between checks of a live URL.")
    recheck_confirm_minutes: float = Field(
        default=30.0, gt=0, description="Least minutes between the two checks that confirm a removal."
    )
    recheck_offline_days: float = Field(
        default=4.0,
        gt=0,
        description="Days for which a host has answered nobody before it and what is on it count as offline, which is "
        "no removal.",
    )
    recheck_offline_networks: int = Field(
        default=1,
        ge=1,
        le=2,
        description="From how many networks of ours a host must be silent to count as offline; from each that is set "
        "up in any case. 2: never without `recheck_proxy`, so that a host which is silent to us alone is not.",
    )
    recheck_rules: Path | None = Field(
        default=None,
        description="TOML file with the hotline's own rules about pages in a picture's place, laid over ours "
        "(docs/domain/rechecks.md).",
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
        "for us alone is no removal, and while it is away nothing is. It has to permit CONNECT to any port. Names are "
        "resolved there, so the address guard cannot check them. Needs the extra `tor`.",
        repr=False,
    )
