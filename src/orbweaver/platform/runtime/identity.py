"""As whom the embedded PostgreSQL runs. It refuses to run as root, and rightly so.

Not root: as oneself. (A uid without an account, as some container platforms give, is shown to the server as one that
has one, because ``initdb`` looks its own name up.)

Root: as an unprivileged user when that user can reach both the binaries and the data folder; else (they lie below a
folder that only root may enter, such as ``/root`` or ``mktemp -d``) in a user namespace, where files stay root's but
the process has no privilege; else there is nothing to be done without opening folders that are not ours to open, and a
ConfigurationError says so. The modes of folders above the data are never changed.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import subprocess
from collections.abc import Iterator
from pathlib import Path

from orbweaver.errors import ConfigurationError
from orbweaver.platform.runtime.binaries import Binaries
from orbweaver.platform.runtime.launch import Identity, launch_argv
from orbweaver.platform.runtime.messages import NO_UNPRIVILEGED_USER

ACCOUNTS = ("orbweaver", "postgres", "nobody")
"""Accounts to try, in this order: one of our own, one that administrators expect, one that is always there."""


def choose_identity(binaries: Binaries, cluster: Path) -> Identity:
    """The identity to run the server of the folder ``cluster`` (which exists) as; gives the folder to it.

    Raises:
        ConfigurationError: no identity can reach both binaries and data.
    """
    if os.geteuid() != 0 and _has_account(os.geteuid()):
        return Identity()
    for identity in _candidates():
        if _reaches(identity, binaries, cluster):
            give_to(cluster, identity)
            return identity
    raise ConfigurationError(NO_UNPRIVILEGED_USER)


def _has_account(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _accounts() -> Iterator[pwd.struct_passwd]:
    for name in ACCOUNTS:
        with contextlib.suppress(KeyError):
            account = pwd.getpwnam(name)
            if account.pw_uid != 0:
                yield account


def _candidates() -> Iterator[Identity]:
    if os.geteuid() == 0:
        for account in _accounts():
            yield Identity("user", account.pw_uid, account.pw_gid)
    for account in _accounts():
        yield Identity("namespace", account.pw_uid, account.pw_gid)


def _reaches(identity: Identity, binaries: Binaries, cluster: Path) -> bool:
    # tried for real: permissions, ACLs, mount options and seccomp filters all have a say. The cluster itself is given
    # to whoever is chosen, so it is its parent that must be reachable.
    argv = launch_argv([binaries.program("postgres"), "--version"], identity=identity, folder=cluster.parent)
    try:
        answer = subprocess.run(argv, capture_output=True, timeout=20, check=False)
    except subprocess.TimeoutExpired:
        return False
    return answer.returncode == 0


def give_to(folder: Path, identity: Identity) -> None:
    """Make ``identity`` the owner of a tree that is ours; the top comes last, so that a broken-off run is repeated."""
    uid, gid = identity.owner()
    if folder.stat().st_uid == uid:
        return
    for path, folders, files in os.walk(folder):
        for name in (*folders, *files):
            os.chown(Path(path) / name, uid, gid, follow_symlinks=False)
    os.chown(folder, uid, gid, follow_symlinks=False)
