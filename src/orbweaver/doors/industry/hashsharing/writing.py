"""The XML of NCMEC's hash sharing: entries with all their hashes, who gave them and what members say of them."""

from __future__ import annotations

import datetime as dt
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Final

from orbweaver.detect.exchanges.models import Opinion
from orbweaver.detect.exchanges.protocols.ncmec_xml import NAMESPACE
from orbweaver.detect.exchanges.submitting import OURSELVES, Shared
from orbweaver.detect.hashlists.models import HashListEntry
from orbweaver.detect.hashlists.sharing import is_withheld, shared_hashes
from orbweaver.doors.industry.frame.asked import Answer
from orbweaver.doors.industry.hashsharing.reasons import GROUPS, REASONS, categorizations_of, number_of

XML: Final = "application/xml; charset=utf-8"
FINGERPRINTS: Final = ("md5", "sha1", "pdq")
"""Kinds that have a name in this protocol; SHA-256 has none."""
CLASSES: Final = {"a1": "A1", "a2": "A2", "b1": "B1", "b2": "B2"}
OUR_NAME: Final = "Orbweaver"
STAMP: Final = "%Y-%m-%dT%H:%M:%SZ"


def element(name: str) -> ET.Element:
    """A root in the protocol's namespace."""
    return ET.Element(name, xmlns=NAMESPACE)


def as_xml(root: ET.Element, status: int = HTTPStatus.OK) -> Answer:
    """A document as an answer."""
    return Answer(status, ET.tostring(root, encoding="utf-8", xml_declaration=True), XML)


def add_entries(result: ET.Element, page: Shared, otherwise: dt.datetime) -> None:
    """Images and videos, each as a group; ``otherwise`` is the latest time where there is none."""
    latest = max((entry.changed_at for entry in page.entries), default=otherwise)
    for name, entries in _by_type(page.entries).items():
        group = ET.SubElement(result, f"{name}s", count=str(len(entries)), maxTimestamp=latest.strftime(STAMP))
        for entry in entries:
            _add(group, name, entry, page)


def _by_type(page: Sequence[HashListEntry]) -> dict[str, list[HashListEntry]]:
    """Images and videos; what does not say is an image."""
    video = HashListEntry.MediaType.VIDEO
    return {
        "image": [entry for entry in page if entry.media_type != video],
        "video": [entry for entry in page if entry.media_type == video],
    }


def _add(group: ET.Element, name: str, entry: HashListEntry, page: Shared) -> None:
    member, said = page.members.get(entry.hash_list_id), page.said.get(entry.pk, ())
    number, who = page.giver_of(entry) or (OURSELVES, OUR_NAME)
    is_gone = is_withheld(entry)
    one = ET.SubElement(group, f"deleted{name.capitalize()}" if is_gone else name)
    ET.SubElement(one, "member", id=number).text = who
    ET.SubElement(one, "timestamp").text = entry.changed_at.strftime(STAMP)
    ET.SubElement(one, "id").text = entry.supplier_id if member and entry.supplier_id else entry.public_id
    if is_gone:
        return
    if entry.classification in CLASSES:
        ET.SubElement(one, "classification").text = CLASSES[entry.classification]
    prints = ET.SubElement(one, "fingerprints")
    for each in sorted(shared_hashes(entry, FINGERPRINTS), key=lambda each: FINGERPRINTS.index(each.kind)):
        ET.SubElement(prints, each.kind).text = bytes(each.value).hex()
    if said:
        _add_feedback(ET.SubElement(one, "feedback"), said, page.numbers)
    if names := categorizations_of(entry):
        found = ET.SubElement(one, "categorizations")
        for each_name in names:
            ET.SubElement(found, "categorization", guid=number_of(each_name), name=each_name)


def _add_feedback(feedback: ET.Element, said: Sequence[Opinion], numbers: Mapping[str, str]) -> None:
    """By kind of hash: who confirms it; who disputes it, by reasons."""
    for kind in dict.fromkeys(each.kind for each in said):
        of_kind = [each for each in said if each.kind == kind]
        if confirming := [each for each in of_kind if each.confirms]:
            _add_members(ET.SubElement(feedback, "affirmativeFeedback", type=kind.capitalize()), confirming, numbers)
        disputing = [each for each in of_kind if not each.confirms]
        if not disputing:
            continue
        reasons = ET.SubElement(ET.SubElement(feedback, "negativeFeedback", type=kind.capitalize()), "reasons")
        for reason in dict.fromkeys(each.reason for each in disputing):
            ET.SubElement(reasons, "reason", guid=number_of(reason), name=reason, type=kind.capitalize())
            _add_members(reasons, [each for each in disputing if each.reason == reason], numbers)


def _add_members(parent: ET.Element, said: Iterable[Opinion], numbers: Mapping[str, str]) -> None:
    members = ET.SubElement(parent, "members")
    for each in said:
        ET.SubElement(members, "member", id=numbers[each.who]).text = each.who


def reasons_document(kind: str) -> ET.Element:
    """What may be wrong with a hash. Twice: one public client looks for the list below the root."""
    root = element("availableFeedbackReasons")
    for parent in (root, ET.SubElement(root, "availableFeedbackReasons")):
        for name in REASONS:
            ET.SubElement(parent, "reason", guid=number_of(name), name=name, type=kind)
    return root


def categorizations_document() -> ET.Element:
    """All categorizations, by their groups."""
    root = element("availableCategorizations")
    for name, (several, names) in GROUPS.items():
        group = ET.SubElement(root, "group", name=name, allowMultiple=str(several).lower())
        for each in names.values():
            ET.SubElement(group, "categorization", guid=number_of(each), name=each)
    return root
