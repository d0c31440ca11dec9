"""The calls: entries since a time, page by page with tombstones; submitting, retracting, feedback; who takes part.

HTTP Basic, the key as the password. Each entry is an image or a video with all its hashes; what nobody should act on
(any more, or yet) is a tombstone, as this protocol has no word for doubt.
"""

from __future__ import annotations

import datetime as dt
import xml.etree.ElementTree as ET
from dataclasses import replace
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

from orbweaver.detect.exchanges import submitting
from orbweaver.detect.exchanges.errors import ExchangeFailed
from orbweaver.detect.exchanges.protocols.ncmec_xml import is_deletion, name_of, root_of, row_of
from orbweaver.detect.hashlists.errors import BadRow
from orbweaver.detect.hashlists.rules import EntryRow, key_of_name
from orbweaver.doors.industry.frame.asked import SMALL_BODY, Answer, Asked, Refusal
from orbweaver.doors.industry.frame.clients import Client, key_in
from orbweaver.doors.industry.frame.service import Service
from orbweaver.doors.industry.hashsharing.reasons import REASON_NAMES
from orbweaver.doors.industry.hashsharing.writing import (
    CLASSES,
    FINGERPRINTS,
    OUR_NAME,
    STAMP,
    add_entries,
    as_xml,
    categorizations_document,
    element,
    reasons_document,
)
from orbweaver.doors.industry.messages import (
    CLASS_UNKNOWN,
    ENTRY_UNUSABLE,
    NO_SUCH_CALL,
    NO_SUCH_ENTRY,
    NO_SUCH_REASON,
    NOT_XML,
    PARAMETER_UNUSABLE,
)
from orbweaver.people.accounts.rules import Permission
from orbweaver.platform.clock import now

MOST: Final = 1000
TYPES: Final = {"MD5": "md5", "SHA1": "sha1", "PDQ": "pdq"}
"""Kinds of hash as addresses of feedback name them."""


class HashSharing:
    """The calls of NCMEC's hash sharing, version 2."""

    name = "ncmec"
    below = ("hashsharing", "v2")

    def __init__(self, service: Service) -> None:
        self._service = service

    async def answer(self, asked: Asked) -> Answer:
        """Give entries or say who takes part; take in entries and feedback."""
        client = asked.by(await self._service.clients.of(key_in(asked.headers)))
        client.needs(Permission.LIST_READ)
        match asked.parts:
            case ("entries",) if asked.method != "GET":
                asked.only("GET", "POST", "PUT")
                return await self._submit(asked, client)
            case ("entries", member, name):
                asked.only("GET", "DELETE")
                if asked.method == "GET":
                    return await self._one(member, name)
                return await self._retract(client, member, name)
            case ("entries", member, name, kind, "feedback"):
                asked.only("PUT")
                return await self._take_feedback(asked, client, member, name, kind)
        asked.only("GET")
        return await self._entries(asked) if asked.parts == ("entries",) else as_xml(await self._about(asked, client))

    async def _about(self, asked: Asked, client: Client) -> ET.Element:
        """Who takes part, and what clients choose from."""
        match asked.parts:
            case ("status",):
                return await self._status(asked, client)
            case ("members",):
                return await self._members()
            case ("categorizations",):
                return categorizations_document()
            case ("feedback", kind, "reasons") if kind in TYPES:
                return reasons_document(kind)
        raise Refusal(HTTPStatus.NOT_FOUND, NO_SUCH_CALL)

    def refuse(self, refusal: Refusal) -> Answer:
        """As a message in XML."""
        root = element("error")
        ET.SubElement(root, "message").text = str(refusal.message)
        return as_xml(root, refusal.status)

    async def _status(self, asked: Asked, client: Client) -> ET.Element:
        member = await self._service.database(submitting.member_of, client.organisation)
        status = element("status")
        ET.SubElement(status, "ipAddress").text = asked.remote
        ET.SubElement(status, "username").text = client.name
        ET.SubElement(status, "member", id=member.number).text = client.organisation
        return status

    async def _members(self) -> ET.Element:
        members = element("members")
        others = await self._service.database(submitting.all_members)
        for number, name in [(submitting.OURSELVES, OUR_NAME), *others]:
            ET.SubElement(members, "member", id=number).text = name
        return members

    async def _entries(self, asked: Asked) -> Answer:
        moment = now()
        since, until = _time(asked, "from", dt.datetime(1970, 1, 1, tzinfo=dt.UTC)), _time(asked, "to", moment)
        start, size = asked.query.get("start", "0"), asked.query.get("size", str(MOST))
        if not (start.isdecimal() and size.isdecimal() and len(start + size) < 24):
            raise Refusal(HTTPStatus.BAD_REQUEST, PARAMETER_UNUSABLE.of(name="start"))
        most = max(1, min(int(size), MOST))
        by = _members(asked)
        found = await self._service.database(
            submitting.shared_page, FINGERPRINTS, since, until, after=int(start), most=most + 1, by=by
        )
        page = replace(found, entries=found.entries[:most])
        result = element("queryResult")
        add_entries(result, page, min(until, moment))
        if len(found.entries) > most:
            asked_for = {"from": since.strftime(STAMP), "to": until.strftime(STAMP)}
            asked_for |= {"member": ",".join(sorted(by))} if by else {}
            more = {"start": page.entries[-1].change, "size": most, "max": found.entries[-1].change}
            paging = ET.SubElement(result, "paging")
            ET.SubElement(paging, "next").text = f"/v2/entries?{urlencode(asked_for | more)}"
        return as_xml(result)

    async def _one(self, member: str, name: str) -> Answer:
        """One entry by its member and the name that it has there, or its tombstone."""
        page = await self._service.database(submitting.page_with, member, name)
        if not page.entries:
            raise Refusal(HTTPStatus.NOT_FOUND, NO_SUCH_ENTRY)
        result = element("queryResult")
        add_entries(result, page, now())
        return as_xml(result)

    async def _submit(self, asked: Asked, client: Client) -> Answer:
        """All of it or nothing: images and videos are added or replaced, deleted ones are retracted, in bulk."""
        client.needs(Permission.LIST_EDIT)
        root = await _document(asked)
        member = await self._service.database(submitting.member_of, client.organisation)
        ones = [each for each in root.findall("*/*") if is_deletion(each) or each.tag in ("image", "video")]
        given = [_row(each, number, member.organisation) for number, each in enumerate(ones) if not is_deletion(each)]
        gone = [key_of_name("", _name(each, number)) for number, each in enumerate(ones) if is_deletion(each)]
        await self._service.database(submitting.submit, client.organisation, given, now(), gone=gone)
        result = element("submissionResult")
        for group in ("images", "videos"):
            of_group = ET.SubElement(result, group)
            for each in ones:
                if f"{each.tag.lower().removeprefix('deleted')}s" == group:
                    one = ET.SubElement(of_group, each.tag)
                    ET.SubElement(one, "member", id=member.number).text = member.organisation
                    ET.SubElement(one, "id").text = name_of(each)
            of_group.set("count", str(len(of_group)))
        return as_xml(result)

    async def _retract(self, client: Client, member: str, name: str) -> Answer:
        client.needs(Permission.LIST_EDIT)
        own = await self._service.database(submitting.member_of, client.organisation)
        keys = [key_of_name("", name)] if member == own.number else []
        if not (await self._service.database(submitting.submit, client.organisation, [], now(), gone=keys)).withdrawn:
            raise Refusal(HTTPStatus.NOT_FOUND, NO_SUCH_ENTRY)
        return as_xml(element("retractionResult"))

    async def _take_feedback(self, asked: Asked, client: Client, member: str, name: str, kind: str) -> Answer:
        if kind not in TYPES:
            raise Refusal(HTTPStatus.NOT_FOUND, NO_SUCH_CALL)
        root = await _document(asked)
        confirms, reason = root.find("affirmative") is not None, ""
        if not confirms:
            numbers = [(each.text or "").strip() for each in root.findall("negative/reasonIds/guid")]
            if not numbers or any(number not in REASON_NAMES for number in numbers):
                raise Refusal(HTTPStatus.BAD_REQUEST, NO_SUCH_REASON)
            reason = ", ".join(dict.fromkeys(REASON_NAMES[number] for number in numbers))
        entry = await self._service.database(submitting.entry_of, member, name)
        if entry is None:
            raise Refusal(HTTPStatus.NOT_FOUND, NO_SUCH_ENTRY)
        await self._service.database(
            submitting.say, [entry], TYPES[kind], client.organisation, confirms=confirms, reason=reason, now=now()
        )
        return as_xml(element("feedbackResult"))


