"""Hostile code inside each process that parses foreign bytes: the decoder, the reader of pages, Chromium's.

The processes are the real ones, started as the system starts them; only what they call to parse is replaced by code
that tries to get at the database, the keys, other processes, programs and the network, as a taken-over parser would.
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyrage
import pytest
from PIL import Image
from tests.settings_given import settings_given

from orbweaver.detect.drawing.browser import PageBrowser
from orbweaver.detect.evidence.opener import REWRAP
from orbweaver.detect.evidence.opening import asked, forget_opener
from orbweaver.detect.extraction.page_reader import PageReader
from orbweaver.fingerprints import landlock
from orbweaver.fingerprints.errors import DecodersUnprotected
from orbweaver.fingerprints.pool import DecoderPool
from orbweaver.notify.notices.answers import walled
from orbweaver.platform.network.guard import Guard
from orbweaver.platform.network.urls import parse
from orbweaver.platform.runtime import launch
from orbweaver.platform.runtime.postgres import EmbeddedPostgres

ATTACK = r'''
import ctypes, json, os, resource, socket, struct, subprocess

def attack(place):
    """What was reached, by name: everything that is tried and works."""
    reached = []
    def attempt(name, action):
        try:
            if action():
                reached.append(name)
        except BaseException:
            pass
    libc = ctypes.CDLL(None, use_errno=True)
    parent = place["parent"]

    def connect_to_database():
        with socket.socket(socket.AF_UNIX) as database:
            database.connect(place["socket"])
            return True

    def be_the_superuser():
        words = b"user\0postgres\0database\0postgres\0\0"
        with socket.socket(socket.AF_UNIX) as database:
            database.connect(place["socket"])
            database.sendall(struct.pack(">ii", 8 + len(words), 196608) + words)
            kind, _, asked = struct.unpack(">cii", database.recv(9, socket.MSG_WAITALL))
            return kind == b"R" and asked == 0

    def open_tcp(port=place["port"]):
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            return True

    def send_datagram():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            return sender.sendto(b"x", ("127.0.0.1", place["port"])) == 1

    def ptrace_parent():
        seized = libc.ptrace(0x4206, parent, 0, 0) == 0
        if seized:
            libc.ptrace(17, parent, 0, 0)
        return seized

    def peek_at_parent():
        address = int(next(iter(place["maps"])), 16)
        here = ctypes.create_string_buffer(8)
        mine, theirs = (struct.pack("PN", at, 8) for at in (ctypes.addressof(here), address))
        return libc.process_vm_readv(parent, mine, 1, theirs, 1, 0) == 8

    def fork():
        child = os.fork()
        if child == 0:
            os._exit(0)
        return os.waitpid(child, 0)[0] == child

    def write(path):
        with open(path, "wb") as file:
            return file.write(b"x")

    def shorten_parents_life():
        return bool(resource.prlimit(parent, resource.RLIMIT_NOFILE))

    attempt("database's socket", connect_to_database)
    attempt("superuser", be_the_superuser)
    attempt("tcp", open_tcp)
    attempt("proxy", lambda: open_tcp(place["proxy"]))
    attempt("udp", send_datagram)
    attempt("shell", lambda: subprocess.run(["/bin/sh", "-c", "true"]).returncode == 0)
    attempt("fork", fork)
    for path in place["files"]:
        attempt("file " + path, lambda: open(path, "rb").read(1))
    attempt("parent's environ", lambda: open(f"/proc/{parent}/environ", "rb").read(1))
    attempt("parent's mem", lambda: open(f"/proc/{parent}/mem", "rb"))
    attempt("parent by ptrace", ptrace_parent)
    attempt("parent's memory", peek_at_parent)
    attempt("parent by a signal", lambda: os.kill(parent, 0) is None)
    attempt("parent's limits", shorten_parents_life)
    for path in place["writable"]:
        attempt("write " + path, lambda: write(path))
    attempt("namespace", lambda: libc.unshare(0x10000000) == 0)
    attempt("secrets", lambda: any("ORBWEAVER_" in name for name in os.environ))
    return reached
'''
IN_DECODER = """
import dataclasses, json, orbweaver.fingerprints.decode as decode
from attack import attack
real = decode.fingerprint
def hijacked(body, *limits):
    result = real(body, *limits)
    if not body.startswith(b"{"):
        return result
    return dataclasses.replace(result, extra=(("reached", json.dumps(attack(json.loads(body))).encode()),))
decode.fingerprint = hijacked
"""
IN_PAGE_PROCESS = """
import json, orbweaver.detect.extraction.documents as documents
from orbweaver.detect.extraction.page import Page
from orbweaver.platform.network.urls import parse
from attack import attack
real = documents.read_document
def hijacked(body, url, content_type=""):
    if not body.startswith(b"{"):
        return real(body, url, content_type)
    return Page(title=json.dumps(attack(json.loads(body))), headings=(), media=(), links=(), near="")
