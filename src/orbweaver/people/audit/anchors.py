"""Heads taken out of reach: stamped by authorities of time, and copied to a bucket.

Whoever has this machine has the key that signs heads, and could sign another past. What they cannot do is to have it
stamped for a time that is over, or to take back what already lies elsewhere. Of each head ``audit-anchors`` in the
data folder keeps three kinds of files, and the bucket the same: ``.head`` what was stamped, ``.json`` the line with its
signature, and ``.HOST.tsr`` what an authority answered:
``openssl ts -verify -in X.HOST.tsr -data X.head -CAfile ROOTS``.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path

from orbweaver.errors import Message, Unavailable
from orbweaver.people.audit.heads import Head, latest_head, read_head, signed_line
from orbweaver.people.audit.messages import (
    ANCHOR_LOST,
    ANCHOR_REFUSED,
    ANCHOR_UNSIGNED,
    HEADS_NOT_WRITTEN,
)
from orbweaver.people.audit.settings import AuditSettings
from orbweaver.platform.backup.named_storage import storage_at
from orbweaver.platform.backup.storage import FolderStorage, Storage
from orbweaver.platform.settings import PlatformSettings
from orbweaver.platform.stamps.authorities import ask, host_of
from orbweaver.platform.stamps.checking import check_stamp, read_roots
from orbweaver.platform.stamps.errors import NoStamp, StampRefused
from orbweaver.platform.stamps.settings import StampSettings

FOLDER = "audit-anchors"
STAMP, LINE, STATEMENT = ".tsr", ".json", ".head"

logger = logging.getLogger(__name__)


def anchor_head() -> int:
    """Have the newest head stamped by each authority and copied; how many files are new. One that does not answer
    stops no other, and is asked again an hour later, for the head of then. Raises Unavailable: not even written
    here."""
    head = latest_head()
    if head is None:
        return 0
    name = name_of(head)
    new = _write(name + STATEMENT, head.statement) + _write(name + LINE, signed_line(head).encode())
    for authority in StampSettings.current().authorities:
        stamp = f"{name}.{host_of(authority)}{STAMP}"
        if not (folder() / stamp).is_file():
            try:
                new += _write(stamp, ask(authority, head.digest).answer)
            except NoStamp as error:
                logger.warning("The audit log's head got no stamp: %s.", error)
    return new + _copy_to_bucket()


def name_of(head: Head) -> str:
    """What its files are called: where the log ended, and which head of that position it is."""
    return f"{head.position:012d}-{head.digest.hex()[:8]}"


def folder() -> Path:
    """Where the anchors of this machine lie."""
    return PlatformSettings.current().data_dir / FOLDER


def storages() -> list[Storage]:
    """The storages that hold anchors: this machine's folder (paths below the data folder) and the bucket."""
    here: list[Storage] = [FolderStorage(PlatformSettings.current().data_dir)]
    bucket = AuditSettings.current().audit_heads_bucket
    return here + ([storage_at(bucket)] if bucket else [])


def stamped_at(authority: str) -> float | None:
    """When this machine last got a stamp of the authority (seconds since 1970); None: never."""
    return max((path.stat().st_mtime for path in folder().glob(f"*.{host_of(authority)}{STAMP}")), default=None)


def anchored_heads(storage: Storage) -> tuple[list[Head], int, list[Message]]:
    """The heads that lie in a storage, how many stamps over them prove them, and what is wrong there. Raises
    Unavailable. Every file is read."""
    names = storage.sizes(FOLDER)
    heads, stamps, found = [], 0, []
    for line in (name for name in names if name.endswith(LINE)):
        head = read_head(_content(storage, line).decode(errors="replace"))
        if head is None or line != f"{FOLDER}/{name_of(head)}{LINE}":
            found.append(ANCHOR_UNSIGNED.of(name=line, storage=storage.name))
            continue
        heads.append(head)
        proved, refused = _stamps(storage, names, head)
        stamps += proved
        found += refused
    found += _without_line(storage, names)
    return heads, stamps, found


def _stamps(storage: Storage, names: Mapping[str, int], head: Head) -> tuple[int, list[Message]]:
    roots_file = StampSettings.current().stamp_roots
    if roots_file is None:
        return 0, []
    roots, proved, found = read_roots(roots_file), 0, []
    for name in (each for each in names if each.startswith(f"{FOLDER}/{name_of(head)}.") and each.endswith(STAMP)):
        try:
            check_stamp(_content(storage, name), head.digest, roots)
            proved += 1
        except StampRefused as error:
            found.append(ANCHOR_REFUSED.of(name=name, storage=storage.name, why=error.message))
    return proved, found


def _without_line(storage: Storage, names: Mapping[str, int]) -> Iterator[Message]:
    """Stamps whose head somebody removed."""
    for name in names:
        if name.endswith(STAMP) and f"{FOLDER}/{Path(name).name.partition('.')[0]}{LINE}" not in names:
            yield ANCHOR_LOST.of(name=name, storage=storage.name)


def _content(storage: Storage, name: str) -> bytes:
    with storage.reading(name) as file:
        return file.read()


def _write(name: str, content: bytes) -> int:
    if (folder() / name).is_file():
        return 0
    with FolderStorage(folder()).writing(name) as file:
        file.write(content)
    return 1


def _copy_to_bucket() -> int:
    """Every anchor that the bucket does not have, so that an hour without it is made up for."""
    here, *elsewhere = storages()
    copied = 0
    for storage in elsewhere:
        try:
            for name in sorted(here.sizes(FOLDER).keys() - storage.sizes(FOLDER).keys()):
                with storage.writing(name) as file:
                    file.write(_content(here, name))
                copied += 1
        except Unavailable as error:
            logger.warning("%s", HEADS_NOT_WRITTEN.of(storage=storage.name, reason=str(error)))
    return copied
