"""The system calls that are left to a process which only computes: what it was given it reads, its answer it writes.

No file can be opened, no socket made, no program run, no other process signalled or looked into, whoever's code runs.
A filter for the kernel (seccomp, classic BPF) that lists what is allowed; what is not answers EPERM, and what is newer
than this list ENOSYS, on which the C library takes an older way. Needs no library. Linux on x86-64 and ARM64.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from typing import NamedTuple

_SET_MODE_FILTER, _ALL_THREADS = 1, 1
_ALLOW, _ERRNO, _KILL_PROCESS = 0x7FFF0000, 0x00050000, 0x80000000
_LOAD, _AND, _IF_EQUAL, _IF_GREATER, _RETURN = 0x20, 0x54, 0x15, 0x25, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
"""Offsets in ``struct seccomp_data``; an argument is eight bytes, the low half first."""
_NEWEST = 450

_CLONE_THREAD = 0x00010000
_CLONE_NAMESPACES = 0x7E020000
_PR_SET_NAME = 15
_AT_EMPTY_PATH = 0x1000


class _Machine(NamedTuple):
    architecture: int
    seccomp: int
    allowed: tuple[int, ...]
    clone: int
    clone3: int
    prctl: int
    prlimit: int
    tgkill: int
    fstatat: int
    statx: int


_MACHINES = {
    "x86_64": _Machine(
        0xC000003E,
        317,
        # read write close fstat poll lseek mmap mprotect munmap brk rt_sigaction rt_sigprocmask rt_sigreturn
        (
            *(0, 1, 3, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15),
            # pread64 readv writev sched_yield mremap mincore madvise nanosleep getpid exit uname
            *(17, 19, 20, 24, 25, 27, 28, 35, 39, 60, 63),
            # gettimeofday getrlimit getrusage sysinfo times getuid getgid geteuid getegid getppid sigaltstack
            *(96, 97, 98, 99, 100, 102, 104, 107, 108, 110, 131),
            # gettid time futex sched_getaffinity set_tid_address restart_syscall
            *(186, 201, 202, 204, 218, 219),
            # clock_gettime clock_getres clock_nanosleep
            *(228, 229, 230),
            # exit_group pselect6 ppoll set_robust_list get_robust_list getcpu getrandom membarrier rseq futex_waitv
            *(231, 270, 271, 273, 274, 309, 318, 324, 334, 449),
        ),
        clone=56,
        clone3=435,
        prctl=157,
        prlimit=302,
        tgkill=234,
        fstatat=262,
        statx=332,
    ),
    "aarch64": _Machine(
        0xC00000B7,
        277,
        # close lseek read write readv writev pread64 pselect6 ppoll fstat exit exit_group set_tid_address futex
        (
            *(57, 62, 63, 64, 65, 66, 67, 72, 73, 80, 93, 94, 96, 98),
            # set_robust_list get_robust_list nanosleep clock_gettime clock_getres clock_nanosleep sched_getaffinity
            *(99, 100, 101, 113, 114, 115, 123),
            # sched_yield restart_syscall sigaltstack rt_sigaction rt_sigprocmask rt_sigreturn times uname getrlimit
            *(124, 128, 132, 134, 135, 139, 153, 160, 163),
            # getrusage getcpu gettimeofday getpid getppid getuid geteuid getgid getegid gettid sysinfo
            *(165, 168, 169, 172, 173, 174, 175, 176, 177, 178, 179),
            # brk munmap mremap
            *(214, 215, 216),
            # mmap mprotect mincore madvise getrandom membarrier rseq futex_waitv
            *(222, 226, 232, 233, 278, 283, 293, 449),
        ),
        clone=220,
        clone3=435,
        prctl=167,
        prlimit=261,
        tgkill=131,
        fstatat=79,
        statx=291,
    ),
}


def compute_only() -> bool:
    """Leave all threads of this process nothing but computing, reading and writing what is open. True when it holds.

    The process must not be able to gain privileges any more.
    """
    machine = _MACHINES.get(os.uname().machine)
    if machine is None or struct.calcsize("P") != 8:
        return False
    program = _program(machine)
    buffer = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    return bool(libc.syscall(machine.seccomp, _SET_MODE_FILTER, _ALL_THREADS, header) == 0)


def _program(machine: _Machine) -> bytes:
    refused = _step(_RETURN, _ERRNO | errno.EPERM)
    steps = [
        _step(_LOAD, _ARCHITECTURE),
        _step(_IF_EQUAL, machine.architecture, 1, 0),
        _step(_RETURN, _KILL_PROCESS),
        _step(_LOAD, _NUMBER),
    ]
    for number in machine.allowed:
        steps += [_step(_IF_EQUAL, number, 0, 1), _step(_RETURN, _ALLOW)]
    for number, argument, mask, value in (
        (machine.clone, 0, _CLONE_THREAD | _CLONE_NAMESPACES, _CLONE_THREAD),  # threads, no processes
        (machine.prctl, 0, 0xFFFFFFFF, _PR_SET_NAME),
        (machine.prlimit, 0, 0xFFFFFFFF, 0),  # its own limits
        (machine.tgkill, 0, 0xFFFFFFFF, os.getpid()),  # abort()
        (machine.fstatat, 3, _AT_EMPTY_PATH, _AT_EMPTY_PATH),  # fstat() in newer C libraries
        (machine.statx, 2, _AT_EMPTY_PATH, _AT_EMPTY_PATH),
    ):
        steps += [
            _step(_IF_EQUAL, number, 0, 5),
            _step(_LOAD, _ARGUMENTS + 8 * argument),
            _step(_AND, mask),
            _step(_IF_EQUAL, value, 0, 1),
            _step(_RETURN, _ALLOW),
            refused,
        ]
    unknown = _step(_RETURN, _ERRNO | errno.ENOSYS)
    steps += [_step(_IF_EQUAL, machine.clone3, 0, 1), unknown, _step(_IF_GREATER, _NEWEST, 0, 1), unknown, refused]
    return b"".join(steps)


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    """One ``struct sock_filter``."""
    return struct.pack("HBBI", code, if_true, if_false, value)
