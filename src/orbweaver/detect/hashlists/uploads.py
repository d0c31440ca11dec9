"""Lists that are handed in by page: kept in a file until the worker has imported them.

The file is this machine's: its worker takes it, nobody else's. A worker that is killed goes on where the import ended.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.db import DatabaseError, connection

from orbweaver.detect.hashlists.errors import BadList
from orbweaver.detect.hashlists.formats import format_of, opened
from orbweaver.detect.hashlists.importing import import_list
from orbweaver.detect.hashlists.messages import (
    UPLOAD_LOST,
    UPLOAD_NOT_AGREED,
    UPLOAD_TOO_LARGE,
)
from orbweaver.detect.hashlists.models import HashList, ListImport, UploadedList
from orbweaver.detect.hashlists.services import require_same
from orbweaver.errors import InvalidInput, Message
from orbweaver.people.accounts.models import User
from orbweaver.platform.settings import PlatformSettings

MAX_BYTES: Final = 64 * 2**20
"""Some 700,000 rows. The web server holds a body in memory, so larger lists are imported by command."""

LOST_AFTER = dt.timedelta(days=1)
"""How long a file that is not on this machine is left to the worker of the one where it is."""

UPLOAD_LOCK = 0x6F72_7570
"""First half of the advisory locks of uploads in work ("orup"); the second is the upload's number."""


def hand_in(
    chunks: Iterable[bytes],
    file_name: str,
    *,
    list_name: str,
    supplier: str,
    kind: HashList.Kind,
    by: User,
    now: dt.datetime,
    region: str = "",
    is_held: bool = False,
) -> UploadedList:
    """Keep a file for the worker to import, or, held, for ``release``; ``region`` as in ``import_list``.

    Raises InvalidInput (BadList where it is no list); then nothing is kept."""
    upload = UploadedList(
        list_name=list_name, supplier=supplier, kind=kind, file_name=file_name[:255], lines=0, by=by, at=now
    )
    upload.region, upload.is_held = region, is_held
    _check_list(upload)
    path = _path_of(upload)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        _write(path, chunks, upload)
        with opened(path) as text:
            next(iter(format_of(path).read(text, region)), None)  # a file that is no list is refused at once
        upload.save()
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return upload


def release(upload: UploadedList) -> None:
    """Let the worker import what was held."""
    upload.is_held = False
    upload.save(update_fields=["is_held"])


def refuse(upload: UploadedList) -> None:
    """What was held is imported by nobody; its file goes."""
    if upload.is_held and upload.state == UploadedList.State.WAITING:
        _end(upload, problem=UPLOAD_NOT_AGREED)
        _path_of(upload).unlink(missing_ok=True)


def import_uploaded(now: dt.datetime) -> int:
    """Import what was handed in, the oldest first; returns how many files are done with."""
    done = 0
    _erase_left_over()
    waiting = UploadedList.objects.filter(state=UploadedList.State.WAITING, is_held=False)
    for upload in waiting.select_related("by").order_by("pk"):
        with _held(upload) as is_mine:
            if is_mine:
                done += _import(upload, now)
    return done


@dataclass(frozen=True)
class Progress:
    """How far an upload is; ``run`` is None until its first rows are in."""

    upload: UploadedList
    run: ListImport | None

    @property
    def waits(self) -> bool:
        """Whether the page should be looked at again."""
        return self.upload.state == UploadedList.State.WAITING

    @property
    def rows(self) -> int:
        """Rows that are done with."""
        return self.run.rows if self.run else 0


def waiting_uploads() -> list[UploadedList]:
    """What is not imported yet, the oldest first."""
    return list(UploadedList.objects.filter(state=UploadedList.State.WAITING).select_related("by").order_by("pk"))


def progress_of(upload: UploadedList) -> Progress:
    """How far it is."""
    if upload.state != UploadedList.State.WAITING:
        return Progress(upload, upload.list_import)
    running = ListImport.objects.filter(
        hash_list__name=upload.list_name, file_sha256=upload.file_sha256, finished_at=None
    )
    return Progress(upload, running.order_by("-pk").first())


def _path_of(upload: UploadedList) -> Path:
    return Path(_folder(), upload.public_id)


def _folder() -> Path:
    return Path(PlatformSettings.current().data_dir, "uploads")


def _erase_left_over() -> None:
    """Files that a kill left between the file and its row, or between the end of the import and that of the file."""
    if not _folder().is_dir():
        return
    waiting = set(UploadedList.objects.filter(state=UploadedList.State.WAITING).values_list("public_id", flat=True))
    for path in _folder().iterdir():
        # what is being handed in has no row yet
        if path.name not in waiting and time.time() - path.stat().st_mtime > LOST_AFTER.total_seconds():
            path.unlink(missing_ok=True)


def _check_list(upload: UploadedList) -> None:
    there = HashList.objects.filter(name=upload.list_name).first()
    if there is not None:
        require_same(there, upload.supplier, HashList.Kind(upload.kind))


def _write(path: Path, chunks: Iterable[bytes], upload: UploadedList) -> None:
    """The file, readable by nobody else, with its digest and lines noted. Raises BadList when it is too large."""
    digest, size, last = hashlib.sha256(), 0, b""
    path.touch(mode=0o600)
    with path.open("wb") as file:
        for chunk in chunks:
            size += len(chunk)
            if size > MAX_BYTES:
                raise BadList(UPLOAD_TOO_LARGE.of(megabytes=MAX_BYTES // 2**20))
            file.write(chunk)
            digest.update(chunk)
            upload.lines += chunk.count(b"\n")
            last = chunk[-1:] or last
    upload.lines += last not in (b"", b"\n")
    upload.file_sha256 = digest.digest()


@contextmanager
def _held(upload: UploadedList) -> Iterator[bool]:
    """Whether this session has it in hand, and nobody else meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [UPLOAD_LOCK, upload.pk])
        (is_mine,) = cursor.fetchone()
    try:
        yield is_mine
    finally:
        if is_mine:
            with suppress(DatabaseError), connection.cursor() as cursor:  # a connection that is gone holds no lock
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [UPLOAD_LOCK, upload.pk])


def _import(upload: UploadedList, now: dt.datetime) -> int:
    path = _path_of(upload)
    upload.refresh_from_db(fields=["state"])
    if upload.state != UploadedList.State.WAITING:
        return 0
    if not path.is_file():
        return _end(upload, problem=UPLOAD_LOST) if now - upload.at > LOST_AFTER else 0
    try:
        _check_list(upload)
        run = import_list(
            path,
            list_name=upload.list_name,
            supplier=upload.supplier,
            kind=HashList.Kind(upload.kind),
            region=upload.region,
            file_name=upload.file_name,
            by=upload.by,
            now=now,
        )
    except InvalidInput as error:
        done = _end(upload, problem=error.message)
    else:
        done = _end(upload, run=run)
    path.unlink(missing_ok=True)
    return done


def _end(upload: UploadedList, *, run: ListImport | None = None, problem: Message | None = None) -> int:
    states = UploadedList.State
    upload.state, upload.list_import, upload.problem = states.DONE if run else states.REFUSED, run, problem
    upload.save(update_fields=["state", "list_import", "problem"])
    return 1
