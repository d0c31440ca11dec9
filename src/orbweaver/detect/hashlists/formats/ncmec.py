"""The XML of NCMEC's hash sharing, version 2: images and videos, each with its hashes, member and class."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from tempfile import TemporaryFile
from typing import IO, Final
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from orbweaver.detect.hashlists.errors import BadList
from orbweaver.detect.hashlists.formats.lines import grouped, installed
from orbweaver.detect.hashlists.formats.protocol import ListRow, RefusedRow
from orbweaver.detect.hashlists.formats.records import BEGINNING
from orbweaver.detect.hashlists.formats.xml_parser import NotHonest, XmlParser
from orbweaver.detect.hashlists.messages import BREAKS_OFF, NOT_THIS_XML, WITHDRAWN_THERE

NAMESPACE: Final = "https://hashsharing.ncmec.org/hashsharing/v2"
FINGERPRINTS: Final = {"md5": "md5", "sha1": "sha1", "pdna": "photodna", "pdq": "pdq"}
ENTRIES: Final = {"image": "image", "video": "video", "deletedimage": "image", "deletedvideo": "video"}
CLASSES: Final = ("a1", "a2", "b1", "b2")
NOT_IN_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
BREAKS: Final = re.compile("[ \t]*[\r\n]+[ \t]*")
MOST_TEXT: Final = 16 * 1024
"""Characters of one text that are held, and of one piece more."""
MOST_HASHES: Final = 10_000
"""Of one entry: a video may have one for each frame."""


def one_line(name: str) -> str:
    """A member's name, which XML may break over lines."""
    return BREAKS.sub(" ", name.strip())


class Ncmec:
    """What was deleted there is not taken. Feedback is not kept. The name of a member is the source."""

    name = "ncmec"
    columns = ("kind", "value", "source", "id", "member", "media")
    stated: tuple[str, ...] = ()
    kinds: tuple[str, ...] | None = tuple(FINGERPRINTS.values())
    regions: tuple[str, ...] = ()

    def classifications(self, region: str = "") -> frozenset[str]:
        """The four, and that none is said."""
        return frozenset({*CLASSES, "unclassified"})

    def recognises(self, beginning: str) -> bool:
        """Whether it is XML of this namespace."""
        return beginning.lstrip().startswith("<") and "<queryResult" in beginning

    def read(self, file: IO[str], region: str = "") -> Iterator[ListRow | RefusedRow]:
        """A row for each image and video, by the line on which it begins."""
        reader = _Reader()
        rows = _rows(file, reader)
        first = next(rows, None)
        if first is None:
            return iter(())
        return _chained(first, rows)

    def write(self, rows: Iterable[Mapping[str, str]], file: IO[str], region: str = "") -> int:
        """All images, then all videos."""
        count = {"image": 0, "video": 0}
        with TemporaryFile("w+", encoding="utf-8") as images, TemporaryFile("w+", encoding="utf-8") as videos:
            for entry in grouped(rows):
                name = "video" if entry[0]["media"] == "video" else "image"
                (videos if name == "video" else images).write(_written(name, entry))
                count[name] += 1
            file.write(f'<?xml version="1.0" encoding="UTF-8"?>\n<queryResult xmlns="{NAMESPACE}">\n')
            for name, part in (("image", images), ("video", videos)):
                file.write(f'<{name}s count="{count[name]}">\n')
                part.seek(0)
                while text := part.read(BEGINNING):
                    file.write(text)
                file.write(f"</{name}s>\n")
            file.write("</queryResult>\n")
        return sum(count.values())


def _chained(first: ListRow | RefusedRow, rows: Iterator[ListRow | RefusedRow]) -> Iterator[ListRow | RefusedRow]:
    yield first
    yield from rows


class _Reader:
    """Puts rows together out of what the parser tells."""

    def __init__(self) -> None:
        self.parser = XmlParser(self._begin, self._end, self._say)
        self.rows: list[ListRow | RefusedRow] = []
        self.is_one = False
        self._name = ""
        self._line = 0
        self._text: list[str] = []
        self._length = 0
        self._cells: dict[str, str] = {}
        self._is_feedback = False
        self._hashes: list[tuple[str, str]] = []

    def _begin(self, name: str, attributes: Mapping[str, str]) -> None:
        local = name.rpartition(" ")[2]
        self.is_one = self.is_one or local == "queryResult"
        self._text, self._length = [], 0
        if local.lower() in ENTRIES and not self._name:
            self._name, self._line = local.lower(), self.parser.line
            self._cells, self._hashes = {"media": ENTRIES[local.lower()], "classification": "unclassified"}, []
        elif local == "feedback":
            self._is_feedback = True  # its members gave other entries
        elif local == "member" and self._name and not self._is_feedback:
            self._cells["member"] = attributes.get("id", "")

    def _say(self, text: str) -> None:
        if self._length < MOST_TEXT:
            self._text.append(text)
            self._length += len(text)

    def _end(self, name: str) -> None:
        local, text = name.rpartition(" ")[2], "".join(self._text)[:MOST_TEXT].strip()
        self._text, self._length = [], 0
        if not self._name:
            return
        if local.lower() == self._name:
            self._close()
        elif local == "feedback":
            self._is_feedback = False
        elif local == "member" and not self._is_feedback:
            self._cells["source"] = one_line(text)
        elif local == "id":
            self._cells["id"] = text
        elif local == "classification" and text.lower() in CLASSES:
            self._cells["classification"] = text.lower()
        elif local in FINGERPRINTS and text:
            self._hashes.append((FINGERPRINTS[local], text))
            if len(self._hashes) > MOST_HASHES:
                raise NotHonest

    def _close(self) -> None:
        if self._name.startswith("deleted"):
            self.rows.append(RefusedRow(self._line, WITHDRAWN_THERE))
        else:
            self.rows.append(ListRow(self._line, self._cells, installed(self._hashes)))
        self._name, self._is_feedback = "", False


def _rows(file: IO[str], reader: _Reader) -> Iterator[ListRow | RefusedRow]:
    last = 0
    try:
        while text := file.read(BEGINNING):
            reader.parser.parse(text.encode(errors="replace"))
            for row in reader.rows:
                last = row.line
                yield row
            reader.rows.clear()
        reader.parser.parse(b"", is_last=True)
    except NotHonest:
        raise BadList(NOT_THIS_XML) from None
    except expat.ExpatError:
        if not reader.is_one:
            raise BadList(NOT_THIS_XML) from None
        for row in reader.rows:
            last = row.line
            yield row
        yield RefusedRow(max(last + 1, reader.parser.error_line), BREAKS_OFF)
    if not reader.is_one:
        raise BadList(NOT_THIS_XML)


def _written(name: str, entry: Sequence[Mapping[str, str]]) -> str:
    cells = {name: NOT_IN_XML.sub("\ufffd", text) for name, text in entry[0].items()}
    tags = {kind: tag for tag, kind in FINGERPRINTS.items()}
    classification = cells["classification"].upper() if cells["classification"] in CLASSES else ""
    prints = "".join(
        f"<{tags[each['kind']]}>{escape(NOT_IN_XML.sub(chr(0xFFFD), each['value']))}</{tags[each['kind']]}>"
        for each in entry
    )
    return (
        f"<{name}>"
        f"<member id={quoteattr(cells['member'])}>{escape(cells['source'])}</member>"
        f"<id>{escape(cells['id'])}</id>"
        + (f"<classification>{classification}</classification>" if classification else "")
        + f"<fingerprints>{prints}</fingerprints></{name}>\n"
    )


FORMAT = Ncmec()
