"""The XML of NCMEC's hash sharing, version 2, as an exchange answers. Pure."""

from __future__ import annotations

import datetime as dt
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from xml.parsers import expat

from orbweaver.detect.exchanges.errors import ExchangeFailed
from orbweaver.detect.exchanges.messages import NOT_A_PAGE
from orbweaver.detect.exchanges.protocols.protocol import Stated, Vote
from orbweaver.detect.hashlists.errors import BadRow
from orbweaver.detect.hashlists.formats.lines import installed
from orbweaver.detect.hashlists.formats.ncmec import CLASSES, FINGERPRINTS, one_line
from orbweaver.detect.hashlists.formats.xml_parser import NotHonest, XmlParser
from orbweaver.detect.hashlists.rules import EntryRow, key_of_name, parse_row

NAMESPACE: Final = "https://hashsharing.ncmec.org/hashsharing/v2"


@dataclass(frozen=True, slots=True)
class Found:
    """What one answer holds; ``next`` is the path of the next page, "" at the end."""

    stated: list[Stated]
    refused: int
    next: str


def page_of(body: bytes) -> Found:
    """An answer with entries. Raises ExchangeFailed where it is none, or breaks off."""
    root = root_of(body, "queryResult")
    stated, refused = [], 0
    for group in ("images", "videos"):
        for each in root.findall(f"{group}/*"):
            try:
                stated.append(_stated(each))
            except (BadRow, ValueError):
                refused += 1
    return Found(stated, refused, (root.findtext("paging/next") or "").strip())


def reasons_of(body: bytes) -> dict[str, str]:
    """Reasons for a dispute: their names by their numbers. The list is the root, or stands below it."""
    root = root_of(body)
    return {each.get("guid", ""): each.get("name", "") for each in root.iter("reason")}


def root_of(body: bytes, name: str = "") -> ET.Element:
    """The root of a document, of this name, without namespaces. Raises ExchangeFailed where it breaks off or is none.

    One that declares entities, or is otherwise without end (``formats.xml_parser``), is none.
    """
    builder = ET.TreeBuilder()
    parser = XmlParser(
        begin=lambda tag, attributes: builder.start(_local(tag), attributes),
        end=lambda tag: builder.end(_local(tag)),
        say=builder.data,
    )
    try:
        parser.parse(body, is_last=True)
        root = builder.close()
    except (NotHonest, expat.ExpatError):
        raise ExchangeFailed(NOT_A_PAGE) from None
    if name and root.tag != name:
        raise ExchangeFailed(NOT_A_PAGE)
    return root


def _local(tag: str) -> str:
    return tag.rpartition(" ")[2]


def _stated(each: ET.Element) -> Stated:
    """One entry. Raises BadRow, ValueError."""
    member = each.find("member")
    number = "" if member is None else member.get("id", "").strip()
    at = dt.datetime.fromisoformat((each.findtext("timestamp") or "").strip())
    at = at if at.tzinfo is not None else at.replace(tzinfo=dt.UTC)
    key = key_of_name(number, name_of(each))
    if is_deletion(each):
        return Stated(key, at, None)
    source = "" if member is None else one_line(member.text or "")
    return Stated(key, at, row_of(each, number, source or number), tuple(_votes(each)))


def is_deletion(each: ET.Element) -> bool:
    """Whether it says that an entry is withdrawn."""
    return each.tag.lower().startswith("deleted")


def name_of(each: ET.Element) -> str:
    """Its supplier's name for an entry. Raises ValueError where there is none."""
    name = (each.findtext("id") or "").strip()
    if not name:
        raise ValueError("an entry without an id")
    return name


def row_of(each: ET.Element, member: str, source: str) -> EntryRow:
    """The entry that an image or a video is, with its hashes of kinds that are installed. Raises BadRow, ValueError."""
    classification = (each.findtext("classification") or "").strip().lower()
    prints = [
        (FINGERPRINTS.get(each.tag, each.tag), (each.text or "").strip()) for each in each.findall("fingerprints/*")
    ]
    hashes = installed([each for each in prints if each[1]])
    if not hashes:
        raise ValueError("an entry without a hash")
    known = classification if classification in CLASSES else "unclassified"
    cells = {"id": name_of(each), "member": member, "media": each.tag, "classification": known}
    return parse_row(cells, source, hashes)


def _votes(each: ET.Element) -> Iterator[Vote]:
    """The feedback of members. The members of a reason stand in it or, as one client reads it, behind it."""
    for vote in each.findall("feedback/*"):
        kind = FINGERPRINTS.get(vote.get("type", "").lower(), "")
        if vote.tag == "affirmativeFeedback":
            yield from (Vote(kind, who, True) for who in _members(vote.find("members")))
            continue
        reason = ""
        for part in vote.findall("reasons/*"):
            if part.tag == "reason":
                reason = part.get("name", "")
            for members in [part] if part.tag == "members" else part.findall("members"):
                yield from (Vote(kind, who, False, reason) for who in _members(members))


def _members(members: ET.Element | None) -> list[str]:
    found = [] if members is None else members.findall("member")
    return [one_line(each.text or "") or each.get("id", "") for each in found]
