"""What the crawler of the installation that runs here has spent: processor time against what it counted."""

from __future__ import annotations

import json
import os
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from prometheus_client.parser import text_string_to_metric_families

from orbweaver.platform.runtime.warden import members

CRAWLER: Final = "crawl-worker"
DONE: Final = "orbweaver_crawl_done"
"""Its figure of what it did, by kind."""
WITHIN_S: Final = 3.0
_TICKS: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of processors, decoders' too, and pictures, both since the crawler began."""

    seconds: float
    pictures: int


def crawler_spent(data_dir: Path) -> Spent | None:
    """Asks the crawler that `orbweaver up` runs here at its status port; None where none runs or answers."""
    with suppress(OSError, ValueError, KeyError):
        port = int(json.loads((data_dir / "up.json").read_text())["status_ports"][CRAWLER])
        session = _session_of(port)
        # its own port on loopback, without a proxy that variables may name
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://127.0.0.1:{port}/metrics", timeout=WITHIN_S) as answer:
            pictures = _pictures(answer.read().decode())
        return None if session is None else Spent(_seconds(session), pictures)
    return None


def _session_of(port: int) -> int | None:
    """The session of the crawler with this status port: a part leads its own."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                words = (entry / "cmdline").read_bytes().split(b"\0")
                if CRAWLER.encode() in words and str(port).encode() in words:
                    return os.getsid(int(entry.name))
    return None


def _seconds(session: int) -> float:
    """Processor time of a session's processes and of those that ended in them."""
    ticks = 0
    for process in members({session}):
        with suppress(OSError):
            fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:15]))  # proc(5): utime, stime, cutime, cstime
    return ticks / _TICKS


def _pictures(text: str) -> int:
    done = (each for family in text_string_to_metric_families(text) if family.name == DONE for each in family.samples)
    return int(sum(each.value for each in done if each.name.endswith("_total") and each.labels["kind"] == "images"))
