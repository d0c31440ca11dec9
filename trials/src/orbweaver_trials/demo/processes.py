"""The programs of a demo run: started so that they end with it, listened to, started again as an init system would."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from orbweaver.errors import OrbweaverError
from orbweaver.platform.runtime.launch import launch_argv

STOP_S = 30.0
COMMAND_S = 600.0
"""Longest time of one command. On a busy machine all takes longer."""


class DemoFailed(OrbweaverError):
    """The demo could not be played to its end, or what happened is not what had to happen."""

    code = "demo_failed"


class Service:
    """A program that runs on and speaks JSON, one value a line. Start it from the main thread."""

    def __init__(self, module: str, arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self._argv = launch_argv([sys.executable, "-P", "-m", module, *arguments], death_signal=signal.SIGTERM)
        self._environment, self._log = dict(environment), log
        self.said: list[dict[str, Any]] = []
        self.starts = 0
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it, again where it ran before."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._argv,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=self._environment,
                start_new_session=True,
            )
        self.starts += 1
        threading.Thread(target=self._listen, args=(self._process,), daemon=True).start()

    def _listen(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                if line.startswith("{"):
                    self.said.append(json.loads(line))

    @property
    def pid(self) -> int | None:
        """Its process; None while it does not run."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def is_running(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    def first(self, **wanted: Any) -> dict[str, Any] | None:
        """The first value said that holds these pairs."""
        return next((each for each in list(self.said) if wanted.items() <= each.items()), None)

    def wait_for(self, within_s: float, **wanted: Any) -> dict[str, Any]:
        """The first value said that holds these pairs. Raises DemoFailed when it ends or does not come in time."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            ended = not self.is_running()
            if found := self.first(**wanted):
                return found
            if ended:
                break
            time.sleep(0.05)
        raise DemoFailed(f"A part of the demo did not start. What it said last:\n{self.last_words()}")

    def last_words(self) -> str:
        """The end of what it wrote to its log."""
        text = self._log.read_text(encoding="utf-8", errors="replace") if self._log.exists() else ""
        return "\n".join(text.splitlines()[-15:]) or "nothing"

    def stop(self) -> None:
        """End it in order; kill it when it does not."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.terminate()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


def run_command(arguments: Sequence[str], environment: Mapping[str, str], within_s: float = COMMAND_S) -> list[Any]:
    """Run ``orbweaver`` with these arguments; the JSON values it printed. Raises DemoFailed unless that ends well."""
    named = " ".join(arguments[:2])
    try:
        answer = subprocess.run(
            [sys.executable, "-P", "-m", "orbweaver", *arguments],
            capture_output=True,
            text=True,
            env=dict(environment),
            timeout=within_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise DemoFailed(f"`orbweaver {named}` did not end within {within_s:.0f} seconds.") from None
    if answer.returncode != 0:
        words = answer.stderr.strip() or answer.stdout.strip()
        raise DemoFailed(f"`orbweaver {named}` failed with exit code {answer.returncode}:\n{words}")
    return [json.loads(line) for line in answer.stdout.splitlines() if line.strip()]
