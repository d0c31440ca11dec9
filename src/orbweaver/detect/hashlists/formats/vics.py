"""VICS 2.0, the JSON of Project VIC: one record a picture or film. Version 1.3 is in ``vics_13``.

What a category's number means differs by region: the file says it (``…/2.0.xml/US/…``), or whoever imports is asked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import IO, Any, Final

from orbweaver.detect.hashlists.errors import BadList
from orbweaver.detect.hashlists.formats.lines import grouped, installed
from orbweaver.detect.hashlists.formats.protocol import ListRow, RefusedRow
from orbweaver.detect.hashlists.formats.records import BEGINNING, json_records, text_of
from orbweaver.detect.hashlists.messages import CATEGORY_HARMLESS, NOT_AN_OBJECT, REGION_NEEDED, UNKNOWN_REGION

CONTEXT: Final = re.compile(r'"(?:@odata\.context|odata\.metadata)"\s*:\s*"([^"]{0,300})"')
IN_CONTEXT: Final = re.compile(r"2\.0\.xml/([A-Za-z]+)/")

HARMLESS: Final = ""
"""In place of a classification: no such picture belongs on a list of known material."""
REGIONS: Final[dict[str, dict[int, str]]] = {
    "us": {0: HARMLESS, 1: "csam", 2: "csam_related", 3: "unclassified", 4: HARMLESS},
    "uk": {0: HARMLESS, 1: "csam", 2: "csam", 3: "csam"},
    "other": {},
}
"""Our classification of each number; ``unclassified`` where none is said. ``other`` reads none into any."""
NUMBERS: Final = {"us": {"csam": 1, "a1": 1, "a2": 1, "b1": 1, "b2": 1, "csam_related": 2, "other_harmful": 2}}
"""And back, where one number says it."""

CONTEXT_20: Final = "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/%s/$metadata#Media"
IN_20: Final = {"us": "US", "uk": "UK", "other": "Default"}
FIELDS: Final = {"md5": "MD5", "sha1": "SHA1", "photodna": "PhotoDNA"}
ALTERNATIVE: Final = {"photodna": "PhotoDNA", "sha256": "SHA256", "pdq": "PDQ"}
"""Names under ``AlternativeHashes`` of version 1.3."""
TYPES: Final = {"image": "image/unknown", "video": "video/unknown"}


class Vics:
    """Version 2.0. The file may list media alone, or within cases. ``Comments`` says what became of an entry here."""

    name = "vics"
    columns = ("kind", "value", "identified", "series", "source", "id", "media")
    stated: tuple[str, ...] = ("history",)
    kinds: tuple[str, ...] | None = tuple(FIELDS)
    regions: tuple[str, ...] = tuple(REGIONS)

    def classifications(self, region: str = "") -> frozenset[str]:
        """Those whose number is read as them again; without a number, none is said."""
        numbers, meant = NUMBERS.get(region, {}), REGIONS.get(region, {})
        return frozenset({"unclassified", *(name for name, number in numbers.items() if meant.get(number) == name)})

    def recognises(self, beginning: str) -> bool:
        """Whether it names the data model in this version."""
        found = CONTEXT.search(beginning)
        return found is not None and "2.0.xml" in found[1]

    def read(self, file: IO[str], region: str = "") -> Iterator[ListRow | RefusedRow]:
        """A row for each record, by its number."""
        beginning = file.read(BEGINNING)
        file.seek(0)
        meant = region_of(beginning, region)
        context = CONTEXT.search(beginning)
        prefix = "value.item.Media.item" if context is not None and context[1].endswith("#Cases") else "value.item"
        return (_read(each, REGIONS[meant]) for each in json_records(file, prefix))

    def write(self, rows: Iterable[Mapping[str, str]], file: IO[str], region: str = "") -> int:
        """One record an entry."""
        if region not in REGIONS:
            raise BadList(REGION_NEEDED.of(known=", ".join(REGIONS)))
        return write_document({"@odata.context": CONTEXT_20 % IN_20[region]}, rows, file, region, _hashes)


def region_of(beginning: str, region: str) -> str:
    """The region whose numbers a file uses: what was told, else what it names. Raises BadList."""
    if region:
        if region not in REGIONS:
            raise BadList(UNKNOWN_REGION.of(known=", ".join(REGIONS)))
        return region
    context = CONTEXT.search(beginning)
    named = IN_CONTEXT.search(context[1]) if context else None
    if named is None or named[1].lower() not in REGIONS:
        raise BadList(REGION_NEEDED.of(known=", ".join(REGIONS)))
    return named[1].lower()


def _read(each: tuple[int, Any] | RefusedRow, categories: Mapping[int, str]) -> ListRow | RefusedRow:
    if isinstance(each, RefusedRow):
        return each
    number, record = each
    if not isinstance(record, dict):
        return RefusedRow(number, NOT_AN_OBJECT)
    category = text_of(record.get("Category")).strip()
    classification = categories.get(int(category), "unclassified") if category in {*"0123456789"} else "unclassified"
    if classification == HARMLESS:
        return RefusedRow(number, CATEGORY_HARMLESS)
    kind = text_of(record.get("MimeType")).partition("/")[0].lower()
    cells = {
        "id": text_of(record.get("MediaID")),
        "classification": classification,
        "identified": text_of(record.get("VictimIdentified")),
        "series": text_of(record.get("Series")),
        "source": text_of(record.get("PrecategorizationSource")),
        "media": kind if kind in TYPES else "",
    }
    return ListRow(number, cells, installed(_hashes_of(record)))


def _hashes_of(record: Mapping[str, Any]) -> list[tuple[str, str]]:
    found = [(kind, text_of(record.get(name)).strip()) for kind, name in FIELDS.items()]
    more = record.get("AlternativeHashes")
    for each in more if isinstance(more, list) else ():
        if isinstance(each, dict):
            name = text_of(each.get("HashName")).lower().replace("-", "")
            found.append((name, text_of(each.get("HashValue")).strip()))
    return list(dict.fromkeys((kind, value) for kind, value in found if value))


def write_document(
    head: Mapping[str, str], rows: Iterable[Mapping[str, str]], file: IO[str], region: str, hashes: Any
) -> int:
    """One record a line, so that memory stays flat; returns how many."""
    name, context = next(iter(head.items()))
    file.write(f'{{{json.dumps(name)}: {json.dumps(context)}, "value": [\n')
    count = 0
    for entry in grouped(rows):
        file.write((",\n" if count else "") + json.dumps(_record(entry, region) | hashes(entry), ensure_ascii=False))
        count += 1
    file.write("\n]}\n" if count else "]}\n")
    return count


def _record(entry: Sequence[Mapping[str, str]], region: str) -> dict[str, Any]:
    first = entry[0]
    record = {
        "MediaID": first["id"] or None,
        "Category": NUMBERS.get(region, {}).get(first["classification"]),
        "MimeType": TYPES.get(first["media"]),
        "Series": first["series"] or None,
        "VictimIdentified": first["identified"] == "identified",
        "IsPrecategorized": True,
        "PrecategorizationSource": first["source"],
        "Comments": first.get("history") or None,
    }
    return {name: value for name, value in record.items() if value is not None}


def _hashes(entry: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    return {
        FIELDS[each["kind"]]: each["value"].upper() if each["kind"] in ("md5", "sha1") else each["value"]
        for each in entry
    }


FORMAT = Vics()
