"""A decoder that a file has taken over (sentence 8): what it can reach, tried from within the real process.

The debugger makes the running decoder call what an exploit would call: it does so under the very account, folders,
namespaces and filters that the decoder has.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.acceptance.crew import Crew, lead, waiting
from tests.acceptance.system import System, children_of, command_line, wait_for
from tests.acceptance.world import Web, still

DEBUGGER = shutil.which("gdb")
needs_debugger = pytest.mark.skipif(DEBUGGER is None, reason="needs gdb to stand in for an exploit")


def socket_file(hotline: System) -> Path:
    return next((hotline.data / "socket").glob(".s.PGSQL.*[0-9]"))


def decoders(hotline: System) -> list[int]:
    assert hotline.up is not None
    return [pid for pid in children_of(hotline.up.pid) if "fingerprints" in command_line(pid)]


def seconds_of_work(pid: int) -> int:
    """What the process has used of the processor, in ticks."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


@pytest.fixture(scope="module")
def decoder(hotline: System, web: Web, crew: Crew) -> int:
    """A decoder at work for the crawler, after it has read foreign bytes."""
    host = web.host(66)
    host.show(*(still(66, number) for number in range(4)))
    lead(crew.people["Max"], host.url + "/")
    wait_for(lambda: len(waiting(crew.people["Ann"], host.address)) == 4, what="four pictures to be decoded")
    return max(decoders(hotline), key=seconds_of_work)


def hijacked(pid: int, *lines: str) -> str:
    assert DEBUGGER is not None
    script = [argument for line in lines for argument in ("-ex", line)]
    done = subprocess.run(
        [
            DEBUGGER,
            "-q",
            "-nx",
            "-batch",
            "-iex",
            "set auto-load off",
            "-iex",
            "set debuginfod enabled off",
            "-p",
            str(pid),
            *script,
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.stdout + done.stderr


def address_bytes(path: Path) -> list[int]:
    return [1, 0, *str(path).encode(), 0]


def poke(name: str, content: list[int]) -> list[str]:
    return [f"set *(unsigned char*)({name}+{at}) = {byte}" for at, byte in enumerate(content)]


@needs_debugger
def test_a_hijacked_decoder_does_not_reach_the_socket(hotline: System, decoder: int) -> None:
    """socket, connect and the first words of PostgreSQL's protocol as the only role's name."""
    sockaddr = address_bytes(socket_file(hotline))
    user = b"user\0orbweaver\0database\0orbweaver\0\0"
    hello = (8 + len(user)).to_bytes(4, "big") + (196608).to_bytes(4, "big") + user
    said = hijacked(
        decoder,
        "set $room = (char*)((void*(*)(unsigned long))malloc)(4096)",
        *poke("$room", sockaddr),
        "set $fd = ((int(*)(int,int,int))socket)(1, 1, 0)",
        f"set $rc = ((int(*)(int,void*,int))connect)($fd, $room, {len(sockaddr)})",
        *poke("$room", list(hello)),
        f"set $sent = ((long(*)(int,void*,long))write)($fd, $room, {len(hello)})",
        "set $got = ((long(*)(int,void*,long))read)($fd, $room, 9)",
        'printf "fd=%d rc=%d sent=%d got=%d type=%d auth=%d\\n",'
        " $fd, $rc, (int)$sent, (int)$got, (int)$room[0], (int)$room[8]",
        "detach",
    )
    found = re.search(r"fd=(-?\d+) rc=(-?\d+) sent=(-?\d+) got=(-?\d+) type=(-?\d+) auth=(-?\d+)", said)
    if found is None:
        # A filter that kills for such a call is an answer as well: the process is gone.
        assert decoder not in decoders(hotline) or "SIGSYS" in said, said[-3000:]
        return
    descriptor, connected = int(found.group(1)), int(found.group(2))
    let_in = connected == 0 and chr(int(found.group(5))) == "R" and int(found.group(6)) == 0
    assert not let_in, f"the decoder is in the database without a word: {found.group(0)}"
    assert descriptor < 0 or connected != 0, f"the decoder reaches the socket: {found.group(0)}"


@needs_debugger
def test_a_hijacked_decoder_reads_neither_keys_nor_evidence(hotline: System, decoder: int) -> None:
    """What the socket asks for must not lie where the decoder can read it."""
    secret = next(one for one in sorted(hotline.keys.iterdir()) if one.is_file())
    said = hijacked(
        decoder,
        "set $room = (char*)((void*(*)(unsigned long))malloc)(4096)",
        *poke("$room", [*str(secret).encode(), 0]),
        "set $fd = ((int(*)(char*,int,int))open)($room, 0, 0)",
        'printf "fd=%d\\n", $fd',
        "detach",
    )
    found = re.search(r"fd=(-?\d+)", said)
    if found is None:
        assert decoder not in decoders(hotline) or "SIGSYS" in said, said[-3000:]
        return
    assert int(found.group(1)) < 0, f"the decoder opens {secret}"


def psql(hotline: System, *arguments: str) -> subprocess.CompletedProcess[str]:
    """As the installation's own account, from a shell that knows nothing else."""
    return subprocess.run(
        [str(Path(hotline.doctor()[1]["database"]["programs"]) / "psql"), "-w", "-X", "-At", *arguments],
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"},
        cwd="/",
        capture_output=True,
        text=True,
        user=hotline.uid,
        group=hotline.uid,
        extra_groups=[] if hotline.uid is not None else None,
        timeout=30,
        check=False,
    )


@pytest.mark.parametrize("role", ["orbweaver", "postgres"])
def test_the_socket_asks_for_more_than_a_name(hotline: System, role: str) -> None:
    done = psql(hotline, "-h", str(hotline.data / "socket"), "-U", role, "-d", "orbweaver", "-c", "select 'in'")
    assert "in" not in done.stdout.split(), f"{role} is in by its name alone"


RIGHTS = """select rolsuper or rolcreaterole or rolbypassrls or rolreplication
 or pg_has_role(current_user, 'pg_execute_server_program', 'member')
 or pg_has_role(current_user, 'pg_read_server_files', 'member')
 or pg_has_role(current_user, 'pg_write_server_files', 'member')
 from pg_roles where rolname = current_user"""


def test_the_application_is_no_superuser_and_runs_no_shell(hotline: System) -> None:
    """With the very address that the application uses, as `doctor` shows it."""
    url = str(hotline.doctor()[1]["database"]["url"])
    rights = psql(hotline, "-d", url, "-c", RIGHTS)
    assert rights.stdout.strip() == "f", rights.stdout + rights.stderr
    shell = psql(
        hotline, "-d", url, "-c", "create temporary table said (line text)", "-c", "copy said from program 'id'"
    )
    assert shell.returncode != 0, shell.stdout
    files = psql(hotline, "-d", url, "-c", "select pg_read_file('/etc/hostname')")
    assert files.returncode != 0, files.stdout
