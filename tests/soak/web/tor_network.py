"""A Tor network of this machine's own: three authorities, four relays, an onion service and a client. Nothing leaves.

How a private network is set up is Tor's own: ``TestingTorNetwork`` of its manual page. Needs Debian's ``tor``.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from python_socks import ProxyError
from python_socks.sync import Proxy

from orbweaver_trials.demo.surroundings import free_port

PROGRAMS = ("tor", "tor-gencert")
START_S = 300.0
TESTING = """
TestingTorNetwork 1
AssumeReachable 1
TestingDirAuthVoteExit *
TestingDirAuthVoteHSDir *
TestingDirAuthVoteGuard *
TestingMinExitFlagThreshold 0
TestingV3AuthInitialVotingInterval 20
TestingV3AuthInitialVoteDelay 4
TestingV3AuthInitialDistDelay 4
V3AuthVotingInterval 20
V3AuthVoteDelay 4
V3AuthDistDelay 4
V3AuthNIntervalsValid 2
ExitPolicy reject *:*
"""


@dataclass(frozen=True)
class TorNetwork:
    """Where the client's SOCKS proxy listens, and the name of the onion service."""

    socks_port: int
    onion: str


def missing_programs(*further: str) -> list[str]:
    """What a test with a network needs and this machine has not."""
    return [name for name in (*PROGRAMS, *further) if shutil.which(name) is None]


@contextmanager
def tor_network(folder: Path, hidden_service: str) -> Iterator[TorNetwork]:
    """``hidden_service``: the lines of a torrc that an operator writes, with its folder below ``folder``."""
    nothing = folder / "defaults"
    nothing.touch()
    common = TESTING + "".join(_authority(folder / f"auth{number}", nothing) for number in range(3))
    started: list[subprocess.Popen[bytes]] = []
    socks_port = free_port()
    try:
        for number in range(3):
            started.append(_start(folder / f"auth{number}", nothing, common))
        for number in range(4):
            lines = f"Address 127.0.0.1\nORPort 127.0.0.1:{free_port()}\nSocksPort 0\n"
            started.append(_start(folder / f"relay{number}", nothing, common, lines))
        started.append(_start(folder / "onion", nothing, common, f"SocksPort 0\n{hidden_service}\n"))
        started.append(_start(folder / "client", nothing, common, f"SocksPort 127.0.0.1:{socks_port}\n"))
        yield TorNetwork(socks_port, _when_ready(folder, hidden_service, socks_port))
    finally:
        for process in started:
            process.kill()
        for process in started:
            process.wait()


def _authority(home: Path, nothing: Path) -> str:
    """Make an authority's keys; the line by which all others know it. What only it is told waits in its folder."""
    keys = home / "keys"
    keys.mkdir(parents=True, mode=0o700)
    home.chmod(0o700)
    or_port, dir_port = free_port(), free_port()
    certificate = keys / "authority_certificate"
    subprocess.run(
        ["tor-gencert", "--create-identity-key", "--passphrase-fd", "0", "-m", "1", "-a", f"127.0.0.1:{dir_port}",
         "-i", keys / "authority_identity_key", "-s", keys / "authority_signing_key", "-c", certificate],
        input=b"not a secret\n", check=True, capture_output=True,
    )  # fmt: skip
    found = re.search(r"^fingerprint ([0-9A-F]{40})", certificate.read_text(), re.MULTILINE)
    assert found
    some = f"other orport=9 v3ident={found[1]} 127.0.0.1:9 {'F' * 40}"
    said = subprocess.run(
        ["tor", "--list-fingerprint", "--defaults-torrc", nothing, "-f", nothing, "--DataDirectory", home,
         "--Nickname", home.name, "--ORPort", str(or_port), "--DirAuthority", some],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    (prints,) = (
        line.split(" ", 1)[1].replace(" ", "") for line in said.stdout.splitlines() if line.startswith(f"{home.name} ")
    )
    (home / "own").write_text(
        "AuthoritativeDirectory 1\nV3AuthoritativeDirectory 1\nContactInfo nobody@example.invalid\nSocksPort 0\n"
        f"Address 127.0.0.1\nORPort 127.0.0.1:{or_port}\nDirPort 127.0.0.1:{dir_port}\n"
    )
    return f"DirAuthority {home.name} orport={or_port} v3ident={found[1]} 127.0.0.1:{dir_port} {prints}\n"


def _start(home: Path, nothing: Path, common: str, lines: str = "") -> subprocess.Popen[bytes]:
    home.mkdir(exist_ok=True, mode=0o700)
    own = home / "own"
    lines = lines or own.read_text()
    torrc = home / "torrc"
    torrc.write_text(f"{common}DataDirectory {home}\nNickname {home.name}\nLog notice file {home}/log\n{lines}")
    command = ["tor", "--defaults-torrc", str(nothing), "-f", str(torrc)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _when_ready(folder: Path, hidden_service: str, socks_port: int) -> str:
    """The onion service's name, once the client reaches it: it is published a while after both know the network."""
    name = Path(hidden_service.split()[1]) / "hostname"
    logs = [folder / each / "log" for each in ("client", "onion")]
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if name.exists() and all(log.exists() and "Bootstrapped 100%" in log.read_text() for log in logs):
            onion = name.read_text().strip()
            if _is_reached(onion, socks_port):
                return onion
        time.sleep(0.5)
    raise AssertionError("the Tor network did not come up:\n" + "\n".join(log.read_text()[-500:] for log in logs))


def _is_reached(onion: str, socks_port: int) -> bool:
    try:
        Proxy.from_url(f"socks5://127.0.0.1:{socks_port}", rdns=True).connect(onion, 80, timeout=60).close()
    except (ProxyError, OSError):
        return False
    return True
