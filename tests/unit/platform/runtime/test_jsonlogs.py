"""Lines of logs for programs: each one JSON object, none with a secret in it."""

from __future__ import annotations

import hashlib
import io
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from orbweaver.errors import Unavailable
from orbweaver.platform.runtime.jsonlogs import BLOT, LONGEST, JsonLines, without_secrets
from orbweaver.platform.runtime.messages import NO_UNPRIVILEGED_USER
from orbweaver.platform.steps import About

HASH = hashlib.sha256(b"a picture").hexdigest()
SECRETS = [
    "https://bad.example/album/7.jpg?key=1",
    "http://127.0.0.1:8080/x",
    "hidden-host.example",
    "bad.example/album/7.jpg",
    "пример.рф",
    "a.xn--p1ai",
    "kAFQmDzST7DWlj99KOF/cg==",
    "victim@mail.example",
    "198.51.100.7",
    "2001:db8::17",
    HASH,
    HASH.upper(),
    hashlib.md5(b"a picture").hexdigest(),
    "nEVBoWFmGbBEpzGDXrBvqZ1nEVBoWFmGbBEpzGDXrBvqZ1==",
    "HTTPS://Hidden.Example/album",
    "https%3A%2F%2Fbad.example%2Falbum%2F7.jpg",
    "localhost:8080/hidden-album/",
    "kAFQmDzST7DWlj99KOF-cgkAFQm_zST7DWlj99KOF-cg",
]


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(JsonLines())
    loggers = [logging.getLogger(name) for name in ("orbweaver.a_test", "a_library.a_test")]
    for each in loggers:
        each.addHandler(handler)
    yield out
    for each in loggers:
        each.removeHandler(handler)


