"""The copies worker goes on where a round could not be done."""

from __future__ import annotations

import errno
import logging

import pytest

from orbweaver.doors.workers.copies import CopiesWorker


def test_a_full_disk_is_said_in_one_line_and_the_next_round_follows(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    worker = CopiesWorker()
    rounds: list[str] = []

    def on_a_full_disk() -> dict[str, int]:
        rounds.append("round")
        if len(rounds) == 1:
            raise OSError(errno.ENOSPC, "No space left on device", "/a/folder/of/ours")
        worker.stop()
        return {}

    monkeypatch.setattr(worker, "round", on_a_full_disk)
    monkeypatch.setattr(worker._pulse, "has_changed", lambda: True)
    monkeypatch.setattr("orbweaver.doors.workers.copies.PAUSE_S", 0.0)
    with caplog.at_level(logging.WARNING):
        worker.run()
    assert len(rounds) == 2
    [said] = caplog.records
    assert "No space left on device" in said.getMessage()
    assert said.exc_info is None
    assert "/a/folder" not in said.getMessage()
