"""Settings of whom the installation may dial."""

from __future__ import annotations

from pydantic import Field, field_validator

from orbweaver.errors import ConfigurationError
from orbweaver.platform.config import Settings
from orbweaver.platform.network.guard import parse_allowed


class NetworkSettings(Settings):
    """The network: which addresses that are not public may be reached all the same."""

    network_allow: str = Field(
        default="",
        description="Loopback or private addresses that may be reached, as host:port or host:* separated by commas.",
    )

    @field_validator("network_allow")
    @classmethod
    def _can_be_read(cls, value: str) -> str:
        # Read here, so that a slip of the pen stops the first command and not a part that starts again and again.
        try:
            parse_allowed(value)
        except ConfigurationError as error:
            raise ValueError(str(error)) from None
        return value
