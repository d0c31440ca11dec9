"""Settings of the web server, of logs, and of what parts say of themselves."""

from __future__ import annotations

from typing import Final, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from orbweaver.platform.config import Settings

SEVERAL_PROCESSES: Final = "PROMETHEUS_MULTIPROC_DIR"
"""Variable that names the folder in which the processes of one part count together (``runtime.status``): the library
reads it when it is first loaded, so it stands apart from what loads it."""


class WebServerSettings(Settings):
    """The web server: how long it waits, and how much it keeps in memory."""

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
        default=256,
        ge=64,
        description="Largest body (KiB) of a request that needs neither a key nor an account, but for the form that "
        "brings a proof of age (10 MB).",
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


class LogSettings(Settings):
    """Logs: in which form parts write them. None holds a URL, a hash or a name."""

    log_format: Literal["text", "json"] = Field(
        default="text",
        description="`json`: one object a line, for programs, with each step of the work from lead to notice under the "
        "lead's identifier. `text`: what went wrong, for people.",
    )
    traces_url: str = Field(
        default="",
        description="A collector of OpenTelemetry traces (OTLP over HTTP), such as http://127.0.0.1:4318: each step of "
        "the work is sent to it, each lead a trace. No URL, hash or name goes along. Needs the extra `traces`; what "
        "the collector asks for stands in `OTEL_EXPORTER_OTLP_HEADERS`.",
    )

    @field_validator("traces_url")
    @classmethod
    def _is_a_web_address(cls, value: str) -> str:
        parts = urlsplit(value)
        more = "@" in parts.netloc or "?" in value or "#" in value  # what is secret would stand among the settings
        if value and (parts.scheme not in ("http", "https") or not parts.hostname or more):
            raise ValueError("needs an address like http://127.0.0.1:4318, without a password")
        return value


class StatusSettings(Settings):
    """What parts say of themselves at ``/healthz``, ``/readyz`` and ``/metrics``: where, and to whom."""

    metrics_token: str | None = Field(
        default=None,
        min_length=16,
        repr=False,
        description="Whoever brings it (`Authorization: Bearer …`) may read the figures of a part from "
        "another machine; without it only this machine may.",
    )
    status_host: str = Field(
        default="127.0.0.1", description="Address at which parts without pages say how they are (`--status-port`)."
    )
