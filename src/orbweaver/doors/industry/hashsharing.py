"""``/hashsharing/v2/…``: the hotline's own hashes as clients of NCMEC's hash sharing fetch them. Read only.

HTTP Basic, the key as the password. Each entry is an image or a video with all its hashes; what nobody should act on
(any more, or yet) is a tombstone, as this protocol has no word for doubt.
"""

from __future__ import annotations

import datetime as dt
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

from orbweaver.detect.hashlists.models import HashListEntry
from orbweaver.detect.hashlists.sharing import is_withheld, shared_entries, shared_hashes
from orbweaver.doors.industry.frame.asked import Answer, Asked, Refusal
from orbweaver.doors.industry.frame.clients import key_in
from orbweaver.doors.industry.frame.service import Service
from orbweaver.doors.industry.messages import NO_SUCH_CALL, PARAMETER_UNUSABLE
from orbweaver.people.accounts.rules import Permission
from orbweaver.platform.clock import now

NAMESPACE: Final = "https://hashsharing.ncmec.org/hashsharing/v2"
XML: Final = "application/xml; charset=utf-8"
FINGERPRINTS: Final = ("md5", "sha1", "pdq")
"""Kinds that have a name in this protocol; SHA-256 has none."""
CLASSES: Final = {"a1": "A1", "a2": "A2", "b1": "B1", "b2": "B2"}
MEMBER: Final = ("1", "Orbweaver")
MOST: Final = 1000
STAMP: Final = "%Y-%m-%dT%H:%M:%SZ"


class HashSharing:
    """The calls of NCMEC's hash sharing that read."""

    name = "ncmec"
    below = ("hashsharing", "v2")

    def __init__(self, service: Service) -> None:
        self._service = service

    async def answer(self, asked: Asked) -> Answer:
        """Say who asks and who shares, or give entries."""
        asked.only("GET")
        client = await self._service.clients.of(key_in(asked.headers))
        client.needs(Permission.LIST_READ)
        if asked.parts == ("status",):
            status = _element("status")
            ET.SubElement(status, "ipAddress").text = asked.remote
            ET.SubElement(status, "username").text = client.name
            ET.SubElement(status, "member", id=MEMBER[0]).text = client.organisation
            return _as_xml(status)
        if asked.parts == ("members",):
            members = _element("members")
            ET.SubElement(members, "member", id=MEMBER[0]).text = MEMBER[1]
            return _as_xml(members)
        if asked.parts == ("entries",):
            return await self._entries(asked)
        raise Refusal(HTTPStatus.NOT_FOUND, NO_SUCH_CALL)

    def refuse(self, refusal: Refusal) -> Answer:
        """As a message in XML."""
        root = _element("error")
        ET.SubElement(root, "message").text = str(refusal.message)
        return _as_xml(root, refusal.status)

    async def _entries(self, asked: Asked) -> Answer:
        moment = now()
        since, until = _time(asked, "from", dt.datetime(1970, 1, 1, tzinfo=dt.UTC)), _time(asked, "to", moment)
        start, size = asked.query.get("start", "0"), asked.query.get("size", str(MOST))
        if not (start.isdecimal() and size.isdecimal() and len(start + size) < 24):
            raise Refusal(HTTPStatus.BAD_REQUEST, PARAMETER_UNUSABLE.of(name="start"))
        most = max(1, min(int(size), MOST))
        found = await self._service.database(
            shared_entries, FINGERPRINTS, since, until, after=int(start), most=most + 1
        )
        page = found[:most]
        result = _element("queryResult")
        latest = max((entry.changed_at for entry in page), default=min(until, moment))
        for name, entries in _by_type(page).items():
            group = ET.SubElement(result, f"{name}s", count=str(len(entries)), maxTimestamp=latest.strftime(STAMP))
            _fill(group, name, entries)
        if len(found) > most:
            times = {"from": since.strftime(STAMP), "to": until.strftime(STAMP)}
            more = urlencode(times | {"start": page[-1].change, "size": most, "max": found[-1].change})
            paging = ET.SubElement(result, "paging")
            ET.SubElement(paging, "next").text = f"/v2/entries?{more}"
        return _as_xml(result)


def _by_type(page: Sequence[HashListEntry]) -> dict[str, list[HashListEntry]]:
    """Images and videos; what does not say is an image."""
    video = HashListEntry.MediaType.VIDEO
    return {
        "image": [entry for entry in page if entry.media_type != video],
        "video": [entry for entry in page if entry.media_type == video],
    }


def _fill(group: ET.Element, name: str, entries: Sequence[HashListEntry]) -> None:
    for entry in entries:
        is_gone = is_withheld(entry)
        image = ET.SubElement(group, f"deleted{name.capitalize()}" if is_gone else name)
        ET.SubElement(image, "member", id=MEMBER[0]).text = MEMBER[1]
        ET.SubElement(image, "timestamp").text = entry.changed_at.strftime(STAMP)
        ET.SubElement(image, "id").text = entry.public_id
        if is_gone:
            continue
        if entry.classification in CLASSES:
            ET.SubElement(image, "classification").text = CLASSES[entry.classification]
        prints = ET.SubElement(image, "fingerprints")
        for each in sorted(shared_hashes(entry, FINGERPRINTS), key=lambda each: FINGERPRINTS.index(each.kind)):
            ET.SubElement(prints, each.kind).text = bytes(each.value).hex()


def _element(name: str) -> ET.Element:
    return ET.Element(name, xmlns=NAMESPACE)


def _as_xml(root: ET.Element, status: int = HTTPStatus.OK) -> Answer:
    return Answer(status, ET.tostring(root, encoding="utf-8", xml_declaration=True), XML)


def _time(asked: Asked, name: str, otherwise: dt.datetime) -> dt.datetime:
    text = asked.query.get(name)
    if not text:
        return otherwise
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        raise Refusal(HTTPStatus.BAD_REQUEST, PARAMETER_UNUSABLE.of(name=name)) from None
    return found if found.tzinfo is not None else found.replace(tzinfo=dt.UTC)
