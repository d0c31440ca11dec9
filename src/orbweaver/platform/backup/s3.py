"""A bucket of S3, or of a service that speaks like it, by ``botocore``. Loaded when a bucket is named."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

import botocore.config
import botocore.session
from botocore.exceptions import BotoCoreError, ClientError

from orbweaver.errors import InvalidInput, Unavailable
from orbweaver.platform.backup.messages import STORAGE_FORM, STORAGE_UNUSABLE
from orbweaver.platform.backup.settings import BackupSettings
from orbweaver.platform.backup.storage import Reader, Writer

PART = 64 * 2**20
"""Bytes of a part; S3 takes up to 10,000 of them, so a file of 640 GB."""


def client_of(endpoint: str, region: str, *, connect_s: int = 10, read_s: int = 60, attempts: int = 5) -> Any:
    """What speaks to this service, or to AWS, for any number of threads; how long it waits each time, and how often it
    tries."""
    return botocore.session.Session().create_client(
        "s3",
        region_name=region,
        endpoint_url=endpoint or None,
        config=botocore.config.Config(
            connect_timeout=connect_s, read_timeout=read_s, retries={"max_attempts": attempts}
        ),
    )


def parts_of(text: str) -> tuple[str, str]:
    """Bucket and prefix of ``s3://bucket/prefix``. Raises InvalidInput."""
    parts = urlsplit(text)
    if not parts.netloc:
        raise InvalidInput(STORAGE_FORM)
    prefix = parts.path.strip("/")
    return parts.netloc, f"{prefix}/" if prefix else ""


class BucketStorage:
    """A bucket, or what in it begins with a prefix. S3 itself shows a file only once it is whole."""

    def __init__(self, client: Any, bucket: str, prefix: str) -> None:
        self._client, self._bucket, self._prefix = client, bucket, prefix

    @classmethod
    def at(cls, text: str) -> BucketStorage:
        """The storage ``s3://bucket/prefix``. Raises InvalidInput."""
        settings = BackupSettings.current()
        return cls(client_of(settings.backup_s3_endpoint, settings.backup_s3_region), *parts_of(text))

    @property
    def name(self) -> str:
        """Its address."""
        return f"s3://{self._bucket}/{self._prefix}"

    @property
    def place(self) -> str:
        """See Storage. Two services may have buckets of one name."""
        return f"{self._client.meta.endpoint_url}/{self._bucket}/{self._prefix}"

    def sizes(self, below: str) -> dict[str, int]:
        """See Storage."""
        with self._told():
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=f"{self._prefix}{below}/" if below else self._prefix
            )
            return {
                each["Key"].removeprefix(self._prefix): each["Size"]
                for page in pages
                for each in page.get("Contents", [])
            }

    @contextmanager
    def reading(self, name: str) -> Iterator[Reader]:
        """See Storage."""
        with self._told():
            body = self._client.get_object(Bucket=self._bucket, Key=self._prefix + name)["Body"]
            try:
                yield body
            finally:
                body.close()

    @contextmanager
    def writing(self, name: str) -> Iterator[Writer]:
        """See Storage."""
        with self._told():
            upload = _Upload(self._client, {"Bucket": self._bucket, "Key": self._prefix + name})
            try:
                yield upload
                upload.finish()
            except BaseException:
                with suppress(
                    ClientError, BotoCoreError
                ):  # no right to, or no such call: why it broke off is what counts
                    upload.give_up()
                raise

    def remove(self, name: str) -> None:
        """See Storage."""
        with self._told():
            self._client.delete_object(Bucket=self._bucket, Key=self._prefix + name)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if code in ("NoSuchKey", "404"):
                raise FileNotFoundError from error
            raise Unavailable(STORAGE_UNUSABLE.of(storage=self.name, reason=code)) from error
        except BotoCoreError as error:
            raise Unavailable(STORAGE_UNUSABLE.of(storage=self.name, reason=type(error).__name__)) from error


class _Upload:
    """One file on its way: small ones in one call, larger ones in parts."""

    def __init__(self, client: Any, key: dict[str, str]) -> None:
        self._client, self._key = client, key
        self._held = bytearray()
        self._number: str | None = None
        self._parts: list[dict[str, Any]] = []

    def write(self, data: bytes, /) -> int:
        self._held += data
        while len(self._held) >= PART:
            self._send(bytes(self._held[:PART]))
            del self._held[:PART]
        return len(data)

    def flush(self) -> None:
        """What is held is sent when there is enough of it."""

    def _send(self, part: bytes) -> None:
        if self._number is None:
            self._number = self._client.create_multipart_upload(**self._key)["UploadId"]
        number = len(self._parts) + 1
        sent = self._client.upload_part(**self._key, UploadId=self._number, PartNumber=number, Body=part)
        self._parts.append({"PartNumber": number, "ETag": sent["ETag"]})

    def finish(self) -> None:
        if self._number is None:
            self._client.put_object(**self._key, Body=bytes(self._held))
            return
        if self._held:
            self._send(bytes(self._held))
        parts = {"Parts": self._parts}
        self._client.complete_multipart_upload(**self._key, UploadId=self._number, MultipartUpload=parts)

    def give_up(self) -> None:
        if self._number is not None:
            self._client.abort_multipart_upload(**self._key, UploadId=self._number)