def lines(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


@pytest.mark.parametrize("secret", SECRETS)
def test_what_looks_like_a_secret_is_blotted_out_of_what_we_say(secret: str, log: io.StringIO) -> None:
    logging.getLogger("orbweaver.a_test").warning("A server said: %s, again", secret)
    assert secret not in log.getvalue()
    assert lines(log)[0]["message"].startswith(f"A server said: {BLOT}")


def test_plain_words_stay_as_they_are() -> None:
    said = (
        "Held notice number 17 could not be released: ValueError at holding.py:68. ORBWEAVER_LOG_FORMAT does not count"
    )
    assert without_secrets(said) == said


@pytest.mark.parametrize("secret", [*SECRETS, "Erika Mustermann"])
def test_of_what_a_library_says_no_word_is_written(secret: str, log: io.StringIO) -> None:
    logging.getLogger("a_library.a_test").warning(f"Retrying {secret}")
    assert secret not in log.getvalue()
    [line] = lines(log)
    assert (line["logger"], "message" in line) == ("a_library.a_test", False)
    assert line["place"].startswith("test_jsonlogs:")


def test_a_failure_names_kinds_codes_and_places_and_no_message(log: io.StringIO) -> None:
    try:
        try:
            raise ValueError(f"the server answered {SECRETS[0]}")
        except ValueError as error:
            raise Unavailable(NO_UNPRIVILEGED_USER) from error
    except Unavailable:
        logging.getLogger("orbweaver.a_test").exception("It failed")
    [line] = lines(log)
    assert (line["level"], line["message"]) == ("ERROR", "It failed")
    assert "ValueError" in line["trace"]
    assert Unavailable(NO_UNPRIVILEGED_USER).code in line["trace"]
    assert "bad.example" not in log.getvalue()


def test_a_line_says_when_and_by_which_part_of_which_machine(log: io.StringIO) -> None:
    logging.getLogger("orbweaver.a_test").warning("two\nlines")
    [line] = lines(log)
    assert {"time", "level", "part", "machine", "process", "logger", "message"} == line.keys()
    assert line["time"].endswith("+00:00")
    assert (line["process"], line["message"]) == (os.getpid(), "two\nlines")


CRASH = """
import logging, sys, threading, warnings
from orbweaver.platform.runtime.jsonlogs import be_part, write_crashes
be_part("worker")
write_crashes()
def fall(): raise ValueError("https://bad.example/1.jpg")
thread = threading.Thread(target=fall); thread.start(); thread.join()
class Falls:
    def __del__(self): fall()
del [Falls()][0]
fall()
"""


def test_what_ends_a_thread_or_a_process_or_is_ignored_is_a_line_without_what_the_error_says() -> None:
    ended = subprocess.run([sys.executable, "-c", CRASH], capture_output=True, text=True, timeout=60, check=False)
    found = [json.loads(line) for line in ended.stderr.splitlines()]
    assert [(line["part"], line["level"], line["trace"][-1]) for line in found] == [
        ("worker", level, "ValueError") for level in ("CRITICAL", "ERROR", "CRITICAL")
    ]
    assert "bad.example" not in ended.stderr


@pytest.mark.parametrize("command", ["up", "worker"])
def test_an_error_that_ends_a_part_is_a_line_with_its_code(command: str, tmp_path: Path) -> None:
    env = {**os.environ, "ORBWEAVER_LOG_FORMAT": "json", "ORBWEAVER_DATA_DIR": str(tmp_path)}
    env["ORBWEAVER_DATABASE_URL"] = "postgresql://nobody@127.0.0.1:1/nothing"
    ended = subprocess.run(
        [sys.executable, "-m", "orbweaver", command], env=env, capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == 1
    found = [json.loads(line) for line in ended.stderr.splitlines()]
    assert found[-1]["part"] == command
    assert [line for line in found if line["level"] in ("ERROR", "WARNING") and line["code"]]


@pytest.mark.parametrize("said", ["a-", "ab1.", "a.py.", "\\", '\u2028{"', "é"])
def test_a_line_is_never_longer_than_a_pipe_takes_in_one_piece_nor_long_in_the_making(
    said: str, log: io.StringIO
) -> None:
    def deeper(left: int) -> None:
        if not left:
            raise ValueError
        deeper(left - 1)

    try:
        deeper(300)
    except ValueError:
        about = About("ntc_23456789abcdefgh", ["led_23456789abcdefgh"] * 100)
        logging.getLogger("orbweaver.a_test").exception(said * 500_000, extra={"about": about})
    assert len(log.getvalue()) <= LONGEST
    [line] = lines(log)
    assert (line["trace"][-1], line["leads"][0]) == ("ValueError", "led_23456789abcdefgh")


OUTPUT = """
import logging, os, sys
from orbweaver.platform.runtime.jsonlogs import StandardError, be_part, write
be_part("up")
def stalled():
    reads, writes = os.pipe(); os.set_blocking(writes, False)
    try:
        while True: os.write(writes, b"x" * 512)
    except BlockingIOError: os.set_blocking(writes, True)
    return writes
def gone():
    reads, writes = os.pipe(); os.close(reads); return writes
kept = os.dup(2)
logging.getLogger("orbweaver").addHandler(StandardError())
for reader in (stalled, gone, lambda: os.open("/dev/full", os.O_WRONLY)):
    os.dup2(reader(), 2)
    for _ in range(3): write(logging.INFO, "one that is lost")
    logging.getLogger("orbweaver.a_test").warning("another")
    os.dup2(kept, 2)
    write(logging.INFO, "one that is read")
    logging.getLogger("orbweaver.a_test").warning("it fits %d not", "at all")
"""


def test_nobody_waits_or_ends_because_a_log_is_not_taken_and_what_is_lost_is_counted() -> None:
    ended = subprocess.run([sys.executable, "-c", OUTPUT], capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0
    found = [json.loads(line) for line in ended.stderr.splitlines()]
    assert [(line.get("message"), line["lost"]) for line in found] == [("one that is read", 3), (None, 1)] * 3
    assert {line["trace"][-1] for line in found[1::2]} == {"TypeError"}