documents.read_document = hijacked
"""
IN_MAIL_READER = """
import html, json, orbweaver.notify.notices.answers.page_text as mail
from attack import attack
real = mail.page_text
def hijacked(page):
    if not page.startswith("<script>{"):
        return real(page)
    return json.dumps(attack(json.loads(page.removeprefix("<script>"))))
mail.page_text = hijacked
"""
IN_OPENER = """
import json, pyrage
from attack import attack
pyrage.decrypt = lambda data, identities: json.dumps(attack(json.loads(data))).encode()
"""
WITHOUT_LANDLOCK = """
import orbweaver.fingerprints.landlock as landlock
landlock.version = lambda: 0
"""
WITHOUT_SECCOMP = """
import orbweaver.fingerprints.seccomp as seccomp
seccomp.compute_only = lambda: False
"""
IN_BROWSER = ATTACK + "\nimport sys\nprint(json.dumps(attack(json.loads(sys.argv[1]))))\n"

landlocked = pytest.mark.skipif(
    landlock.version() < 4, reason="this kernel cannot keep Chromium to its files and ports"
)


@dataclass
class Prey:
    """An installation's folder with a running database, and what a hostile page or picture is told of it."""

    room: Path
    told: dict[str, Any]

    def body(self, **more: Any) -> bytes:
        return json.dumps(self.told | more).encode()


@pytest.fixture(scope="module")
def prey() -> Iterator[Prey]:
    with (
        tempfile.TemporaryDirectory(prefix="orbweaver-prey-") as name,
        socket.create_server(("127.0.0.1", 0)) as open_port,
    ):
        room = Path(name)
        room.chmod(0o755)
        with EmbeddedPostgres(room / "data", room / "keys", fast=True):
            (room / "data" / "evidence").mkdir()
            (room / "data" / "evidence" / "one.age").write_bytes(b"x")
            files = [
                room / "keys" / "database-postgres",
                room / "data" / "evidence" / "one.age",
                room / "data" / "postgres" / "PG_VERSION",
                room / "data" / "server.lock",
            ]
            maps = Path(f"/proc/{os.getpid()}/maps").read_text().splitlines()
            told = {
                "socket": str(room / "data" / "socket" / ".s.PGSQL.5432"),
                "port": open_port.getsockname()[1],
                "proxy": 1,
                "parent": os.getpid(),
                "maps": [maps[0].partition("-")[0]],
                "files": [str(path) for path in files],
                "writable": [str(room / "written"), "/tmp/orbweaver-written", "/dev/shm/orbweaver-written"],
            }
            yield Prey(room, told)
        for path in told["writable"]:
            Path(path).unlink(missing_ok=True)


def smuggle(monkeypatch: pytest.MonkeyPatch, folder: Path, code: str) -> None:
    """Have the next Python process run ``code`` as it starts, before anything of ours."""
    folder.mkdir()
    (folder / "attack.py").write_text(ATTACK)
    (folder / "sitecustomize.py").write_text(code)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH")))))


kernels = pytest.mark.parametrize("kernel", ["", WITHOUT_LANDLOCK], ids=["this kernel", "one without Landlock"])


@pytest.mark.sampled(1)
@kernels
def test_a_hijacked_decoder_reaches_nothing(
    prey: Prey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kernel: str
) -> None:
    smuggle(monkeypatch, tmp_path / "smuggled", kernel + IN_DECODER)
    with DecoderPool(workers=1) as pool:
        (result,) = pool.fingerprint_many([prey.body(files=[*prey.told["files"], "/etc/passwd"])])
        held = pool.protections
    assert json.loads(dict(result.extra)["reached"]) == []
    assert held["system_calls"]
    assert held["files"] == (landlock.version() > 0 and not kernel)


@pytest.mark.sampled(1)
@pytest.mark.parametrize("told_so", [False, True])
def test_without_walls_nothing_foreign_is_decoded_unless_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told_so: bool
) -> None:
    smuggle(monkeypatch, tmp_path / "smuggled", WITHOUT_SECCOMP)
    picture = io.BytesIO()
    Image.linear_gradient("L").save(picture, "PNG")
    with DecoderPool(workers=1, unprotected=told_so) as pool:
        decoded = pool.submit(picture.getvalue())
        if told_so:
            assert decoded.result().pdq is not None
        else:
            assert isinstance(decoded.exception(), DecodersUnprotected)


@pytest.mark.sampled(2)
@kernels
@pytest.mark.parametrize("padding", [0, 2**21], ids=["small", "large"])
def test_a_hijacked_reader_of_pages_reaches_nothing(
    prey: Prey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kernel: str, padding: int
) -> None:
    smuggle(monkeypatch, tmp_path / "smuggled", kernel + IN_PAGE_PROCESS)
    body = prey.body(files=[*prey.told["files"], "/etc/passwd"])

    async def read() -> str:
        async with PageReader() as reader:
            return (await reader.read(body + b" " * padding, parse("http://hostile.example/"), "text/html")).title

    assert json.loads(asyncio.run(read())) == []


