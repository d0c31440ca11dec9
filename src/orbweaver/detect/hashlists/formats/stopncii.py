"""StopNCII's JSON, as its clients fetch it: one hash a record, PDQ of pictures and MD5 of videos.

It is about adults, says nothing of what is shown and names no picture: entries come in unclassified.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import IO, Any, Final

from orbweaver.detect.hashlists.formats.protocol import ListRow, RefusedRow
from orbweaver.detect.hashlists.formats.records import json_records, text_of
from orbweaver.detect.hashlists.messages import NOT_AN_OBJECT, WITHDRAWN_THERE

TYPES: Final = {"imagepdq": ("pdq", "image"), "videomd5": ("md5", "video")}
WRITTEN: Final = {"pdq": "ImagePDQ", "md5": "VideoMD5"}


class StopNcii:
    """``hashRecords`` of one or of all pages. What is withdrawn there is not taken."""

    name = "stopncii"
    columns = ("kind", "value")
    stated: tuple[str, ...] = ()
    kinds: tuple[str, ...] | None = tuple(WRITTEN)
    regions: tuple[str, ...] = ()

    def recognises(self, beginning: str) -> bool:
        """Whether it has such records."""
        return beginning.lstrip().startswith("{") and '"hashRecords"' in beginning

    def read(self, file: IO[str], region: str = "") -> Iterator[ListRow | RefusedRow]:
        """A row for each record, by its number."""
        return (_read(each) for each in json_records(file, "hashRecords.item"))

    def write(self, rows: Iterable[Mapping[str, str]], file: IO[str], region: str = "") -> int:
        """One record a hash."""
        file.write('{"hashRecords": [\n')
        count = 0
        for row in rows:
            record = {"signalType": WRITTEN[row["kind"]], "hashValue": row["value"], "hashStatus": "Active"}
            file.write((",\n" if count else "") + json.dumps(record | {"caseNumbers": {}, "CSPFeedbacks": []}))
            count += 1
        file.write(f'\n], "count": {count}, "hasMoreRecords": false}}\n')
        return count


def _read(each: tuple[int, Any] | RefusedRow) -> ListRow | RefusedRow:
    if isinstance(each, RefusedRow):
        return each
    number, record = each
    if not isinstance(record, dict):
        return RefusedRow(number, NOT_AN_OBJECT)
    if text_of(record.get("hashStatus")).lower() == "withdrawn":
        return RefusedRow(number, WITHDRAWN_THERE)
    signal = text_of(record.get("signalType"))
    kind, media = TYPES.get(signal.rpartition(".")[2].lower(), (signal, ""))
    value = text_of(record.get("hashValue"))
    return ListRow(number, {"kind": kind, "value": value, "media": media, "classification": "unclassified"})


FORMAT = StopNcii()
