"""``fingerprint`` and ``scan`` as a script uses them: real processes, real files of all sorts."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

KEYS = ["path", "sha256", "sha1", "md5", "pdq", "pdq_quality", "width", "height", "error"]


def orbweaver(*words: str | bytes | Path, env: dict[str, str]) -> tuple[list[Any], int, str]:
    """Objects on standard output, exit code, standard error."""
    command = [os.fsencode(word) for word in (sys.executable, "-m", "orbweaver", *words)]
    done = subprocess.run(command, capture_output=True, env=os.environ | env, timeout=100, check=False)
    return [json.loads(line) for line in done.stdout.splitlines()], done.returncode, done.stderr.decode()


@pytest.fixture
def own_env(database_url: str, tmp_path: Path) -> dict[str, str]:
    return {"ORBWEAVER_DATABASE_URL": database_url, "ORBWEAVER_DATA_DIR": str(tmp_path / "data")}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A picture and much that is none."""
    place = tmp_path / "any files"
    (place / "below").mkdir(parents=True)
    picture = Image.linear_gradient("L").resize((320, 240))
    for step in range(12):
        picture.paste(step * 61 % 256, (step * 25, step * 17, step * 25 + 60, step * 17 + 50))
    picture.save(place / "picture.png")
    picture.save(place / "below" / "copy.jpg", quality=60)
    (place / "empty").touch()
    (place / "text.txt").write_text("no picture")
    (place / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0" + bytes(200))
    Path(os.fsdecode(os.fsencode(place) + b"/name-\xff.bin")).write_bytes(b"x")
    os.mkfifo(place / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(place / "socket"))
    (place / "dangling").symlink_to(place / "nowhere")
    return place


def test_fingerprint_prints_one_object_a_file_whatever_it_is(folder: Path, own_env: dict[str, str]) -> None:
    files = sorted(path for path in folder.iterdir())
    objects, code, errors = orbweaver("fingerprint", "--json", *files, env=own_env)
    assert [os.fsencode(each["path"]) for each in objects] == [os.fsencode(path) for path in files]
    assert all(list(each) == KEYS for each in objects)
    by_name = {Path(each["path"]).name: each for each in objects}
    assert by_name["picture.png"]["error"] is None
    assert len(by_name["picture.png"]["pdq"]) == 64
    assert (by_name["picture.png"]["width"], by_name["picture.png"]["height"]) == (320, 240)
    for name, reason in {"pipe": "not_a_file", "socket": "not_a_file", "below": "not_a_file"}.items():
        assert by_name[name]["error"] == reason
    assert by_name["dangling"]["error"] == "not_found"
    assert by_name["text.txt"]["sha256"] is not None
    assert all(by_name[name]["error"] for name in ("empty", "text.txt", "broken.jpg"))
    assert code == 4
    assert errors == ""


@pytest.mark.sweep
@pytest.mark.django_db(transaction=True)
def test_scan_finds_copies_below_a_folder_and_reports_the_rest(folder: Path, own_env: dict[str, str]) -> None:
    (known,), _, _ = orbweaver("fingerprint", "--json", folder / "picture.png", env=own_env)
    listed = folder.parent / "list.csv"
    listed.write_text(f"kind,value,classification\npdq,{known['pdq']},csam\nsha256,{known['sha256']},csam\n")
    orbweaver("lists", "import", listed, "--json", env=own_env)
    objects, code, _ = orbweaver("scan", "--json", folder, env=own_env)
    matches = {Path(each["path"]).name: [match["kind"] for match in each["matches"]] for each in objects}
    assert matches.pop("picture.png") == ["sha256", "pdq"]
    assert matches.pop("copy.jpg") == ["pdq"]
    assert set(map(tuple, matches.values())) == {()}
    assert len(matches) == 7
    said = {Path(each["path"]).name: (each["classification"], each["match_type"]) for each in objects}
    assert (said["picture.png"], said["copy.jpg"]) == (("csam", "exact"), ("csam", "near"))
    assert said["broken.jpg"] == ("no-known-match", None)
    assert code == 5  # something is known; without that it would be 4, as the dangling link was not read


@pytest.mark.sweep
@pytest.mark.django_db(transaction=True)
def test_a_scan_of_all_sorts_goes_on_where_it_was_killed(folder: Path, own_env: dict[str, str]) -> None:
    """Folders, an archive, a listing of addresses and standard input; each once, however the first run ended."""
    picture = (folder / "picture.png").read_bytes()
    for number in range(200):
        (folder / "below" / f"{number:03}.png").write_bytes(picture + bytes([number]))
    with zipfile.ZipFile(folder.parent / "sent.zip", "w") as archive:
        archive.writestr("in/known.png", picture)
        archive.writestr("in/readme.txt", "no picture")
    with served(folder) as address:
        (folder.parent / "keys.xml").write_text(
            "<ListBucketResult><Contents><Key>below/</Key></Contents><Contents><Key>below/007.png</Key></Contents>"
            "<Contents><Key>gone.png</Key></Contents></ListBucketResult>"
        )
        results = folder.parent / "results.jsonl"
        words: list[str | Path] = ["scan", "--json", "--results", results, "--base", address, "--from"]
        words += [folder.parent / "keys.xml", folder / "below", folder.parent / "sent.zip", "-"]
        command = [sys.executable, "-m", "orbweaver", *map(str, words)]
        env = os.environ | own_env | {"ORBWEAVER_NETWORK_ALLOW": "127.0.0.1:*"}
        first = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        assert first.stdout is not None
        assert first.stdout.readline().startswith(b"{")
        first.kill()
        first.communicate()
        begun = results.read_bytes()
        results.write_bytes(begun[:-9])  # as if it had been killed while it wrote
        done = subprocess.run(command, env=env, input=picture, capture_output=True, timeout=100, check=False)
    named = [json.loads(line)["path"] for line in results.read_bytes().splitlines()]
    below = [str(folder / "below" / name) for name in [*(f"{number:03}.png" for number in range(200)), "copy.jpg"]]
    sent = str(folder.parent / "sent.zip")
    assert sorted(named) == sorted(
        [*below, sent, f"{sent}!in/known.png", "-", f"{address}/below/007.png", f"{address}/gone.png"]
    )
    assert len(done.stdout.splitlines()) == len(named) - begun[:-9].count(b"\n")
    summary = json.loads(done.stderr.splitlines()[-1])
    assert (summary["files"], summary["unread"], summary["errors"]) == (len(named), 1, 2)
    assert done.returncode == 4


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The folder over HTTP."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_help_says_what_a_command_does() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "orbweaver", "scan", "--help"], capture_output=True, text=True, timeout=60, check=True
    )
    assert "Match files against the hash lists" in done.stdout