async def _document(asked: Asked) -> ET.Element:
    """The body as XML. Raises Refusal."""
    try:
        return root_of(await asked.read(SMALL_BODY))
    except ExchangeFailed:
        raise Refusal(HTTPStatus.BAD_REQUEST, NOT_XML) from None


def _row(each: ET.Element, number: int, source: str) -> EntryRow:
    """What a member submits. One without a classification is unclassified; one that nobody knows is a mistake."""
    stated = (each.findtext("classification") or "").strip().lower()
    if stated and stated not in CLASSES:
        raise Refusal(HTTPStatus.BAD_REQUEST, CLASS_UNKNOWN.of(number=number, known=", ".join(CLASSES.values())))
    try:
        return row_of(each, "", source)
    except (BadRow, ValueError):
        raise Refusal(HTTPStatus.BAD_REQUEST, ENTRY_UNUSABLE.of(number=number)) from None


def _name(each: ET.Element, number: int) -> str:
    try:
        return name_of(each)
    except ValueError:
        raise Refusal(HTTPStatus.BAD_REQUEST, ENTRY_UNUSABLE.of(number=number)) from None


def _members(asked: Asked) -> frozenset[str]:
    """Numbers of the members whose entries alone are asked for; none where all are. Raises Refusal."""
    text = asked.query.get("member")
    numbers = frozenset(text.split(",")) if text else frozenset()
    if not all(number.isascii() and number.isdecimal() and len(number) < 10 for number in numbers):
        raise Refusal(HTTPStatus.BAD_REQUEST, PARAMETER_UNUSABLE.of(name="member"))
    return numbers


def _time(asked: Asked, name: str, otherwise: dt.datetime) -> dt.datetime:
    text = asked.query.get(name)
    if not text:
        return otherwise
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        raise Refusal(HTTPStatus.BAD_REQUEST, PARAMETER_UNUSABLE.of(name=name)) from None
    return found if found.tzinfo is not None else found.replace(tzinfo=dt.UTC)
