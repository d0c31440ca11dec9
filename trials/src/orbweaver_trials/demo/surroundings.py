"""The settings of a demo run: a throw-away installation that can reach the demo's world and nothing else."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from orbweaver.platform.clock import real_now
from orbweaver_trials.demo.mail import OWN_MAILBOX

CLOCK_SPEED = 7200
"""One second is two hours, so that a provider who takes a day is seen to take a day."""

FIXED = {
    "DEMONSTRATION": "true",
    "CLOCK_SPEED": str(CLOCK_SPEED),
    "AUTHORISED_HOTLINE": "true",
    "LEGAL_AUTHORITY": "demonstration",
    "POLICY_EXACT_VERIFIED": "true",
    "HOTLINE_NAME": "Demonstration Hotline",
    "HOTLINE_DOMAIN": "hotline.example",
    "HOTLINE_CONTACT": "notices@hotline.example",
    "SMTP_TLS": "none",
    "CRAWL_HOST_DELAY_S": "0.05",
    "CRAWL_TOTAL_TIMEOUT_S": "4",
    "DECODE_WORKERS": "1",
    "NOTICE_REMINDER_HOURS": "24",
    "NOTICE_TOGETHER": "false",  # this world's book is kept by the mail of each notice
    "ALERT_MAIL_HOURS": "0",  # nor of what its own people are mailed
    "RECHECK_INTERVAL_MINUTES": "240",
    "RECHECK_CONFIRM_MINUTES": "60",
}
"""Settings of every run, without their prefix."""
TIRELESS = {
    "WELLBEING_LOOKS_PER_DAY": "1000000",
    "WELLBEING_HOURS_PER_DAY": "24",
    "WELLBEING_WORK_MINUTES": "1440",
}
"""Settings of runs that programs alone judge, on pictures drawn by code. Breaks go by real time: a year that took an
hour on a busy machine met one and ended there."""


def scrubbed(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without any setting of Orbweaver or PostgreSQL: the demo never touches a real installation."""
    return {name: value for name, value in environment.items() if not name.startswith(("ORBWEAVER_", "PG"))}


def clock_settings() -> dict[str, str]:
    """The clock that all processes of a run share; it starts now."""
    return {"ORBWEAVER_CLOCK_SPEED": str(CLOCK_SPEED), "ORBWEAVER_CLOCK_EPOCH": real_now().isoformat()}


def settings_for(data_dir: Path, port: int, world: Mapping[str, Any]) -> dict[str, str]:
    """The settings, as environment, of an installation on this port that knows this world."""
    hosts = [urlsplit(address).netloc for address in world["hosts"].values()]
    chosen = FIXED | {
        "DATA_DIR": str(data_dir),
        "KEYS_DIR": str(data_dir / "keys"),
        "BASE_URL": f"http://127.0.0.1:{port}",
        "NETWORK_ALLOW": ",".join([*hosts, f"{world['smtp_host']}:{world['smtp_port']}"]),
        "SMTP_HOST": world["smtp_host"],
        "SMTP_PORT": str(world["smtp_port"]),
        "BOUNCE_ADDRESS": OWN_MAILBOX,
        "MAIL_DIR": world["mail_dir"],
        "JOURNAL_WAIT_MINUTES": "0.05",
    }
    return {f"ORBWEAVER_{name}": value for name, value in chosen.items()}


def free_port() -> int:
    """A port on which nothing listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
