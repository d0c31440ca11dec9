"""Landlock: which files and TCP ports a process may still reach, for good and for all that it starts (Linux 5.13).

The standard library alone, without imports of ours: ``runtime.launch`` runs this file in an interpreter that has
nothing else. See landlock(7) and <linux/landlock.h>.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
from collections.abc import Sequence

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every architecture
_VERSION = 1
_PATH_BENEATH, _NET_PORT = 1, 2
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_TRUNCATE, _IOCTL_DEV = 1 << 14, 1 << 15
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV
_READING = _EXECUTE | _READ_FILE | _READ_DIR
_BIND_TCP, _CONNECT_TCP = 1, 2
_ABSTRACT_SOCKETS_AND_SIGNALS = 3

_libc = ctypes.CDLL(None, use_errno=True)


def version() -> int:
    """What the running kernel can do: Landlock's version, 0 where there is none."""
    return max(0, int(_libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _VERSION)))


def restrict(reading: Sequence[str] = (), writing: Sequence[str] = (), ports: Sequence[int] = ()) -> bool:
    """Leave this process these trees to read and run, those to change as well, and these TCP ports to connect to.

    Everything else is refused, as far as the kernel's version goes: TCP from version 4, signals and abstract sockets
    of others from 6. Other processes can no longer be looked into. Trees that are not there are left out. The process
    must not be able to gain privileges any more. True when it holds.
    """
    able = version()
    if not able:
        return False
    files = _file_rights(able)
    network = _BIND_TCP | _CONNECT_TCP if able >= 4 else 0
    attributes = struct.pack("QQQ", files, network, _ABSTRACT_SOCKETS_AND_SIGNALS if able >= 6 else 0)
    rules = int(_libc.syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0))
    if rules < 0:
        return False
    try:
        added = [_allow_tree(rules, path, files & _READING) for path in reading]
        added += [_allow_tree(rules, path, files) for path in writing]
        if network:
            added += [_add(rules, _NET_PORT, struct.pack("QQ", _CONNECT_TCP, port)) for port in ports]
        return all(added) and _libc.syscall(_RESTRICT_SELF, rules, 0) == 0
    finally:
        os.close(rules)


def _file_rights(able: int) -> int:
    known = {1: 13, 2: 14, 3: 15, 4: 15}.get(able, 16)
    return (1 << known) - 1


def _allow_tree(rules: int, path: str, rights: int) -> bool:
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return True
    try:
        if not stat.S_ISDIR(os.fstat(handle).st_mode):
            rights &= _OF_FILES
        return _add(rules, _PATH_BENEATH, struct.pack("=Qi", rights, handle))
    finally:
        os.close(handle)


def _add(rules: int, kind: int, rule: bytes) -> bool:
    return bool(_libc.syscall(_ADD_RULE, rules, kind, rule, 0) == 0)
