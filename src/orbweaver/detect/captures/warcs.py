"""Exchanges as a WARC file (1.1, ISO 28500), each record packed by itself. Pure.

The blocks are the bytes of the wire. One thing is not: the frames of chunked transfer, which no reader of archives
keeps either; the header that announced them is then called ``X-Archive-Orig-Transfer-Encoding``, as others call it.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import io
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from orbweaver.detect.fetching.exchanges import Exchange

VERSION: Final = "WARC/1.1"
SAME_PAYLOAD: Final = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
FIELDS: Final = "application/warc-fields"
_CHUNKED: Final = re.compile(rb"^transfer-encoding(?=\s*:)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Earlier:
    """An answer in another file that has the same bytes."""

    record_id: str
    url: str
    at: dt.datetime


def payload_digest(exchange: Exchange) -> bytes:
    """SHA-256 of the body as sent."""
    return hashlib.sha256(exchange.body or b"").digest()


def new_record_id() -> str:
    """A WARC-Record-ID."""
    return f"<urn:uuid:{uuid.uuid4()}>"


def write_warc(
    page: Sequence[Exchange],
    medium: Sequence[Exchange],
    *,
    about: Mapping[str, str],
    record_id: str,
    earlier: Earlier | None = None,
    picture: bytes = b"",
) -> bytes:
    """The file: what it is (``about``), the page if it is known, then the medium, redirects before it.

    ``picture`` is how the page looked (JPEG): a record of its own, named ``urn:view:`` as other archives name it. The
    last answer of ``medium`` gets ``record_id``; with ``earlier`` it says where its bytes are instead of them. All
    bodies are there: none is None.
    """
    file = io.BytesIO()
    writer = WARCWriter(file, gzip=True, warc_version=VERSION)
    text = "".join(f"{name}: {value}\r\n" for name, value in about.items()).encode()
    _write(writer, "warcinfo", {"WARC-Date": _date(medium[-1].at)}, FIELDS, text)
    if page and picture:
        drawn = {"WARC-Target-URI": f"urn:view:{page[-1].url}", "WARC-Date": _date(page[-1].at)}
        drawn["WARC-Payload-Digest"] = _named(hashlib.sha256(picture).digest())
        _write(writer, "resource", drawn, "image/jpeg", picture)
    for exchange in (*page, *medium[:-1]):
        _exchange(writer, exchange, new_record_id(), None)
    _exchange(writer, medium[-1], record_id, earlier)
    return file.getvalue()


def _exchange(writer: WARCWriter, exchange: Exchange, record_id: str, earlier: Earlier | None) -> None:
    common = {"WARC-Target-URI": exchange.url, "WARC-Date": _date(exchange.at)}
    if exchange.address is not None:
        common["WARC-IP-Address"] = exchange.address
    answer = common | {"WARC-Record-ID": record_id, "WARC-Payload-Digest": _named(payload_digest(exchange))}
    head = _CHUNKED.sub(b"X-Archive-Orig-Transfer-Encoding", exchange.response)
    as_http = "application/http; msgtype={}"
    if earlier is not None:
        answer |= {
            "WARC-Profile": SAME_PAYLOAD,
            "WARC-Refers-To": earlier.record_id,
            "WARC-Refers-To-Target-URI": earlier.url,
            "WARC-Refers-To-Date": _date(earlier.at),
        }
        _write(writer, "revisit", answer, as_http.format("response"), head)
    else:
        if not exchange.is_whole:
            answer["WARC-Truncated"] = "unspecified"  # nobody reads what comes with a redirect
        _write(writer, "response", answer, as_http.format("response"), head + (exchange.body or b""))
    linked = common | {"WARC-Concurrent-To": record_id}
    asked = linked | {"WARC-Payload-Digest": _named(hashlib.sha256(b"").digest())}  # a question has no body here
    _write(writer, "request", asked, as_http.format("request"), exchange.request)
    if exchange.certificate is not None:
        text = (
            f"certificate-sha256: {hashlib.sha256(exchange.certificate).hexdigest()}\r\n"
            f"certificate-der-base64: {base64.b64encode(exchange.certificate).decode()}\r\n"
        )
        _write(writer, "metadata", linked, FIELDS, text.encode())


def _write(writer: WARCWriter, kind: str, headers: Mapping[str, str], content_type: str, block: bytes) -> None:
    """One record of exactly these bytes. (Made by its parts: the library's own way parses and writes headers anew.)"""
    all_headers: dict[str, Any] = {"WARC-Type": kind, "WARC-Record-ID": new_record_id()} | dict(headers)
    all_headers["WARC-Block-Digest"] = _named(hashlib.sha256(block).digest())
    named = StatusAndHeaders("", list(all_headers.items()), protocol=VERSION)
    written_as = "response" if kind == "revisit" else kind  # of a revisit the library writes headers that it has parsed
    record = ArcWarcRecord("warc", written_as, named, io.BytesIO(block), None, content_type, len(block))
    record.payload_length = len(block)
    writer.write_record(record)


def _named(digest: bytes) -> str:
    return f"sha256:{base64.b32encode(digest).decode()}"


def _date(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
