"""What of the machine the browser may reach: programs, fonts, its own profile, the filtering proxy, and nothing else.

A page that takes Chromium over has the rights of its main process, which no sandbox of Chromium's own holds. So the
kernel is told (Landlock) before it starts: no key, no evidence, no socket's password, no connection past the proxy.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from orbweaver.fingerprints import landlock
from orbweaver.platform.runtime.launch import Reach

_PROGRAMS: Final = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/usr", "/opt", "/sys", "/var/cache/fontconfig")
_SETTINGS: Final = (
    *(
        "alternatives",
        "chromium",
        "chromium.d",
        "debian_version",
        "fonts",
        "group",
        "host.conf",
        "hosts",
        "ld.so.cache",
    ),
    *("localtime", "mime.types", "nsswitch.conf", "opt", "os-release", "passwd", "pki", "resolv.conf", "ssl"),
)
"""Of /etc; the whole of it may hold others' secrets."""
_DEVICES: Final = ("/dev/null", "/dev/random", "/dev/urandom", "/dev/zero", "/dev/full", "/dev/tty")
_OWN_PROCESSES: Final = "/proc"
"""Chromium writes there when it makes its own sandbox. Landlock shuts what other processes hold off by itself."""


def reach_of(program: Path, own: Sequence[Path], proxy_port: int, hidden: Sequence[Path]) -> Reach:
    """For the browser ``program`` with its ``own`` folders; nothing of ``hidden`` is in it, wherever that lies."""
    away = [path.absolute().resolve() for path in hidden]
    trees = [*_PROGRAMS, *(f"/etc/{name}" for name in _SETTINGS), str(program.resolve().parent)]
    reading = [str(path) for tree in trees for path in _without(Path(tree).resolve(), away)]
    writing = (*map(str, own), _OWN_PROCESSES, *_DEVICES)
    return Reach(landlock.__file__, tuple(dict.fromkeys(reading)), writing, (proxy_port,))


def _without(tree: Path, away: Sequence[Path]) -> Iterator[Path]:
    """The tree, or as much of it as leaves out what lies in it. Links lead to trees that are named themselves."""
    if any(tree.is_relative_to(path) for path in away):
        return
    if not any(path.is_relative_to(tree) for path in away):
        yield tree
        return
    for child in sorted(tree.iterdir()):
        if not child.is_symlink():
            yield from _without(child, away)
