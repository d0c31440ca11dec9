"""Start a program that dies with its parent, as another user where asked.

This file is both a module and a script. As a script (``python -I -S launch.py …``) it runs between fork and exec in a
fresh, single-threaded interpreter, because ``preexec_fn`` may deadlock in a threaded parent, because a user namespace
can only be made by a process with one thread, and because ``PR_SET_PDEATHSIG`` is forgotten when credentials change,
so it must be set after them. It therefore imports the standard library only.

The kernel sends the signal when the parent *thread* ends, so start children from a thread that lives as long as the
process: the main one.
"""

from __future__ import annotations

import ctypes
import json
import os
import runpy
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
PR_SET_NO_NEW_PRIVS = 38
CLONE_NEWUSER = 0x10000000  # <linux/sched.h>
CANNOT_START = 126
"""Exit status of the script when the program cannot be run as asked (the shell's convention)."""


@dataclass(frozen=True)
class Identity:
    """As whom a program runs: ``self`` (unchanged), ``user`` (uid and gid), or ``namespace``.

    In a user namespace files stay ours on disk while ``geteuid()`` answers ``uid``, and no privilege of root is left.
    """

    kind: str = "self"
    uid: int = 0
    gid: int = 0

    def owner(self) -> tuple[int, int]:
        """The uid and gid that own the program's files, as seen from outside."""
        if self.kind == "user":
            return self.uid, self.gid
        return os.geteuid(), os.getegid()


@dataclass(frozen=True)
class Reach:
    """What is left to a program, where the kernel has Landlock: trees to read and run, trees to change, TCP ports.

    ``module`` is the file that knows how (``fingerprints.landlock``): it is loaded by its path, because nothing of
    ours can be imported between fork and exec.
    """

    module: str
    reading: tuple[str, ...]
    writing: tuple[str, ...]
    ports: tuple[int, ...]

    def option(self) -> str:
        """What the script is told of it; an empty one leaves everything."""
        return json.dumps(asdict(self))


def launch_argv(
    program: Sequence[str],
    *,
    death_signal: signal.Signals = signal.SIGTERM,
    identity: Identity | None = None,
    folder: Path | None = None,
) -> list[str]:
    """The command line that runs ``program`` so that it gets ``death_signal`` when the calling process ends.

    ``folder`` is entered after the change of identity, which proves that the new user can reach it; where it cannot,
    or cannot execute the program, the exit status is ``CANNOT_START``.
    """
    who = identity or Identity()
    start = [sys.executable, "-I", "-S", str(Path(__file__).resolve())]
    options = [str(os.getpid()), str(int(death_signal)), f"{who.kind}:{who.uid}:{who.gid}", str(folder or ""), ""]
    return [*start, *options, *program]


def die_with_parent(parent: int, death_signal: int = signal.SIGKILL) -> None:
    """Ask the kernel for ``death_signal`` when the parent ends; exit at once if ``parent`` has ended already."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != parent:
        os._exit(CANNOT_START)


def _enter_namespace(seen: Identity) -> None:
    uid, gid = os.geteuid(), os.getegid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "a user namespace is not allowed here")
    process = Path("/proc/self")
    (process / "setgroups").write_text("deny")
    (process / "uid_map").write_text(f"{seen.uid} {uid} 1")
    (process / "gid_map").write_text(f"{seen.gid} {gid} 1")


def _become(identity: Identity) -> None:
    if identity.kind == "user":
        os.setgroups([])
        os.setgid(identity.gid)
        os.setuid(identity.uid)
    elif identity.kind == "namespace":
        _enter_namespace(identity)


def _restricting(reach: str) -> Callable[[], None]:
    """What restricts this process, loaded at once: the new user may not be able to read our files."""
    if not reach:
        return lambda: None
    rules = json.loads(reach)
    restrict = runpy.run_path(rules.pop("module"))["restrict"]

    def now() -> None:
        if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_NO_NEW_PRIVS) failed")
        restrict(**rules)

    return now


def _main(arguments: list[str]) -> None:
    parent, death_signal, who, folder, reach, *program = arguments
    kind, uid, gid = who.split(":")
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # what the parent ignores is not ours to ignore
        signal.signal(ignored, signal.SIG_DFL)
    try:
        restrict = _restricting(reach)
        _become(Identity(kind, int(uid), int(gid)))
        restrict()
        die_with_parent(int(parent), int(death_signal))
        if folder:
            os.chdir(folder)
        os.execv(program[0], program)  # noqa: S606 - the program and its arguments are ours, no shell wanted
    except OSError as error:
        print(f"cannot start {Path(program[0]).name}: {error.strerror}", file=sys.stderr)
        sys.exit(CANNOT_START)


if __name__ == "__main__":
    _main(sys.argv[1:])
