"""What a decoder process takes away from itself before it sees the first file. Linux; each step says if it worked."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
from collections.abc import Callable

from orbweaver.fingerprints import landlock, seccomp

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_NO_NEW_PRIVS = 38
_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000
_ALONE = 65530
"""A user that nothing else runs as, the database's server (often ``nobody``) and the browser included. It needs no
account: Debian and systemd leave 65520 to 65533 free."""

_libc = ctypes.CDLL(None, use_errno=True)


def _call(function: Callable[..., int], *arguments: int) -> bool:
    return function(*arguments) == 0


def die_with_parent(parent: int) -> bool:
    """Have the kernel kill this process when the thread that started it ends. Exits at once if it already has."""
    done = _call(_libc.prctl, _PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(0)
    return done


def leave_network() -> bool:
    """Move into an empty network namespace: no interface, not even loopback. Must run before any thread starts."""
    return _call(_libc.unshare, _CLONE_NEWNET) or _call(_libc.unshare, _CLONE_NEWUSER | _CLONE_NEWNET)


def drop_root() -> bool:
    """Become a user that nothing else runs as when root. True when this process is not root afterwards."""
    if os.geteuid() != 0:
        return True
    try:
        os.setgroups([])
        os.setresgid(_ALONE, _ALONE, _ALONE)
        os.setresuid(_ALONE, _ALONE, _ALONE)
    except OSError:
        return False
    return True


def gain_nothing() -> bool:
    """No new privileges through any program, and no other process of this user may look inside."""
    return _call(_libc.prctl, _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) and _call(_libc.prctl, _PR_SET_DUMPABLE, 0, 0, 0, 0)


def address_space() -> int:
    """Bytes of address space this process has now."""
    # as bytes: a charset is a file of Python's own, which may be out of reach once root is dropped
    with open("/proc/self/statm", "rb") as statm:  # noqa: PTH123 (runs before pathlib is loaded)
        return int(statm.read().split()[0]) * resource.getpagesize()


def limit(kind: int, value: int) -> bool:
    """Set a resource's soft and hard limit, at most to the present hard limit."""
    hard = resource.getrlimit(kind)[1]
    bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
    try:
        resource.setrlimit(kind, (bound, bound))
    except (OSError, ValueError):
        return False
    return True


def limit_cpu(seconds_more: float) -> None:
    """Let the kernel end this process (SIGXCPU) after so much more CPU time; call it again for each batch."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime + seconds_more) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def tried() -> dict[str, bool]:
    """What ``leave_network`` and ``confine`` do on this machine, tried in a child that ends with it."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        held = {"network": leave_network()} | confine()
        os.write(theirs, "".join(f"{name}={held[name]:d};" for name in held).encode())
        os._exit(0)
    os.close(theirs)
    with os.fdopen(ours) as said:
        pairs = (each.partition("=") for each in said.read().split(";") if each)
        held = {name: value == "1" for name, _, value in pairs}
    os.waitpid(child, 0)
    return held


def confine() -> dict[str, bool]:
    """Give up every file, socket, program and other process for good; to be done last, before the first foreign byte.

    Two walls, each of which holds alone: ``system_calls`` (seccomp) and ``files`` (Landlock).
    """
    return {"files": landlock.restrict(), "system_calls": seccomp.compute_only()}
