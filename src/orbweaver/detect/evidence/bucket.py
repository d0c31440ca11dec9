"""The archive in a bucket of S3, or of a service that speaks like it. Loaded when one is named.

A machine that only archives needs the right to put alone. What the bucket keeps locked (object lock) nobody removes
before its day, neither by mistake nor with stolen rights; an object whose time ends before that is erased all the same,
since its key is gone, and the bytes that nobody can open are removed after the lock.
"""

from __future__ import annotations

import errno
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from orbweaver.platform.backup.s3 import BucketStorage, client_of, parts_of
from orbweaver.platform.clock import real_now

GONE: Final = ("NoSuchKey", "404")
CONNECT_S: Final = 5
READ_S: Final = 10
ATTEMPTS: Final = 1
"""After the first. Less than for backups: somebody waits."""
REST_S: Final = 15.0
"""How long one that did not answer is taken to be away."""
SERVER_FAULT: Final = 500
"""A status from here on is the service's own fault: it is away as well."""


class BucketStore:
    """See Store. S3 itself shows a file only once it is whole."""

    def __init__(self, client: Any, bucket: str, prefix: str) -> None:
        self._client, self._bucket, self._prefix = client, bucket, prefix
        self._away_until = 0.0

    def as_storage(self) -> BucketStorage:
        """The same, as backups read and write it."""
        return BucketStorage(self._client, self._bucket, self._prefix)

    def put(self, name: str, content: bytes) -> None:
        """See Store."""
        with self._told(name):
            try:
                _require("ETag", self._client.put_object(**self._key(name), Body=content, IfNoneMatch="*"))
            except ClientError as error:
                if _code(error) != "PreconditionFailed" or not self._is_there(name, content):
                    raise

    def _is_there(self, name: str, content: bytes) -> bool:
        """Whether an attempt before, whose answer was lost, had come through. Names are by chance: no other has it."""
        try:
            return bool(self._client.get_object(**self._key(name))["Body"].read() == content)
        except ClientError as error:
            return _code(error) == "AccessDenied"  # it may put alone

    def get(self, name: str) -> bytes:
        """See Store."""
        with self._told(name):
            return bytes(self._client.get_object(**self._key(name))["Body"].read())

    def replace(self, name: str, content: bytes) -> None:
        """See Store."""
        with self._told(name):
            _require("ETag", self._client.put_object(**self._key(name), Body=content))

    def remove(self, name: str) -> bool:
        """See Store. Each version goes: a bucket that keeps versions would else keep the bytes below a mark."""
        kept = False
        with self._told(name):
            for version in self._versions(name):
                try:
                    self._client.delete_object(**self._key(name), VersionId=version)
                except ClientError:
                    if not self._is_locked(name, version):
                        raise
                    kept = True
        return not kept

    def _versions(self, name: str) -> list[str]:
        pages = self._client.get_paginator("list_object_versions").paginate(
            Bucket=self._bucket, Prefix=self._prefix + name
        )
        return [
            each["VersionId"]
            for page in pages
            for kind in ("Versions", "DeleteMarkers")
            for each in _require("Name", page).get(kind, [])
            if each["Key"] == self._prefix + name
        ]

    def _is_locked(self, name: str, version: str) -> bool:
        """Whether the bucket keeps this version until a day, or for a legal hold there."""
        head = self._client.head_object(**self._key(name), VersionId=version)
        until = head.get("ObjectLockRetainUntilDate")
        return head.get("ObjectLockLegalHoldStatus") == "ON" or (until is not None and until > real_now())

    def names(self) -> list[str]:
        """See Store."""
        with self._told(""):
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._prefix)
            return [
                each["Key"].removeprefix(self._prefix)
                for page in pages
                for each in _require("Name", page).get("Contents", [])
            ]

    def prepare(self, *, make: bool) -> bool:
        """See Store: who names a bucket has made it."""
        return True

    def _key(self, name: str) -> dict[str, str]:
        return {"Bucket": self._bucket, "Key": self._prefix + name}

    @contextmanager
    def _told(self, name: str) -> Iterator[None]:
        """Within it, what S3 says is said as a disk says it.

        One that did not answer is not asked again at once, and then by one alone: letters and pages would wait for it
        each time.
        """
        if self._away_until:
            if time.monotonic() < self._away_until:
                raise OSError(errno.EIO, "away", name)
            self._rest()
        try:
            yield
        except ClientError as error:
            code, status = _code(error), error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            if status >= SERVER_FAULT:
                self._rest()
            else:
                self._away_until = 0.0
            if code in GONE:
                raise FileNotFoundError(errno.ENOENT, code, name) from error
            raise OSError(errno.EIO, code, name) from error
        except (BotoCoreError, ResponseParserError) as error:
            self._rest()
            raise OSError(errno.EIO, type(error).__name__, name) from error
        self._away_until = 0.0

    def _rest(self) -> None:
        self._away_until = time.monotonic() + REST_S


@cache
def bucket_store(text: str, endpoint: str, region: str) -> BucketStore:
    """The store ``s3://bucket/prefix``, one for the whole process. Raises InvalidInput."""
    client = client_of(endpoint, region, connect_s=CONNECT_S, read_s=READ_S, attempts=ATTEMPTS)
    return BucketStore(client, *parts_of(text))


def _require(what: str, answer: dict[str, Any]) -> dict[str, Any]:
    """The answer, if it has what S3 says each time: a page of somebody in between, such as one to log in at, has not,
    and would be a file that was laid down or an empty archive. Raises ResponseParserError."""
    if what not in answer:
        raise ResponseParserError(what)
    return answer


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
