"""Kill -9 in the middle of a run, to see that nothing is lost and no mail is sent twice. For tests."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import time
from dataclasses import dataclass, field
from typing import Any

from orbweaver.errors import InvalidInput
from orbweaver_trials.demo.processes import Service
from orbweaver_trials.demo.stages import STAGES, Stages

PARTS = ("crawl-worker", "worker", "web", "up")
WRITTEN = re.compile(r"(?P<part>[a-z-]+)@(?P<stage>[a-z]+):(?P<count>\d+)(\+(?P<delay>\d+(\.\d+)?))?")


@dataclass(frozen=True)
class Kill:
    """End a part once a step has come to ``count``, ``delay_s`` later."""

    part: str
    stage: str
    count: int
    delay_s: float = 0.0

    @classmethod
    def parse(cls, text: str) -> Kill:
        """Read ``worker@notice:1`` or ``worker@notice:1+0.4``. Raises InvalidInput."""
        found = WRITTEN.fullmatch(text)
        if found is None or found["part"] not in PARTS or found["stage"] not in STAGES:
            raise InvalidInput(f"Write a kill as PART@STEP:COUNT+SECONDS; parts are {', '.join(PARTS)}.")
        return cls(found["part"], found["stage"], int(found["count"]), float(found["delay"] or 0))


@dataclass
class Saboteur:
    """Strikes when the time of a kill has come; ``done`` tells of each."""

    kills: list[Kill]
    done: list[dict[str, Any]] = field(default_factory=list)
    _armed: dict[Kill, float] = field(default_factory=dict)

    def strike(self, installation: Service, stages: Stages) -> None:
        """Do what is due. A kill whose part is not running at that moment waits for it."""
        for kill in list(self.kills):
            if kill not in self._armed and stages.reached(kill.stage) >= kill.count:
                self._armed[kill] = time.monotonic() + kill.delay_s
            if time.monotonic() < self._armed.get(kill, float("inf")):
                continue
            process = process_of(kill.part, installation)
            if process is None:
                continue
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
                self.done.append({"part": kill.part, "stage": kill.stage, "reached": stages.reached(kill.stage)})
                self.kills.remove(kill)


def process_of(part: str, installation: Service) -> int | None:
    """The process of a part as ``orbweaver up --json`` told of it; None while it has none."""
    if part == "up":
        return installation.pid
    told = [event for event in list(installation.said) if event.get("part") == part]
    return told[-1].get("pid") if told and told[-1]["state"] == "running" else None