@kernels
def test_a_hijacked_reader_of_mails_reaches_nothing(
    prey: Prey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kernel: str
) -> None:
    smuggle(monkeypatch, tmp_path / "smuggled", kernel + IN_MAIL_READER)
    walled._forget()
    body = prey.body(files=[*prey.told["files"], "/etc/passwd"]).decode()
    try:
        assert json.loads(walled.html_text(f"<script>{body}")) == []
    finally:
        walled._forget()


@pytest.mark.parametrize("told_so", [False, True])
def test_without_walls_no_page_is_read_unless_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told_so: bool
) -> None:
    smuggle(monkeypatch, tmp_path / "smuggled", WITHOUT_SECCOMP)

    async def read() -> str:
        async with PageReader(unprotected=told_so) as reader:
            return (await reader.read(b"<title>read</title>", parse("http://site.example/"), "text/html")).title

    if told_so:
        assert asyncio.run(read()) == "read"
    else:
        with pytest.raises(DecodersUnprotected):
            asyncio.run(read())


@kernels
def test_the_opener_of_evidence_reaches_nothing_but_what_it_is_handed(
    prey: Prey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kernel: str
) -> None:
    """It holds the master key: whatever made it run foreign code could tell it to nobody."""
    keys = tmp_path / "keys"
    keys.mkdir(mode=0o700)
    identity = pyrage.x25519.Identity.generate()
    (keys / "evidence-master").write_text(str(identity))
    smuggle(monkeypatch, tmp_path / "smuggled", kernel + IN_OPENER)
    with settings_given(keys_dir=keys):
        files = [*prey.told["files"], "/etc/passwd", str(keys / "evidence-master")]
        said, _ = asked(REWRAP, prey.body(files=files))
        forget_opener()
    assert json.loads(pyrage.decrypt(said, [identity])) == []


def browser(prey: Prey, program: str) -> PageBrowser:
    folders = (prey.room / "data", prey.room / "keys")
    return PageBrowser(
        program, guard=Guard(""), user_agent="Orbweaver/test", timeout_s=60, max_bytes=2**20, hidden=folders
    )


def python_of_anybody() -> str:
    """A Python that the browser's user may start: ours, unless it lies where only root may look."""
    others = (shutil.which(f"python3.{minor}", path="/usr/bin:/usr/local/bin") for minor in range(14, 10, -1))
    for program in (Path(each).resolve() for each in (sys.executable, *others) if each):
        if os.geteuid() != 0 or all(folder.stat().st_mode & 0o001 for folder in program.parents):
            return str(program)
    pytest.skip("no Python here can be started by another user")


@landlocked
def test_a_hijacked_browser_reaches_the_proxy_and_nothing_of_ours(prey: Prey) -> None:
    async def run() -> list[str]:
        async with browser(prey, python_of_anybody()) as drawing:
            told = prey.body(proxy=int(drawing._proxy.address.rpartition(":")[2])).decode()
            process = await asyncio.create_subprocess_exec(
                *(str(drawing._write_launcher()), "-I", "-S", "-c", IN_BROWSER, told),
                stdout=asyncio.subprocess.PIPE,
                env={"PATH": os.environ["PATH"]},
            )
            return list(json.loads((await process.communicate())[0]))

    reached = set(asyncio.run(run()))
    # Chromium is many processes and makes its own sandbox; a datagram from it finds no name server that answers it
    allowed = {"proxy", "shell", "fork", "udp", "namespace"}
    if os.geteuid() != 0:
        # with our user's rights it may knock at the socket, where it is asked for a password that it cannot read, and
        # ask for our limits, which tells it nothing
        allowed |= {"database's socket", "parent's limits"}
    assert "proxy" in reached
    assert reached - allowed == set()


@landlocked
@pytest.mark.browser
def test_chromium_itself_runs_within_these_walls(prey: Prey) -> None:
    chromium = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    if not shutil.which(chromium):
        pytest.skip(f"Chromium is not at {chromium}")

    async def status() -> str:
        async with browser(prey, chromium) as drawing:
            drawing._sandbox = False
            await drawing._ready()
            pid = int((drawing._folder / "pid").read_text())
            return Path(f"/proc/{pid}/status").read_text()

    said = asyncio.run(status())
    assert "NoNewPrivs:\t1" in said
    assert os.geteuid() != 0 or "Uid:\t65531\t65531" in said


@pytest.mark.skipif(os.geteuid() != 0 or not landlock.version(), reason="only root changes user, Landlock is tried")
def test_walls_stand_though_the_new_user_cannot_read_the_installation(tmp_path: Path) -> None:
    shut = tmp_path / "shut"
    shut.mkdir(mode=0o700)
    module = str(shutil.copy(landlock.__file__, shut))
    reach = launch.Reach(module, ("/usr", "/bin", "/lib", "/lib64", "/etc/ld.so.cache"), (), ())
    options = [str(os.getpid()), str(int(signal.SIGKILL)), "user:65531:65531", "", reach.option()]

    def run(*program: str) -> int:
        words = [sys.executable, "-I", "-S", launch.__file__, *options, *program]
        return subprocess.run(words, capture_output=True, check=False).returncode

    assert run("/bin/cat", "/usr/lib/os-release") == 0
    assert run("/bin/cat", "/etc/passwd") == 1
