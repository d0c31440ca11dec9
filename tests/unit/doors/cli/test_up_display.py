"""What `orbweaver up` prints where there is no terminal, and for scripts."""

from __future__ import annotations

import json

import pytest

from orbweaver.doors.cli.up_display import JsonLines, PlainLines


def test_a_script_gets_one_json_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    JsonLines().event({"event": "state", "part": "web", "state": "running", "pid": 7})
    JsonLines().event({"event": "ready", "address": "http://127.0.0.1:8431"})
    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line)["event"] for line in lines] == ["state", "ready"]


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ({"event": "state", "part": "web", "state": "running"}, "web is running"),
        (
            {"event": "state", "part": "worker", "state": "restarting", "exit_code": -9},
            "worker is restarting (ended by SIGKILL)",
        ),
        (
            {"event": "state", "part": "worker", "state": "failed", "exit_code": 1},
            "worker is failed (exit status 1)",
        ),
        ({"event": "ready", "address": "http://127.0.0.1:8431"}, "Orbweaver is ready at http://127.0.0.1:8431"),
        ({"event": "stopping"}, "stopping"),
    ],
)
def test_a_person_gets_words(
    event: dict[str, object], words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from rich.console import Console

    monkeypatch.setattr("orbweaver.doors.cli.up_display.console", Console())
    PlainLines().event(event)
    assert capsys.readouterr().out.rstrip("\n").endswith(words)
